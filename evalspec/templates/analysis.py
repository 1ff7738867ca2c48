"""What a parsed template or expression says before it runs: its mistakes, and the paths that it reads."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final

from jinja2 import nodes

from evalspec.templates.errors import TemplateProblem
from evalspec.templates.paths import Steps
from evalspec.templates.text import closest
from evalspec.templates.vocabulary import (
    FILTERS,
    FUNCTIONS,
    LOOP_FUNCTIONS,
    NAMING_FILTERS,
    NAMING_TESTS,
    TESTS,
)

__all__ = ["Analysis"]

_EXPRESSIONS: Final = (
    nodes.BinExpr,
    nodes.UnaryExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.Concat,
    nodes.CondExpr,
    nodes.Const,
    nodes.Tuple,
    nodes.List,
    nodes.Dict,
    nodes.Pair,
    nodes.Keyword,
    nodes.Slice,
)
# What people write instead of Jinja's constants.
_CONSTANTS: Final = {"null": "none", "nil": "none", "undefined": "none", "TRUE": "true", "FALSE": "false"}
_TAGS: Final[dict[type, str]] = {
    nodes.CallBlock: "call",
    nodes.FromImport: "from",
    nodes.ScopedEvalContextModifier: "autoescape",
}
# Methods that people know from Python, and the filter that does the same.
_METHODS: Final = {"strip": "trim", "items": "items", "get": "default", "format": "format"}

Place = Callable[[int], tuple[int, int]]
"""From a node's line number (its offset plus 1) to offset and length in the text as it was given."""


