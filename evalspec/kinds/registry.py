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
    """Kinds by name, each in a module of its own that is imported when the kind is first asked for."""

    def __init__(self, package: str, modules: Mapping[str, str]) -> None:
        """`modules` maps a kind's name to its module within `package`; the module's `KIND` is the kind."""
        self._package = package
        self._modules = dict(modules)
        self._kinds: dict[str, K] = {}

    def __getitem__(self, name: str) -> K:
        if name not in self._kinds:
            module = import_module(f"{self._package}.{self._modules[name]}")
            kind: K = module.KIND
            self._kinds[name] = kind
        return self._kinds[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)
