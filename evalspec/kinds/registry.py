"""Kinds by the name that stands in `type`."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Generic, Protocol, TypeVar


class HasType(Protocol):
    """Anything with the name that a spec knows it by."""

    @property
    def type(self) -> str: ...


K = TypeVar("K", bound=HasType)


class Registry(Mapping[str, K], Generic[K]):
    """Kinds by name, each in a module of its own that is imported when the kind is first asked for.

    Names with a colon are those of plug-ins. They can be asked for as well, where the registry has a module
    for them; but they are not among the names that it lists, which are the same everywhere.
    """

    def __init__(self, package: str, modules: Mapping[str, str], plugins: str | None = None) -> None:
        """`modules` maps a kind's name to its module within `package`; the module's `KIND` is the kind. The
        module `plugins` makes the kind of a plug-in, with `kind_of(name)`.
        """
        self._package = package
        self._modules = dict(modules)
        self._plugins = plugins
        self._kinds: dict[str, K] = {}

    def __getitem__(self, name: str) -> K:
        if self._plugins is not None and ":" in name:
            # Asked for anew each time: what is installed may change while an editor is open.
            made: K = import_module(f"{self._package}.{self._plugins}").kind_of(name)
            return made
        if name not in self._kinds:
            module = import_module(f"{self._package}.{self._modules[name]}")
            kind: K = module.KIND
            self._kinds[name] = kind
        return self._kinds[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)
