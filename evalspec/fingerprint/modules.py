"""A module read from its file and divided into units: what can count in a digest by itself."""

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeAlias

from evalspec.fingerprint.bindings import Bindings, ImportTarget, bind, import_targets
from evalspec.fingerprint.errors import ModuleUnreadable
from evalspec.fingerprint.locating import Found
from evalspec.fingerprint.syntax import canonical_syntax
from evalspec.fingerprint.uses import Uses, uses_of
from evalspec.plan.canonical import digest_bytes

__all__ = ["MAX_SOURCE", "Guard", "Module", "Unit", "UnitKind", "read_module"]

MAX_SOURCE: Final = 2_000_000
"""Bytes of a module; a larger file is data, and takes seconds and gigabytes to parse."""

Guard: TypeAlias = tuple[ast.expr, bool]
"""A condition under which a unit runs, and whether it must be true."""

_TREE_ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError)


class UnitKind(StrEnum):
    """What a statement of a module is."""

    IMPORT = "import"
    FUNCTION = "function"
    CLASS = "class"
    ASSIGNMENT = "assignment"
    STATEMENT = "statement"


@dataclass(slots=True, eq=False)
class Unit:
    """One statement of a module, or one name of an import; the branches of an ``if`` are divided."""

    index: int
    kind: UnitKind
    node: ast.stmt
    bound: Bindings
    guards: tuple[Guard, ...]
    package: str
    _uses: Uses | None = None
    _digest: str | None = None

    @property
    def uses(self) -> Uses:
        """What it does with the names of its module."""
        if self._uses is None:
            nodes: list[ast.AST] = [guard for guard, _ in self.guards]
            if self.kind is not UnitKind.IMPORT:
                nodes.append(self.node)
            self._uses = uses_of(nodes, self.package)
        return self._uses

    @property
    def digest(self) -> str:
        """Over its syntax and its guards; of an import, over what it binds."""
        if self._digest is None:
            parts = [canonical_syntax(guard) + (b"+" if holds else b"-") for guard, holds in self.guards]
            if self.kind is UnitKind.IMPORT:
                written = [
                    f"{name}={target.written}" for name, targets in self.bound.items() for target in targets
                ]
                parts.append(f"import {' '.join(written)}".encode())
            else:
                parts.append(canonical_syntax(self.node))
            self._digest = digest_bytes("code/unit", b"\n".join(parts))
        return self._digest

    @property
    def for_types_only(self) -> bool:
        """Whether it never runs: it stands below ``if TYPE_CHECKING``."""
        return any(holds and _is_type_checking(guard) for guard, holds in self.guards)

    @property
    def dropped(self) -> list[ast.expr]:
        """The expressions that are run when the module is imported and whose result is dropped."""
        if self.kind is not UnitKind.STATEMENT or self.for_types_only:
            return []
        found = (expression.value for expression in _expressions(self.node))
        return [value for value in found if not isinstance(value, ast.Constant)]


@dataclass(slots=True, eq=False)
class Module:
    """A parsed module."""

    name: str
    found: Found
    file: str
    """Path relative to the project root, with forward slashes."""
    futures: tuple[str, ...] = ()
    units: list[Unit] = field(default_factory=list)
    by_name: dict[str, list[Unit]] = field(default_factory=dict)
    stars: list[tuple[Unit, ImportTarget]] = field(default_factory=list)
    _used: frozenset[str] | None = None

    @property
    def used_names(self) -> frozenset[str]:
        """The names that are read in it, or bound by something else than an import."""
        if self._used is None:
            names = {use.name for unit in self.units for use in unit.uses.reads}
            bound = (unit.bound for unit in self.units if unit.kind is not UnitKind.IMPORT)
            self._used = frozenset(names.union(*bound))
        return self._used

    @property
    def package(self) -> str:
        """Where relative imports start."""
        return self.name if self.found.is_package else self.name.rpartition(".")[0]


