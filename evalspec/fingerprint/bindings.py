"""Which names a piece of code binds, and to what they are imported."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = ["Bindings", "FunctionNode", "ImportTarget", "bind", "import_targets", "parameters"]

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class ImportTarget:
    """What an import binds a name to: ``module``, or ``attribute`` of it; ``loads`` is what is imported
    besides.

    ``import a.b`` binds the module ``a`` and loads ``a.b``. A relative import that leaves the top-level
    package has no module.
    """

    module: str | None
    attribute: str | None = None
    loads: str | None = None

    @property
    def written(self) -> str:
        """The target as one word."""
        return f"{self.module}:{self.attribute or ''}:{self.loads or ''}"


Bindings: TypeAlias = dict[str, list[ImportTarget]]
"""Names with the imports that may stand behind them; none for names that are bound otherwise."""


def import_targets(
    node: ast.Import | ast.ImportFrom, package: str | None
) -> Iterator[tuple[str, ImportTarget]]:
    """The names that an import binds (``*`` for all); ``package`` is where relative imports start."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            first = alias.name.partition(".")[0]
            if alias.asname is not None:
                yield alias.asname, ImportTarget(alias.name)
            else:
                yield first, ImportTarget(first, loads=alias.name if alias.name != first else None)
        return
    module = _absolute(node.module, node.level or 0, package)
    for alias in node.names:
        yield alias.asname or alias.name, ImportTarget(module, alias.name)


def _absolute(module: str | None, level: int, package: str | None) -> str | None:
    if level == 0:
        return module
    if package is None:
        return None
    parts = package.split(".") if package else []
    if level > len(parts):
        return None
    base = parts[: len(parts) - level + 1]
    return ".".join([*base, module] if module else base)


def bind(nodes: Iterable[ast.AST], package: str | None) -> tuple[Bindings, set[str]]:
    """The names bound in one scope by these nodes, and those declared ``global`` or ``nonlocal`` in it."""
    bound: Bindings = {}
    declared: set[str] = set()
    pending: list[Any] = list(nodes)
    while pending:
        node = pending.pop()
        match node:
            case ast.Import() | ast.ImportFrom():
                for name, target in import_targets(node, package):
                    bound.setdefault(name, []).append(target)
            case ast.Global() | ast.Nonlocal():
                declared.update(node.names)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                bound.setdefault(node.name, [])
                # What is evaluated outside can hold a walrus.
                pending.extend(node.decorator_list)
            case ast.Lambda():
                pass
            case ast.Name(ctx=ast.Store() | ast.Del()):
                bound.setdefault(node.id, [])
            case _:
                _bind_other(node, bound)
                pending.extend(_within(node))
    return bound, declared


def _bind_other(node: ast.AST, bound: Bindings) -> None:
    name: str | None = None
    if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        name = node.name
    elif isinstance(node, ast.MatchMapping):
        name = node.rest
    if name is not None:
        bound.setdefault(name, [])


def _within(node: ast.AST) -> Iterator[ast.AST]:
    """The children of a node that belong to its scope: not the variables of a comprehension."""
    if isinstance(node, _COMPREHENSIONS):
        for generator in node.generators:
            yield generator.iter
            yield from generator.ifs
        for field in ("elt", "key", "value"):
            child = getattr(node, field, None)
            if child is not None:
                yield child
    else:
        yield from ast.iter_child_nodes(node)


def parameters(arguments: ast.arguments) -> Iterator[ast.arg]:
    """All parameters of a function."""
    yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    if arguments.vararg is not None:
        yield arguments.vararg
    if arguments.kwarg is not None:
        yield arguments.kwarg
