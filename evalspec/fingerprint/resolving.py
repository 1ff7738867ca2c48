"""From a name in a module to the definition behind it, through imports, re-exports and stars."""

from collections.abc import Callable

from evalspec.fingerprint.bindings import ImportTarget
from evalspec.fingerprint.errors import CodeNotFound
from evalspec.fingerprint.locating import Found, Locator, ModuleKind
from evalspec.fingerprint.modules import Module, Unit, UnitKind

__all__ = ["Resolver"]


class Resolver:
    """Answers where names come from; loads modules when it must."""

    def __init__(self, locator: Locator, load: Callable[[Found], Module]) -> None:
        self.locator = locator
        self._load = load
        self.changed: dict[tuple[str, int], frozenset[tuple[str, str]] | None] = {}
        """What has been found out about units, by module and index."""
        self._effects: dict[tuple[str, str], frozenset[tuple[str, str]]] = {}

    def module(self, name: str) -> Module | None:
        """A project module that can be read."""
        found = self.locator.find(name)
        if found is None or found.kind is not ModuleKind.SOURCE:
            return None
        try:
            return self._load(found)
        except CodeNotFound:
            return None

    def offers(self, module: Module, name: str) -> bool:
        """Whether the module binds a name, itself or by a star import from the project."""
        pending, seen = [module], {module.name}
        while pending:
            current = pending.pop()
            if name in current.by_name:
                return True
            for _, target in current.stars:
                other = self.module(target.module) if target.module else None
                if other is not None and other.name not in seen:
                    seen.add(other.name)
                    pending.append(other)
        return False

    def definition(self, module: Module, name: str, chain: tuple[str, ...] = ()) -> tuple[Module, str] | None:
        """The module and name where something is defined, not imported; None outside of the project."""
        seen: set[tuple[str, str]] = set()
        while (module.name, name) not in seen:
            seen.add((module.name, name))
            units = module.by_name.get(name)
            if units is None:
                step = self._through_star(module, name)
                if step is None:
                    return None
                module = step
                continue
            target = next((target for unit in units for target in unit.bound[name]), None)
            if target is None:
                return module, name
            found = self._target(target, chain)
            if found is None:
                return None
            module, name, chain = found
        return None

    def _through_star(self, module: Module, name: str) -> Module | None:
        for _, target in module.stars:
            other = self.module(target.module) if target.module else None
            if other is not None and other is not module and self.offers(other, name):
                return other
        return None

    def _target(
        self, target: ImportTarget, chain: tuple[str, ...]
    ) -> tuple[Module, str, tuple[str, ...]] | None:
        """The first name that an import and the attributes behind it lead to."""
        steps = list(chain) if target.attribute is None else [target.attribute, *chain]
        place = target.module
        while place is not None and steps:
            module = self.module(place)
            if module is not None and self.offers(module, steps[0]):
                return module, steps[0], tuple(steps[1:])
            place = f"{place}.{steps.pop(0)}"
        return None

    def units(self, place: tuple[Module, str]) -> list[Unit]:
        """The units that define a name."""
        module, name = place
        return module.by_name.get(name, [])

    def effects(self, module: Module, name: str) -> frozenset[tuple[str, str]]:
        """The names of modules whose objects a function (or a class) changes when it is called."""
        found: set[tuple[str, str]] = set()
        pending, seen = [(module, name)], {(module.name, name)}
        key = (module.name, name)
        if key in self._effects:
            return self._effects[key]
        while pending:
            place = pending.pop()
            for unit in self.units(place):
                if unit.kind not in (UnitKind.FUNCTION, UnitKind.CLASS):
                    continue
                found |= self.mutated(place[0], unit)
                for use in unit.uses.reads:
                    inner = self.definition(place[0], use.name, use.chain) if use.called is not None else None
                    if inner is not None and (inner[0].name, inner[1]) not in seen:
                        seen.add((inner[0].name, inner[1]))
                        pending.append(inner)
        self._effects[key] = frozenset(found)
        return self._effects[key]

    def mutated(self, module: Module, unit: Unit) -> set[tuple[str, str]]:
        """The names of modules whose objects a unit changes itself."""
        found: set[tuple[str, str]] = set()
        for mutation in unit.uses.mutations:
            place = self.definition(module, mutation.name, mutation.chain)
            if place is not None:
                found.add((place[0].name, place[1]))
        return found