class _Divider:
    """Divides the statements of a module into units."""

    def __init__(self, module: Module) -> None:
        self._module = module

    def statements(self, body: list[ast.stmt], guards: tuple[Guard, ...]) -> None:
        for node in body:
            if isinstance(node, ast.If):
                self._if(node, guards)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                self._import(node, guards)
            else:
                bound, _ = bind([node], self._module.package)
                self._add(_kind(node), node, bound, guards)

    def _if(self, node: ast.If, guards: tuple[Guard, ...]) -> None:
        if _is_main(node.test):
            # Runs as a script only, never as a module.
            self.statements(node.orelse, guards)
            return
        walrus, _ = bind([node.test], self._module.package)
        if walrus:
            bound, _ = bind([node], self._module.package)
            self._add(UnitKind.STATEMENT, node, bound, guards)
            return
        self.statements(node.body, (*guards, (node.test, True)))
        self.statements(node.orelse, (*guards, (node.test, False)))

    def _import(self, node: ast.Import | ast.ImportFrom, guards: tuple[Guard, ...]) -> None:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            self._module.futures += tuple(alias.name for alias in node.names)
            return
        for name, target in import_targets(node, self._module.package):
            if name == "*":
                unit = self._add(UnitKind.IMPORT, node, {"*": [target]}, guards)
                self._module.stars.append((unit, target))
            else:
                self._add(UnitKind.IMPORT, node, {name: [target]}, guards)

    def _add(self, kind: UnitKind, node: ast.stmt, bound: Bindings, guards: tuple[Guard, ...]) -> Unit:
        module = self._module
        unit = Unit(len(module.units), kind, node, bound, guards, module.package)
        module.units.append(unit)
        for name in bound:
            if name != "*":
                module.by_name.setdefault(name, []).append(unit)
        return unit


def read_module(found: Found, file: str, path: Path) -> Module:
    """Read and divide a module. Raises `ModuleUnreadable`; nothing of it is run."""
    try:
        with path.open("rb") as stream:
            source = stream.read(MAX_SOURCE + 1)
    except OSError as error:
        raise ModuleUnreadable(
            f"`{file}` cannot be read: {error.strerror or error}.", file=(file, 1, 1)
        ) from None
    if len(source) > MAX_SOURCE:
        message = f"`{file}` has more than {MAX_SOURCE:,} bytes, which is more than a module should have."
        raise ModuleUnreadable(message, file=(file, 1, 1))
    try:
        with warnings.catch_warnings():
            # Python warns of escapes such as "\d" while it parses.
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except _TREE_ERRORS as error:
        raise _unreadable(file, error) from None
    module = Module(found.name, found, file)
    try:
        _Divider(module).statements(tree.body, ())
    except RecursionError as error:
        raise _unreadable(file, error) from None
    first = module.units[0] if module.units and not module.units[0].guards else None
    if first is not None and _is_docstring(first.node):
        module.by_name.setdefault("__doc__", []).insert(0, first)
        first.bound.setdefault("__doc__", [])
    return module


def _unreadable(file: str, error: BaseException) -> ModuleUnreadable:
    if isinstance(error, SyntaxError) and error.lineno:
        place = (file, error.lineno, max(error.offset or 1, 1))
        return ModuleUnreadable(f"`{file}` is not valid Python: {error.msg}.", file=place)
    if isinstance(error, (RecursionError, MemoryError)):
        return ModuleUnreadable(f"`{file}` is nested too deeply to be read.", file=(file, 1, 1))
    return ModuleUnreadable(f"`{file}` is not valid Python: {error}.", file=(file, 1, 1))


def _kind(node: ast.stmt) -> UnitKind:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return UnitKind.FUNCTION
    if isinstance(node, ast.ClassDef):
        return UnitKind.CLASS
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        return UnitKind.ASSIGNMENT
    return UnitKind.STATEMENT


def _expressions(node: ast.stmt) -> Iterator[ast.Expr]:
    """The statements that are an expression, run when the statement of the module is run."""
    pending: list[ast.AST] = [node]
    while pending:
        inner = pending.pop()
        if isinstance(inner, ast.Expr):
            yield inner
        elif not isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
            pending.extend(ast.iter_child_nodes(inner))


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_type_checking(test: ast.expr) -> bool:
    return (test.id if isinstance(test, ast.Name) else getattr(test, "attr", None)) == "TYPE_CHECKING"


def _is_main(test: ast.expr) -> bool:
    """``__name__ == "__main__"``, either way round."""
    match test:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            pair = {ast.dump(left), ast.dump(right)}
            return pair == {ast.dump(ast.Name("__name__", ast.Load())), ast.dump(ast.Constant("__main__"))}
    return False
