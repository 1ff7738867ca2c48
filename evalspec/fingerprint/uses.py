"""Which names of its module a piece of code uses, and which imports inside of it.

The answer may hold too much (a name in a class body that the class binds itself), never too little.
"""

import ast
from dataclasses import dataclass, field
from typing import Any

from evalspec.fingerprint.bindings import Bindings, ImportTarget, bind, import_targets, parameters

__all__ = ["Mutation", "Use", "Uses", "uses_of"]

# Methods that change the object they belong to, where the result is used for something else.
_CHANGING = frozenset(
    [
        "add",
        "append",
        "appendleft",
        "clear",
        "discard",
        "extend",
        "insert",
        "pop",
        "popitem",
        "popleft",
        "register",
        "remove",
        "reverse",
        "setdefault",
        "sort",
        "update",
        "__setitem__",
        "__delitem__",
        "__setattr__",
    ]
)


@dataclass(frozen=True, slots=True)
class Use:
    """A name that is read, and the attributes read from it: ``name.chain[0].chain[1]``.

    ``target`` is there for a name that was imported inside the code itself. ``argument`` is the only
    argument of a call, if that is a string; ``called`` says how many arguments there are, None for no call.
    """

    name: str
    chain: tuple[str, ...] = ()
    target: ImportTarget | None = None
    called: int | None = None
    argument: str | None = None
    line: int = 0
    import_line: int = 0
    """Where the module imports the name, as far as that is known."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """A name of the module whose object is changed: an item or attribute set, a changing method called."""

    name: str
    chain: tuple[str, ...] = ()


@dataclass(slots=True)
class Uses:
    """What a piece of code does with the names of its module."""

    reads: dict[Use, None] = field(default_factory=dict)
    mutations: set[Mutation] = field(default_factory=set)
    stars: list[tuple[ImportTarget, int]] = field(default_factory=list)
    """``from module import *``, with the line."""
    calls: bool = False
    """Whether something is called when the code is run as a statement of the module."""


@dataclass(slots=True)
class _Scope:
    kind: str
    bound: Bindings
    declared: set[str]
    parent: "_Scope | None"

    def find(self, name: str) -> list[ImportTarget] | None:
        """The imports behind a local name ([] for other local names); None if the name is the module's."""
        scope: _Scope | None = self
        while scope is not None:
            # The names of a class body are seen in it only, and before they are bound the module's are.
            if scope.kind in ("function", "comprehension"):
                if name in scope.declared and name not in scope.bound:
                    return None
                if name in scope.bound and name not in scope.declared:
                    return scope.bound[name]
            elif scope is self and scope.bound.get(name):
                return scope.bound[name]
            scope = scope.parent
        return None


def uses_of(nodes: list[ast.AST], package: str | None) -> Uses:
    """The uses of statements (or expressions) of a module."""
    return _Walk(package).run(nodes)


