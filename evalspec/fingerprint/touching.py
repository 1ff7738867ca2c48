"""Which names a statement of a module changes when it is run: registries, patches, subclasses."""

import ast

from evalspec.fingerprint.modules import Module, Unit, UnitKind
from evalspec.fingerprint.resolving import Resolver
from evalspec.fingerprint.uses import uses_of

__all__ = ["changed_names"]


def changed_names(resolver: Resolver, module: Module, unit: Unit) -> frozenset[tuple[str, str]] | None:
    """The names (each with its module) that make the unit count when one of them is reached.

    None if it always counts. Found once for each unit.
    """
    key = (module.name, unit.index)
    if key not in resolver.changed:
        always = _always_counts(resolver, module, unit)
        resolver.changed[key] = None if always else _touched(resolver, module, unit)
    return resolver.changed[key]


def _touched(resolver: Resolver, module: Module, unit: Unit) -> frozenset[tuple[str, str]]:
    """The names, each with its module, whose objects are another thing after the unit has run.

    A function touches nothing by being defined, unless it is decorated with a method of an object
    (``@registry.add``) or with a function that changes one; a class in addition what ``__init_subclass__``
    of its bases changes, and those bases. Any other statement touches what it changes itself and what the
    functions that it calls change.
    """
    if unit.kind is UnitKind.IMPORT or unit.for_types_only:
        return frozenset()
    if isinstance(unit.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        found = _decorators(resolver, module, unit.node)
        if isinstance(unit.node, ast.ClassDef):
            found |= _bases(resolver, module, unit.node)
        return frozenset(found)
    found = resolver.mutated(module, unit)
    for expression in unit.dropped:
        found |= _own_method_call(resolver, module, expression) or set()
    for use in unit.uses.reads:
        if use.called is not None:
            place = resolver.definition(module, use.name, use.chain)
            if place is not None:
                found |= resolver.effects(*place)
    return frozenset(found)


def _always_counts(resolver: Resolver, module: Module, unit: Unit) -> bool:
    """Whether a statement counts wherever its module does: it calls a function and drops the result.

    A method called on an object of the project (``CAPITALS.update(more)``) is taken to change that object and
    what it is given, and nothing else.
    """
    return any(_own_method_call(resolver, module, expression) is None for expression in unit.dropped)


def _own_method_call(resolver: Resolver, module: Module, expression: ast.expr) -> set[tuple[str, str]] | None:
    """The object of the project whose method is called, and the arguments; None for any other expression."""
    if not isinstance(expression, ast.Call) or not isinstance(expression.func, ast.Attribute):
        return None
    own = _places(resolver, module, expression.func.value)
    if not own:
        return None
    for place in own:
        if {unit.kind for unit in resolver.units(place)} != {UnitKind.ASSIGNMENT}:
            return None
    given = [
        place
        for node in (*expression.args, *expression.keywords)
        for place in _places(resolver, module, node)
    ]
    return {(place[0].name, place[1]) for place in (*own, *given)}


def _places(resolver: Resolver, module: Module, node: ast.AST) -> list[tuple[Module, str]]:
    """Where the names that a node reads are defined."""
    found = (
        resolver.definition(module, use.name, use.chain) for use in uses_of([node], module.package).reads
    )
    return [place for place in found if place is not None]


def _decorators(
    resolver: Resolver, module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for use in uses_of(list(node.decorator_list), module.package).reads:
        place = resolver.definition(module, use.name, use.chain)
        if place is None:
            continue
        kinds = {unit.kind for unit in resolver.units(place)}
        if kinds & {UnitKind.FUNCTION, UnitKind.CLASS}:
            found |= resolver.effects(*place)
        elif use.chain:
            found.add((place[0].name, place[1]))
    return found


def _bases(resolver: Resolver, module: Module, node: ast.ClassDef) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for use in uses_of(list(node.bases), module.package).reads:
        place = resolver.definition(module, use.name, use.chain)
        if place is None:
            continue
        for unit in resolver.units(place):
            body = unit.node.body if isinstance(unit.node, ast.ClassDef) else []
            if any(getattr(inner, "name", None) == "__init_subclass__" for inner in body):
                found.add((place[0].name, place[1]))
                found |= resolver.effects(*place)
    return found
