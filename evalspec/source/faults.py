"""The diagnostics that both formats share."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from evalspec.diagnostics.model import Diagnostic, Related, Span
from evalspec.source.scan import scan
from evalspec.source.text import position_at
from evalspec.source.values import MAX_DEPTH

Format = Literal["toml", "json"]

_KINDS = {
    list: "a list",
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}
_LONG_NUMBER = re.compile(r"[-+]?[0-9_]{4000,}.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a format's reader made of a text: a value, or the faults; `repeated` if a key was given twice."""

    value: Any
    faults: tuple[Diagnostic, ...] = ()
    repeated: bool = False


def span_at(text: str, path: str, offset: int, length: int = 1) -> Span:
    """A span within one line, from a code point of the text."""
    place = position_at(text, offset)
    return Span.at(path, place.line, place.column, length)


def duplicate_key(name: str, second: Span, first: Span | None) -> Diagnostic:
    """A key is defined a second time."""
    return Diagnostic(
        code="duplicate-key",
        message=f"`{name}` is defined a second time",
        span=second,
        expected="each name once",
        related=(Related("first defined here", first),) if first is not None else (),
    )


def not_a_table(value: Any, text: str, path: str) -> Diagnostic:
    """A JSON document whose whole is not an object."""
    start = len(text) - len(text.lstrip(" \t\r\n"))
    return Diagnostic(
        code="not-a-table",
        message=f"a spec is an object, and this is {_KINDS[type(value)]}",
        span=span_at(text, path, start),
        pointer="",
        expected="`{`",
    )


def too_deep(text: str, path: str, syntax: Format) -> Diagnostic:
    """Tables and lists are nested beyond all reason."""
    offset = scan(text, syntax, depth=MAX_DEPTH).too_deep or 0
    return Diagnostic(
        code="too-deep",
        message=f"tables and lists are nested more than {MAX_DEPTH} deep here",
        span=span_at(text, path, offset),
        expected=f"at most {MAX_DEPTH} levels",
    )


def long_integer(text: str, path: str, syntax: Format) -> Diagnostic:
    """A whole number with more digits than Python is willing to read."""
    words = scan(text, syntax, words=_LONG_NUMBER).words
    offset, word = max(words, key=lambda item: len(item[1]), default=(0, " "))
    return Diagnostic(
        code="invalid-number",
        message=f"a whole number of {len(word)} digits is too long to be read",
        span=span_at(text, path, offset, len(word)),
        expected="a number of at most 4300 digits",
    )
