"""What a freshly read tree is checked for, and made into, before anybody works with it."""

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from evalspec.source.pointers import escape

MAX_DEPTH = 100
"""How deeply tables and lists may be nested. Far beyond real specs, and safe for recursive readers."""


@dataclass(frozen=True, slots=True)
class Findings:
    """The pointers of what needs attention."""

    nulls: tuple[str, ...]
    not_finite: tuple[str, ...]
    half_characters: tuple[str, ...]
    too_deep: bool


class _Way:
    """The way from the root to a table or list, from which a pointer is made only when one is needed."""

    __slots__ = ("depth", "part", "up")

    def __init__(self, up: "_Way | None", part: str | int) -> None:
        self.up = up
        self.part = part
        self.depth: int = 1 if up is None else up.depth + 1

    def pointer(self, part: str | int) -> str:
        parts = [escape(str(part))]
        way = self
        while way.up is not None:
            parts.append(escape(str(way.part)))
            way = way.up
        return "/" + "/".join(reversed(parts))


def examine(value: Any, *, surrogates: bool = False) -> Findings:
    """Look through a tree once; replaces TOML's dates and times in place by strings.

    `surrogates` asks to look for strings that hold half of a surrogate pair, which costs a look at every
    string.
    """
    nulls: list[str] = []
    not_finite: list[str] = []
    half: list[str] = []
    stack: list[tuple[Any, _Way]] = [(value, _Way(None, ""))]
    while stack:
        container, way = stack.pop()
        if way.depth > MAX_DEPTH:
            return Findings((), (), (), too_deep=True)
        deeper: list[tuple[Any, _Way]] = []
        for part, child in container.items() if isinstance(container, dict) else enumerate(container):
            kind = type(child)
            if kind is str:
                if surrogates and _half_character(child):
                    half.append(way.pointer(part))
            elif kind is dict or kind is list:
                deeper.append((child, _Way(way, part)))
            elif child is None:
                nulls.append(way.pointer(part))
            elif kind is float:
                if not math.isfinite(child):
                    not_finite.append(way.pointer(part))
            elif isinstance(child, date | time):
                container[part] = rfc3339(child)
        if surrogates and isinstance(container, dict):
            half.extend(way.pointer(key) for key in container if _half_character(key))
        stack.extend(reversed(deeper))
    return Findings(tuple(nulls), tuple(not_finite), tuple(half), too_deep=False)


def _half_character(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def rfc3339(moment: date | time) -> str:
    """TOML's dates and times as JSON spells them (RFC 3339 §5.6).

    `T` between date and time, `Z` for the offset zero, a fraction of a second without trailing zeros and only
    where it is not zero, at most six digits (TOML 1.0 lets a reader cut the rest off, and Python's does).
    """
    if not isinstance(moment, datetime | time):
        return moment.isoformat()
    text = moment.replace(tzinfo=None).isoformat()
    if moment.microsecond:
        text = text.rstrip("0")
    offset = moment.utcoffset()
    if offset is None:
        return text
    if not offset:
        return text + "Z"
    minutes = abs(offset) // timedelta(minutes=1)
    return f"{text}{'-' if offset < timedelta(0) else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
