"""Where each character of a decoded string stands in its spelling."""

import re
from typing import Literal

_JSON = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL
)
# TOML 1.0 §String; \e and \xHH of TOML 1.1 have the same shape and cost nothing to know.
_TOML_BASIC = re.compile(
    r"(?P<nothing>\\[ \t]*\r?\n[ \t\r\n]*)|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\x[0-9a-fA-F]{2}|\\.|\r\n|.",
    re.DOTALL,
)
_TOML_LITERAL = re.compile(r"\r\n|.", re.DOTALL)


def characters(raw: str, syntax: Literal["toml", "json"]) -> tuple[list[tuple[int, int]], int]:
    """For each code point of the decoded string the range of its spelling within `raw`, and where the content
    ends.

    `raw` is the whole literal with its quotes.
    """
    quotes = _quotes(raw, syntax)
    start, end = quotes, len(raw) - quotes
    if syntax == "json":
        token = _JSON
    elif raw.startswith('"'):
        token = _TOML_BASIC
    else:
        token = _TOML_LITERAL
    if quotes == 3:
        # A newline right after the opening quotes is not part of the string.
        start += 2 if raw.startswith("\r\n", 3) else 1 if raw.startswith("\n", 3) else 0
    ranges = [match.span() for match in token.finditer(raw, start, end) if match.lastgroup != "nothing"]
    return ranges, end


def _quotes(raw: str, syntax: Literal["toml", "json"]) -> int:
    multi_line = syntax == "toml" and len(raw) >= 6 and raw.startswith(('"""', "'''"))
    return 3 if multi_line else 1
