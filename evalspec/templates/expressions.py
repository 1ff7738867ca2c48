"""Compiled expressions and templates. Jinja is loaded when the first one needs it; plain paths never do."""

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from evalspec.templates.errors import TemplateError, TemplateProblem
from evalspec.templates.limits import MAX_EXPRESSION, MAX_OUTPUT, MAX_TEMPLATE, check_output
from evalspec.templates.paths import Steps, format_path, get_step, missing_key, parse_path
from evalspec.templates.text import JsonValue

if TYPE_CHECKING:
    from evalspec.templates.evaluation import Code

__all__ = ["Expression", "Template", "compile_expression", "compile_template"]

_MISSING = object()


class Expression:
    """A compiled expression: from a scope of JSON data to a JSON value.

    ``paths`` are the paths that it may read, as written in a spec (``output.answer``); a path stands for
    everything below it, and ends where a key is only known when evaluating. ``reads`` are the same as
    steps.
    """

    __slots__ = ("_code", "_path", "paths", "reads", "text")

    def __init__(self, text: str, reads: tuple[Steps, ...], code: "Code | None") -> None:
        self.text = text
        self.reads = reads
        self.paths = frozenset(map(format_path, reads))
        self._code = code
        self._path = reads[0] if code is None else ()

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def evaluate(self, scope: Mapping[str, Any]) -> JsonValue:
        """The value for this data; parts of ``scope`` may be returned as they are, not copied.

        Raises:
            MissingKey: a name, key or index that is needed is not there.
            ExpressionFailed: the operation is not possible with the data, or a limit is reached.
        """
        if self._code is not None:
            return self._code.value(scope)
        # Written out, because this is what most evaluators do for every item.
        value: Any = scope
        for step in self._path:
            if type(value) is dict:
                value = value.get(step, _MISSING)
            elif value is scope:
                value = scope.get(step, _MISSING)
            else:
                value = get_step(value, step, _MISSING)
            if value is _MISSING:
                raise missing_key(self._path, scope)
        return value  # type: ignore[no-any-return]  # the scope holds JSON data


class Template:
    """A compiled template: from a scope of JSON data to text. ``paths`` and ``reads`` are `Expression`'s."""

    __slots__ = ("_code", "paths", "reads", "text")

    def __init__(self, text: str, reads: tuple[Steps, ...], code: "Code | None") -> None:
        self.text = text
        self.reads = reads
        self.paths = frozenset(map(format_path, reads))
        self._code = code

    def __repr__(self) -> str:
        return f"Template({self.text!r})"

    def render(self, scope: Mapping[str, Any], *, max_output: int = MAX_OUTPUT) -> str:
        """The text for this data, at most ``max_output`` characters. Raises as `Expression.evaluate` does."""
        if self._code is not None:
            return self._code.text(scope, max_output)
        check_output(len(self.text), max_output)
        return self.text


def compile_expression(text: str, names: Collection[str]) -> Expression:
    """Check an expression over these names and compile it.

    Raises:
        TemplateError: with every mistake: ``expression-syntax``, ``undefined-name``, ``unknown-filter``,
            ``unknown-test``.
    """
    path = parse_path(text)
    if path is not None and path[0] in names:
        return Expression(text, (path,), None)
    _check_length(text, MAX_EXPRESSION, "expression")
    _check_braces(text)
    from evalspec.templates.parsing import parse_expression

    code = parse_expression(text, names)
    return Expression(text, code.reads, code)


def compile_template(text: str, names: Collection[str]) -> Template:
    """Check a template over these names and compile it.

    Raises:
        TemplateError: as `compile_expression`, with ``template-syntax``.
    """
    _check_length(text, MAX_TEMPLATE, "template")
    if "{" not in text and "\r" not in text:
        return Template(text, (), None)
    from evalspec.templates.parsing import parse_template

    code = parse_template(text, names)
    return Template(text, code.reads, code)


def _check_length(text: str, limit: int, what: str) -> None:
    if len(text) > limit:
        message = f"The {what} has more than {limit:,} characters."
        raise TemplateError((TemplateProblem(f"{what}-syntax", message, limit, len(text) - limit),))


def _check_braces(text: str) -> None:
    match = re.fullmatch(r"\s*\{\{(.*)\}\}\s*", text, re.DOTALL)
    if match is not None and "{{" not in match[1]:
        message = "An expression is written without braces."
        start = len(text) - len(text.lstrip())
        problem = TemplateProblem("expression-syntax", message, start, len(text.strip()), match[1].strip())
        raise TemplateError((problem,))
