"""How values of a spec are named in messages."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

_LONGEST = 60
_MOST_LISTED = 20

PATTERNS: Final[Mapping[str, str]] = {
    r"^[a-z][a-z0-9_\-]*:.+$": "a provider and a model, such as `openai:gpt-5-mini`",
    r"^[A-Za-z_][A-Za-z0-9_]{0,63}$": "letters, digits and `_`, at most 64, starting with a letter or `_`",
    r"^[A-Za-z0-9_-]{1,64}$": "letters, digits, `_` and `-`, at most 64",
}
"""What the patterns of fields say, for people."""


def describe(value: Any) -> str:
    """A value as it is named in a message: the value itself where it is short, else what it is."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if len(value) <= _LONGEST else "a long string"
    if isinstance(value, int) and value.bit_length() > _LONGEST:
        return "a number that large"
    return json.dumps(value)


def listed(names: Iterable[str]) -> str:
    """Names as what was expected: "one of `a`, `b`"; of very many only the first."""
    known = list(names)
    shown = ", ".join(f"`{name}`" for name in known[:_MOST_LISTED])
    if len(known) == 1:
        return shown
    return f"one of {shown}" + (f" and {len(known) - _MOST_LISTED} more" if len(known) > _MOST_LISTED else "")


def article(title: str) -> str:
    """A title with `a` or `an` before it."""
    return f"{'an' if title.lstrip('`')[0] in 'aeiou' else 'a'} {title}"
