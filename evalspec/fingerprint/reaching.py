"""Which definitions of a project a callable can reach."""

import builtins
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from evalspec.fingerprint.bindings import ImportTarget
from evalspec.fingerprint.errors import CodeNotFound
from evalspec.fingerprint.locating import Found, ModuleKind
from evalspec.fingerprint.modules import Module, Unit, UnitKind
from evalspec.fingerprint.resolving import Resolver
from evalspec.fingerprint.touching import changed_names
from evalspec.fingerprint.uses import Use

__all__ = ["Reach", "Unfollowed"]


@dataclass(frozen=True, slots=True, order=True)
class Unfollowed:
    """An import or an access that could not be followed: changes behind it do not change the digest."""

    module: str
    line: int
    reason: str


# Ways to get at modules by name or path at run time. What ends with a dot stands for everything below it.
_DYNAMIC: Final = (
    "importlib.import_module",
    "importlib.__import__",
    "importlib.reload",
    "importlib.util.",
    "importlib.machinery.ExtensionFileLoader",
    "importlib.machinery.PathFinder",
    "importlib.machinery.SourceFileLoader",
    "importlib.machinery.SourcelessFileLoader",
    "pkgutil.",
    "pydoc.locate",
    "runpy.",
    "sys.modules",
    "zipimport.",
)
_OWN_NAMES: Final = frozenset({"__name__", "__file__", "__package__", "__path__", "__spec__", "__builtins__"})