class Analysis:
    """Walks a tree once; then ``problems`` and ``reads`` are complete."""

    def __init__(self, text: str, names: Collection[str], place: Place, syntax_code: str) -> None:
        self.problems: list[TemplateProblem] = []
        self.reads: dict[Steps, None] = {}
        self._text = text
        self._names = frozenset(names)
        self._place = place
        self._syntax_code = syntax_code

    def expression(self, node: nodes.Node | None, local: Collection[str] = ()) -> None:
        """One expression; ``local`` are the names that the template itself has given values."""
        match node:
            case None:
                pass
            case nodes.Name() | nodes.Getattr() | nodes.Getitem():
                self._access(node, local)
            case nodes.Call():
                self._call(node, local)
            case nodes.Filter():
                self._filter(node, local)
            case nodes.Test():
                self._known("test", node, node.name, TESTS)
                self._children(node, local)
            case nodes.Expr() | nodes.Helper() if isinstance(node, _EXPRESSIONS):
                self._children(node, local)
            case _:
                self._unavailable(node)

    def statements(self, body: Iterable[nodes.Node], local: set[str]) -> None:
        """Statements of one scope; adds the names that they set to ``local``."""
        for node in body:
            match node:
                case nodes.Output():
                    for part in node.nodes:
                        if not isinstance(part, nodes.TemplateData):
                            self.expression(part, local)
                case nodes.If():
                    self.expression(node.test, local)
                    self.statements([*node.body, *node.elif_, *node.else_], local)
                case nodes.For():
                    self._for(node, local)
                case nodes.With():
                    for value in node.values:
                        self.expression(value, local)
                    inner = local | self._targets(node.targets)
                    self.statements(node.body, inner)
                case nodes.Assign():
                    self.expression(node.node, local)
                    local |= self._targets([node.target])
                case nodes.AssignBlock():
                    self.statements(node.body, set(local))
                    self.expression(node.filter, local)
                    local |= self._targets([node.target])
                case nodes.FilterBlock():
                    self.statements(node.body, set(local))
                    self.expression(node.filter, local)
                case nodes.Scope():
                    self.statements(node.body, set(local))
                case _:
                    self._unavailable(node)

    def _for(self, node: nodes.For, local: set[str]) -> None:
        self.expression(node.iter, local)
        inner = local | self._targets([node.target])
        self.expression(node.test, inner)
        if node.recursive:
            self._problem(self._syntax_code, "A loop cannot be recursive here.", node.lineno)
        self.statements(node.body, inner | {"loop"})
        self.statements(node.else_, set(local))

    def _targets(self, targets: Sequence[nodes.Node]) -> set[str]:
        names: set[str] = set()
        for target in targets:
            if isinstance(target, nodes.Name):
                names.add(target.name)
            elif isinstance(target, nodes.Tuple):
                names |= self._targets(target.items)
            else:
                self._problem(self._syntax_code, "Only a plain name can be set.", target.lineno)
        return names

    def _access(self, node: nodes.Node, local: Collection[str]) -> None:
        links: list[nodes.Getattr | nodes.Getitem] = []
        while isinstance(node, (nodes.Getattr, nodes.Getitem)):
            links.append(node)
            node = node.node
        links.reverse()
        for link in links:
            if isinstance(link, nodes.Getitem) and _constant_step(link) is None:
                self.expression(link.arg, local)
        if not isinstance(node, nodes.Name):
            self.expression(node, local)
        elif node.name in local:
            pass
        elif node.name not in self._names:
            self._undefined(node, local)
        else:
            steps: list[str | int] = [node.name]
            for link in links:
                step = _constant_step(link)
                if step is None:
                    break
                steps.append(step)
            self.reads[tuple(steps)] = None

    def _call(self, node: nodes.Call, local: Collection[str]) -> None:
        match node.node:
            case nodes.Name(name=name) if name in FUNCTIONS and name not in local:
                pass
            case nodes.Getattr(node=nodes.Name(name="loop"), attr=attr) if (
                attr in LOOP_FUNCTIONS and "loop" in local
            ):
                pass
            case nodes.Getattr(attr=attr):
                name = _METHODS.get(attr, attr)
                hint = f" Use the filter: `| {name}`." if name in FILTERS else ""
                self._problem(
                    self._syntax_code, f"Data has no methods like `{attr}()`.{hint}", node.node.lineno
                )
            case nodes.Name(name=name) if name not in self._names and name not in local:
                message = f"There is no function `{name}`; only `range(...)` can be called."
                suggestion = closest(name, FUNCTIONS)
                self._problem("undefined-name", message, node.node.lineno, suggestion=suggestion)
            case _:
                self._problem(self._syntax_code, "Only `range(...)` can be called.", node.lineno)
        for child in (*node.args, *node.kwargs, node.dyn_args, node.dyn_kwargs):
            self.expression(child, local)

    def _filter(self, node: nodes.Filter, local: Collection[str]) -> None:
        self._known("filter", node, node.name, FILTERS)
        if node.name in NAMING_FILTERS:
            self._named_argument(node, 0, "filter", FILTERS)
        elif node.name in NAMING_TESTS:
            self._named_argument(node, NAMING_TESTS[node.name], "test", TESTS)
        self._children(node, local)

    def _named_argument(self, node: nodes.Filter, index: int, kind: str, known: frozenset[str]) -> None:
        if len(node.args) > index:
            argument = node.args[index]
            if isinstance(argument, nodes.Const) and isinstance(argument.value, str):
                self._known(kind, argument, argument.value, known)

    def _known(self, kind: str, node: nodes.Node, name: str, known: frozenset[str]) -> None:
        if name in known:
            return
        suggestion = closest(name, known)
        message = f"There is no {kind} `{name}`."
        self._problem(f"unknown-{kind}", message, node.lineno, find=name, suggestion=suggestion)

    def _undefined(self, node: nodes.Name, local: Collection[str]) -> None:
        known = self._names | set(local)
        suggestion = _CONSTANTS.get(node.name) or closest(node.name, known)
        message = f"There is no name `{node.name}` here."
        if not suggestion:
            there = ", ".join(f"`{name}`" for name in sorted(known))
            message = f"There is no name `{node.name}` here; there {'are ' + there if there else 'are none'}."
        self._problem("undefined-name", message, node.lineno, suggestion=suggestion)

    def _unavailable(self, node: nodes.Node) -> None:
        name = _TAGS.get(type(node), type(node).__name__.lower())
        self._problem(self._syntax_code, f"`{name}` is not available here.", node.lineno)

    def _children(self, node: nodes.Node, local: Collection[str]) -> None:
        for child in node.iter_child_nodes():
            self.expression(child, local)

    def _problem(
        self, code: str, message: str, lineno: int, *, find: str | None = None, suggestion: str | None = None
    ) -> None:
        offset, length = self._place(lineno)
        if find is not None:
            # The node of a test begins at `is`; the name comes a little later.
            found = self._text.find(find, offset)
            if found >= 0:
                offset, length = found, len(find)
        self.problems.append(TemplateProblem(code, message, offset, length, suggestion))


def _constant_step(link: nodes.Getattr | nodes.Getitem) -> str | int | None:
    if isinstance(link, nodes.Getattr):
        return link.attr
    argument: Any = link.arg
    sign = 1
    if isinstance(argument, nodes.Neg):
        argument, sign = argument.node, -1
    if isinstance(argument, nodes.Const):
        if type(argument.value) is int:
            return sign * argument.value
        if type(argument.value) is str and sign == 1:
            return argument.value
    return None
