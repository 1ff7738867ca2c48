"""A coarse reading of a text that a parser refused: strings, comments and brackets, enough to say where."""

import re
from dataclasses import dataclass
from typing import Literal

# Possessive loops and optional closing quotes: no pattern ever fails after a long run, reading is linear on
# any input.
_TOML = re.compile(
    r"(?P<comment>\#[^\n]*)"
    r'|(?P<string>"""(?:[^"\\]++|\\.|"(?!""))*+(?P<end3>"{3,5})?'
    r"|'''(?:[^']++|'(?!''))*+(?P<end2>'{3,5})?"
    r'|"(?:[^"\\\n]++|\\[^\n])*+(?P<end1>")?'
    r"|'[^'\n]*(?P<end0>')?)"
    r"|(?P<open>[\[{])|(?P<close>[\]}])"
    r"|(?P<word>[^\s\"'#\[\]{},.=]+)|(?P<dot>\.)|(?P<stop>[,=\n])",
    re.DOTALL,
)
_JSON = re.compile(
    r'(?P<string>"(?:[^"\\]++|\\.)*+(?P<end1>")?)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<word>[^\s"\[\]{},:]+)',
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Scan:
    """What a text holds up to a place. All numbers are code point offsets."""

    open_brackets: tuple[int, ...]
    """Brackets that are open at the end."""
    open_string: int | None
    """A string that is never closed."""
    too_deep: int | None
    """The first bracket, or part of a dotted key, that is nested deeper than allowed."""
    words: tuple[tuple[int, str], ...]
    """Numbers and bare words outside of strings that the caller asked for."""


def scan(
    text: str,
    syntax: Literal["toml", "json"],
    *,
    end: int | None = None,
    depth: int | None = None,
    words: re.Pattern[str] | None = None,
) -> Scan:
    """Read `text` up to `end`, watching for nesting beyond `depth` and bare words that match `words`."""
    brackets: list[int] = []
    found: list[tuple[int, str]] = []
    dots = 0
    for match in (_TOML if syntax == "toml" else _JSON).finditer(text, 0, len(text) if end is None else end):
        kind = match.lastgroup
        if kind == "open":
            brackets.append(match.start())
        elif kind == "close":
            if brackets:
                brackets.pop()
        elif kind == "dot":
            dots += 1
        elif kind == "stop":
            dots = 0
        elif kind == "word":
            if words is not None and words.fullmatch(match.group()):
                found.append((match.start(), match.group()))
        elif match["string"] is not None and _unclosed(match):
            return Scan(tuple(brackets), match.start(), None, tuple(found))
        if depth is not None and max(len(brackets), dots) > depth:
            return Scan(tuple(brackets), None, match.start(), tuple(found))
    return Scan(tuple(brackets), None, None, tuple(found))


def _unclosed(match: re.Match[str]) -> bool:
    return not any(value for name, value in match.groupdict().items() if name.startswith("end"))
