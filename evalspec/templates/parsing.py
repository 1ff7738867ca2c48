"""Text to a checked Jinja tree, with every mistake at its place."""

import re
import warnings
from collections.abc import Collection
from typing import Final

from jinja2 import TemplateSyntaxError, nodes
from jinja2.parser import Parser

from evalspec.templates.analysis import Analysis, Place
from evalspec.templates.errors import TemplateError, TemplateProblem
from evalspec.templates.evaluation import RESULT, Code
from evalspec.templates.sandbox import STEPS_FILTER, PlacedStream, sandbox

__all__ = ["parse_expression", "parse_template"]

_NEWLINE = re.compile(r"\r\n|\r")


def parse_expression(text: str, names: Collection[str]) -> Code:
    """Check and compile an expression. Raises `TemplateError`."""
    return _Compilation(text, "expression-syntax").expression(names)


def parse_template(text: str, names: Collection[str]) -> Code:
    """Check and compile a template. Raises `TemplateError`."""
    return _Compilation(text, "template-syntax").template(names)


class _Compilation:
    def __init__(self, text: str, code: str) -> None:
        self._text = text
        self._code = code
        # Jinja counts every line end as one character.
        self._source = _NEWLINE.sub("\n", text)
        self._lengths: dict[int, int] = {}

    def expression(self, names: Collection[str]) -> Code:
        try:
            parser = self._parser("variable")
            node = parser.parse_expression()
            if not parser.stream.eos:
                parser.fail("chunk after expression", parser.stream.current.lineno)
            analysis = self._analysis(names)
            analysis.expression(node)
        except _FAILURES as error:
            raise self._error(error) from None
        target = nodes.Name(RESULT, "store", lineno=1)
        return self._finish([nodes.Assign(target, node, lineno=1)], analysis)

    def template(self, names: Collection[str]) -> Code:
        try:
            parser = self._parser(None)
            body = parser.parse().body
            analysis = self._analysis(names)
            analysis.statements(body, set())
        except _FAILURES as error:
            raise self._error(error) from None
        return self._finish(body, analysis)

    def _parser(self, state: str | None) -> Parser:
        parser = Parser(sandbox(), self._source, state=state)
        assert isinstance(parser.stream, PlacedStream)
        self._lengths = parser.stream.lengths
        return parser

    def _analysis(self, names: Collection[str]) -> Analysis:
        place: Place = self._place
        return Analysis(self._text, names, place, self._code)

    def _finish(self, body: list[nodes.Node], analysis: Analysis) -> Code:
        if analysis.problems:
            raise TemplateError(tuple(sorted(analysis.problems, key=lambda problem: problem.offset)))
        tree = nodes.Template(body, lineno=1)
        try:
            for loop in tree.find_all(nodes.For):
                loop.iter = nodes.Filter(loop.iter, STEPS_FILTER, [], [], None, None, lineno=loop.lineno)
            tree.set_environment(sandbox())
            with warnings.catch_warnings():
                # Python warns of code like `5[0]` that Jinja hands to it.
                warnings.simplefilter("ignore")
                template = sandbox().from_string(tree)
        except _FAILURES as error:
            raise self._error(error) from None
        return Code(template, tuple(analysis.reads))

    def _place(self, lineno: int) -> tuple[int, int]:
        offset = lineno - 1
        length = self._lengths.get(offset, 0)
        if len(self._source) != len(self._text):
            end = self._original(offset + length)
            offset = self._original(offset)
            return offset, end - offset
        return offset, length

    def _original(self, offset: int) -> int:
        """From an offset in the text with single-character line ends to one in the text as it was given."""
        for match in _NEWLINE.finditer(self._text):
            if match.start() >= offset:
                break
            offset += len(match[0]) - 1
        return offset

    def _error(self, error: BaseException) -> TemplateError:
        if not isinstance(error, TemplateSyntaxError):
            reason = (
                "is nested too deeply"
                if not isinstance(error, ValueError)
                else "holds a number that is too long"
            )
            what = "template" if self._code == "template-syntax" else "expression"
            return self._problem(f"The {what} {reason}.", 0, len(self._text))
        offset, length = self._place(error.lineno)
        raw = error.message or ""
        if "end of template" in raw.lower():
            end = len(self._text.rstrip())
            return self._problem(_sentence(raw), end, 0)
        if raw.startswith("Missing end of comment"):
            offset, length = self._text.rfind("{#", 0, offset), 2
        written = self._operator_at(offset)
        if written is not None:
            start, operator = written
            message = f"`{operator}` is not an operator here."
            return self._problem(message, start, len(operator), _OPERATORS[operator])
        message = "The expression ends before this." if raw == "chunk after expression" else _sentence(raw)
        return self._problem(message, offset, max(length, 1) if offset < len(self._text) else 0)

    def _operator_at(self, offset: int) -> tuple[int, str] | None:
        """An operator of another language around this offset, and where it begins."""
        for match in _SIGNS.finditer(self._text):
            if match.start() <= offset < match.end():
                return (match.start(), match[0]) if match[0] in _OPERATORS else None
        return None

    def _problem(
        self, message: str, offset: int, length: int, suggestion: str | None = None
    ) -> TemplateError:
        return TemplateError((TemplateProblem(self._code, message, offset, length, suggestion),))


# Deep nesting shows as one of the middle three, depending on which stage gives up first; a number of
# thousands of digits as a ValueError.
_FAILURES = (TemplateSyntaxError, RecursionError, MemoryError, SyntaxError, ValueError)

# How people write operators elsewhere, at the place where Jinja stumbles.
_OPERATORS: Final = {
    "&&": "and",
    "||": "or",
    "!": "not",
    "===": "==",
    "!==": "!=",
    "=": "==",
    "&": "and",
    "?": "… if … else …",
}
_SIGNS = re.compile(r"[=!&|?]+")
_TOKEN_NAMES: Final = {
    "end of print statement": "}}",
    "end of statement block": "%}",
    "begin of statement block": "{%",
    "begin of print statement": "{{",
}


def _sentence(raw: str) -> str:
    text = raw
    for name, written in _TOKEN_NAMES.items():
        text = text.replace(f"'{name}'", f"`{written}`")
    text = text.replace("'integer'", "'number'").replace("expected token ", "expected ")
    text = re.sub(r"'(name|string|number)'", r"a \1", text)
    text = re.sub(r" at \d+$", "", re.sub(r"'([^']+)'", r"`\1`", text)).strip().rstrip(".")
    if "end of template" not in raw.lower():
        return f"{text[:1].upper()}{text[1:]}."
    expected = re.search(r"\bexpected (`[^`]+`|a \w+)", text)
    if expected is not None:
        return f"The text ends where {expected[1]} is expected."
    unclosed = re.search(r"needs to be closed is (`[^`]+`)", text)
    if unclosed is not None:
        return f"The text ends before {unclosed[1]} is closed."
    return "The text ends where a value is expected."