class _Walk:
    """Goes over trees without recursion: a queue of nodes, each with the scope it stands in."""

    def __init__(self, package: str | None) -> None:
        self._package = package
        self._pending: list[tuple[Any, _Scope, bool]] = []
        self._uses = Uses()
        self._seen_imports: list[tuple[str, ImportTarget, int]] = []

    def run(self, nodes: list[ast.AST]) -> Uses:
        module = _Scope("module", {}, set(), None)
        self._pending = [(node, module, False) for node in reversed(nodes)]
        while self._pending:
            node, scope, annotation = self._pending.pop()
            self._visit(node, scope, annotation)
        self._unused_imports()
        return self._uses

    def _push(self, scope: _Scope, *nodes: ast.AST | None, annotation: bool = False) -> None:
        self._pending.extend((node, scope, annotation) for node in nodes if node is not None)

    def _visit(self, node: ast.AST, scope: _Scope, annotation: bool) -> None:
        match node:
            case ast.Name() | ast.Attribute():
                self._access(node, scope, annotation=annotation)
            case ast.Call():
                self._call(node, scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self._function(node, scope)
            case ast.ClassDef():
                self._class(node, scope)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(node, scope)
            case ast.Import() | ast.ImportFrom():
                self._import(node, scope)
            case ast.Constant(value=str(text)) if annotation:
                self._push(scope, _parsed(text), annotation=True)
            case ast.AnnAssign():
                self._push(scope, node.annotation, annotation=True)
                self._push(scope, node.target, node.value)
            case ast.AugAssign():
                if isinstance(node.target, ast.Name):
                    self._read(node.target.id, (), scope, node.lineno)
                    self._mutate(node.target.id, (), scope)
                self._push(scope, node.target, node.value)
            case ast.Subscript():
                if isinstance(node.ctx, (ast.Store, ast.Del)):
                    self._mutate_root(node.value, scope)
                self._push(scope, node.value, annotation=annotation)
                self._push(scope, node.slice, annotation=annotation and not _is_literal(node.value))
            case ast.Global() if scope.kind == "function":
                pass
            case _:
                for child in ast.iter_child_nodes(node):
                    self._push(scope, child, annotation=annotation)

    def _access(
        self, node: ast.expr, scope: _Scope, call: ast.Call | None = None, *, annotation: bool = False
    ) -> None:
        chain: list[str] = []
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, (ast.Store, ast.Del)):
            self._mutate_root(node, scope)
        base = node
        while isinstance(base, ast.Attribute):
            chain.append(base.attr)
            base = base.value
        if not isinstance(base, ast.Name):
            self._push(scope, base, annotation=annotation)
            return
        chain.reverse()
        if isinstance(base.ctx, (ast.Store, ast.Del)):
            if scope.find(base.id) is None and scope.kind == "function":
                # `global name` inside of a function that sets it.
                self._uses.mutations.add(Mutation(base.id))
            return
        self._read(base.id, tuple(chain), scope, base.lineno, call)

    def _read(
        self, name: str, chain: tuple[str, ...], scope: _Scope, line: int, call: ast.Call | None = None
    ) -> None:
        called = argument = None
        if call is not None:
            called = len(call.args) + len(call.keywords)
            first = call.args[0] if len(call.args) == 1 and called == 1 else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                argument = first.value
        targets = scope.find(name)
        if targets is None:
            self._uses.reads[Use(name, chain, None, called, argument, line)] = None
        for target in targets or ():
            self._uses.reads[Use(name, chain, target, called, argument, line)] = None

    def _call(self, node: ast.Call, scope: _Scope) -> None:
        if not _inside_function(scope):
            self._uses.calls = True
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in _CHANGING:
            self._mutate_root(function.value, scope)
        if isinstance(function, (ast.Name, ast.Attribute)):
            self._access(function, scope, node)
        else:
            self._push(scope, function)
        self._push(scope, *node.args, *node.keywords)

    def _mutate_root(self, node: ast.expr, scope: _Scope) -> None:
        chain: list[str] = []
        while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
            if isinstance(node, ast.Attribute):
                chain.append(node.attr)
                node = node.value
            else:
                chain.clear()
                node = node.value if isinstance(node, ast.Subscript) else node.func
        if isinstance(node, ast.Name):
            self._mutate(node.id, tuple(reversed(chain)), scope)

    def _mutate(self, name: str, chain: tuple[str, ...], scope: _Scope) -> None:
        if scope.find(name) is None:
            self._uses.mutations.add(Mutation(name, chain))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: _Scope) -> None:
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        bound, declared = bind(body, self._package)
        bound.update((parameter.arg, []) for parameter in parameters(node.args))
        outer = self._type_scope(node, scope)
        inner = _Scope("function", bound, declared, outer)
        self._push(scope, *node.args.defaults, *node.args.kw_defaults)
        if not isinstance(node, ast.Lambda):
            self._push(scope, *node.decorator_list)
            if node.decorator_list and not _inside_function(scope):
                self._uses.calls = True
            self._push(outer, node.returns, annotation=True)
        for parameter in parameters(node.args):
            self._push(outer, parameter.annotation, annotation=True)
        self._push(inner, *reversed(body))

    def _class(self, node: ast.ClassDef, scope: _Scope) -> None:
        outer = self._type_scope(node, scope)
        bound, declared = bind(node.body, self._package)
        self._push(scope, *node.decorator_list)
        self._push(outer, *node.bases, *node.keywords)
        self._push(_Scope("class", bound, declared, outer), *reversed(node.body))

    def _type_scope(self, node: ast.AST, scope: _Scope) -> _Scope:
        """The scope of ``[T]`` behind a name, which Python 3.12 brought."""
        parameters: list[Any] = getattr(node, "type_params", [])
        if not parameters:
            return scope
        outer = _Scope("function", {parameter.name: [] for parameter in parameters}, set(), scope)
        self._push(outer, *parameters)
        return outer

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, scope: _Scope
    ) -> None:
        bound, _ = bind([generator.target for generator in node.generators], self._package)
        inner = _Scope("comprehension", bound, set(), scope)
        for position, generator in enumerate(node.generators):
            self._push(inner if position else scope, generator.iter)
            self._push(inner, generator.target, *generator.ifs)
        if isinstance(node, ast.DictComp):
            self._push(inner, node.key, node.value)
        else:
            self._push(inner, node.elt)

    def _import(self, node: ast.Import | ast.ImportFrom, scope: _Scope) -> None:
        for name, target in import_targets(node, self._package):
            if name == "*":
                self._uses.stars.append((ImportTarget(target.module), node.lineno))
            elif scope.kind != "module":
                self._seen_imports.append((name, target, node.lineno))

    def _unused_imports(self) -> None:
        """An import inside of a function whose name is not read is there for what it does."""
        read = {use.target for use in self._uses.reads}
        for name, target, line in self._seen_imports:
            if target not in read:
                self._uses.reads[Use(name, (), target, line=line)] = None


def _inside_function(scope: _Scope) -> bool:
    found: _Scope | None = scope
    while found is not None:
        if found.kind == "function":
            return True
        found = found.parent
    return False


def _is_literal(node: ast.expr) -> bool:
    """Whether the strings in the brackets behind this are values and not annotations."""
    return (node.id if isinstance(node, ast.Name) else getattr(node, "attr", None)) == "Literal"


def _parsed(text: str) -> ast.AST | None:
    """The expression that an annotation in quotes stands for."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