class Reach:
    """Collects the units that count for one callable."""

    def __init__(self, resolver: Resolver, load: Callable[[Found], Module]) -> None:
        self._resolver = resolver
        self._load = load
        self._pending: list[Callable[[], None]] = []
        self._seen: set[tuple[str, str, tuple[str, ...], str | None, int]] = set()
        self._names: set[tuple[str, str]] = set()
        self.modules: dict[str, Module] = {}
        self.units: dict[str, dict[int, Unit]] = {}
        self.wholes: set[str] = set()
        self.externals: set[str] = set()
        self.unfollowed: set[Unfollowed] = set()

    def start(self, module: Module, name: str) -> None:
        """Collect everything that a name of a module reaches."""
        self._name(module, name, Use(name))
        while True:
            while self._pending:
                self._pending.pop()()
            self._effects()
            if not self._pending:
                return

    def _effects(self) -> None:
        """Units of the followed modules that are run when they are imported, and change what is reached."""
        for name, module in list(self.modules.items()):
            included = self.units[name]
            for unit in module.units:
                if unit.index in included:
                    continue
                if self._counts(module, unit):
                    self._include(module, unit)
            self._side_effect_imports(module)

    def _counts(self, module: Module, unit: Unit) -> bool:
        names = changed_names(self._resolver, module, unit)
        return names is None or not names.isdisjoint(self._names)

    def _side_effect_imports(self, module: Module) -> None:
        """``import plugins`` whose name is read nowhere is there for what the module does."""
        if module.found.is_package:
            return  # there, it is what the package offers
        for unit in module.units:
            if (
                unit.kind is not UnitKind.IMPORT
                or unit.for_types_only
                or unit.index in self.units[module.name]
            ):
                continue
            for name, targets in unit.bound.items():
                if name != "*" and name not in module.used_names:
                    for target in targets:
                        self._side_effect_import(module, unit, target)

    def _side_effect_import(self, module: Module, unit: Unit, target: ImportTarget) -> None:
        place = target.loads or target.module
        if target.attribute is not None and place is not None:
            package = self._resolver.module(place)
            if package is not None and self._resolver.offers(package, target.attribute):
                return  # a function or a class, imported and left
            place = f"{place}.{target.attribute}"
        found = self._resolver.locator.find(place) if place is not None else None
        if found is not None and found.kind is ModuleKind.SOURCE:
            self._include(module, unit)
            self._later(lambda: self._module(found.name, (), Use(found.name, line=unit.node.lineno), module))

    def _later(self, action: Callable[[], None]) -> None:
        self._pending.append(action)

    def _follow_module(self, module: Module) -> None:
        if module.name not in self.modules:
            self.modules[module.name] = module
            self.units[module.name] = {}

    def _include(self, module: Module, unit: Unit) -> None:
        self._follow_module(module)
        included = self.units[module.name]
        if unit.index in included:
            return
        included[unit.index] = unit
        # A unit that changes a name (`COUNT += 1`, `CAPITALS["x"] = 1`) and counts makes the name count.
        for use in unit.uses.reads:
            self._later(lambda use=use: self._use(module, use))  # type: ignore[misc]  # binds the loop's value

    def _whole(self, module: Module) -> None:
        self._follow_module(module)
        if module.name in self.wholes:
            return
        self.wholes.add(module.name)
        for unit in module.units:
            self._include(module, unit)
            for name, targets in unit.bound.items():
                self._names.add((module.name, name))
                for target in targets:
                    self._offered(module, unit, name, target)

    def _offered(self, module: Module, unit: Unit, name: str, target: ImportTarget) -> None:
        """What a whole module offers of others: their names; of modules only what it uses itself."""
        use = Use(name, line=unit.node.lineno)
        if name == "*":
            self._later(lambda: self._star(module, unit, target))
        elif target.attribute is not None:
            self._later(lambda: self._target(module, target, (), use))
        elif target.module is not None and self._resolver.locator.find(target.module) is None:
            self._external(target.module, (), use, module)

    def _star(self, module: Module, unit: Unit, target: ImportTarget) -> None:
        self._include(module, unit)
        if target.module is not None:
            use = Use("*", line=unit.node.lineno)
            if self._resolver.module(target.module) is None:
                self._note(module, use, f"`from {target.module} import *` does not say what it defines")
            self._module(target.module, (), use, module)

    def _use(self, module: Module, use: Use) -> None:
        if use.target is not None:
            self._target(module, use.target, use.chain, use)
            return
        if use.name not in module.by_name and not self._resolver.offers(module, use.name):
            if use.name in ("exec", "eval"):
                self._note(module, use, f"`{use.name}` runs code that is only known at run time")
                self._whole(module)
            elif use.name == "__import__":
                self._import_by_name(module, use, "__import__")
            elif use.name in ("globals", "vars") and not use.called:
                self._whole(module)
        if "__subclasses__" in use.chain:
            self._whole(module)
        self._name(module, use.name, use)

    def _name(self, module: Module, name: str, use: Use, chain: tuple[str, ...] | None = None) -> None:
        chain = use.chain if chain is None else chain
        key = (module.name, name, chain, use.argument, use.line)
        if key in self._seen:
            return
        self._seen.add(key)
        units = module.by_name.get(name)
        if units is not None:
            self._names.add((module.name, name))
            for unit in units:
                self._include(module, unit)
                for target in unit.bound[name]:
                    here = replace(use, import_line=unit.node.lineno)
                    self._target(module, target, chain, here)
            return
        self._unbound_name(module, name, chain, use)

    def _unbound_name(self, module: Module, name: str, chain: tuple[str, ...], use: Use) -> None:
        external: str | None = None
        for unit, target in module.stars:
            other = self._resolver.module(target.module) if target.module else None
            if other is None:
                external = external or target.module
            elif self._resolver.offers(other, name):
                self._include(module, unit)
                self._name(other, name, replace(use, line=0, import_line=0), chain)
                return
        if module.found.is_package and self._resolver.locator.find(f"{module.name}.{name}") is not None:
            self._module(f"{module.name}.{name}", chain, use, module)
        elif "__getattr__" in module.by_name and name not in _OWN_NAMES and not hasattr(builtins, name):
            self._whole(module)
        elif external is not None and name not in _OWN_NAMES and not hasattr(builtins, name):
            self._note(module, use, f"`{name}` may come from `from {external} import *`")
            self._external(external, (name,), use, module)

    def _target(self, module: Module, target: ImportTarget, chain: tuple[str, ...], use: Use) -> None:
        if target.module is None:
            self._note(module, use, "a relative import leads out of its package")
        elif target.attribute is None:
            self._module(target.module, chain, use, module)
            if target.loads is not None and not chain:
                self._module(target.loads, (), use, module)
        else:
            self._module(target.module, (target.attribute, *chain), use, module)

    def _module(self, name: str, chain: tuple[str, ...], use: Use, user: Module) -> None:
        """Follow ``name.chain``; all of the module where there is no chain."""
        found = self._resolver.locator.find(name)
        if found is None:
            if self._resolver.locator.owns(name):
                self._note(user, use, f"there is no module `{name}`")
            else:
                self._external(name, chain, use, user)
            return
        if found.kind is ModuleKind.EXTENSION:
            self._note(user, use, f"`{name}` is a compiled extension")
        elif found.kind is ModuleKind.NAMESPACE:
            if chain:
                self._module(f"{name}.{chain[0]}", chain[1:], use, user)
        else:
            self._source(found, chain, use, user)

    def _source(self, found: Found, chain: tuple[str, ...], use: Use, user: Module) -> None:
        try:
            module = self._load(found)
        except CodeNotFound as error:
            self._note(user, use, error.message.rstrip("."))
            return
        used, use = (
            use,
            replace(use, line=0, import_line=0),
        )  # from here on the lines are those of this module
        if not chain:
            self._whole(module)
        elif self._resolver.offers(module, chain[0]):
            self._later(lambda: self._name(module, chain[0], use, chain[1:]))
        elif module.found.is_package and self._resolver.locator.find(f"{module.name}.{chain[0]}") is not None:
            self._module(f"{module.name}.{chain[0]}", chain[1:], use, user)
        elif "__getattr__" in module.by_name or module.stars:
            self._later(lambda: self._unbound_name(module, chain[0], chain[1:], use))
        elif chain[0] == "__dict__":
            self._whole(module)
        elif chain[0] not in _OWN_NAMES:
            self._note(user, used, f"`{module.name}` does not define `{chain[0]}`")

    def _external(self, name: str, chain: tuple[str, ...], use: Use, user: Module) -> None:
        top = name.partition(".")[0]
        dotted = ".".join((name, *chain))
        if dotted in ("importlib.import_module", "importlib.__import__"):
            self._import_by_name(user, use, dotted)
        elif any(dotted == way or (way.endswith(".") and dotted.startswith(way)) for way in _DYNAMIC):
            self._note(
                user,
                replace(use, import_line=0) if use.line else use,
                f"`{dotted}` gets at modules that are only known at run time",
            )
        if top not in sys.stdlib_module_names:
            self.externals.add(top)

    def _import_by_name(self, module: Module, use: Use, function: str) -> None:
        name = use.argument
        if name is None or name.startswith("."):
            self._note(
                module,
                replace(use, import_line=0) if use.line else use,
                f"`{function}` imports a module that is only known at run time",
            )
        else:
            self._module(name, (), Use(name, line=use.line), module)

    def _note(self, module: Module, use: Use, reason: str) -> None:
        self.unfollowed.add(Unfollowed(module.name, use.import_line or use.line, reason))
