"""Regular expressions from specs: RE2 (https://github.com/google/re2/wiki/Syntax), so that no text
takes for ever.
"""

import re
from typing import Any, Final

__all__ = ["BadPattern", "compile_pattern"]

_UNSUPPORTED: Final = re.compile(r"\(\?(?:=|!|<=|<!|>|\()")
_BACK_REFERENCE: Final = re.compile(r"(?:\\\\)*(\\[1-9])")
_QUOTED: Final = re.compile(r"[^:]*: (?P<fragment>.*)", re.DOTALL)


class BadPattern(ValueError):
    """A pattern is no RE2 expression. `offset` and `length` say where in it, when that is known."""

    def __init__(self, message: str, offset: int | None, length: int) -> None:
        self.offset = offset
        self.length = length
        super().__init__(message)


def compile_pattern(
    pattern: str, *, ignore_case: bool = False, multi_line: bool = False, dot_all: bool = False
) -> Any:
    """The compiled pattern, with `search(text)` and `fullmatch(text)`. Raises BadPattern."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    options.dot_nl = dot_all
    # RE2 has no option for it in its Perl-like syntax.
    text = f"(?m:{pattern})" if multi_line else pattern
    try:
        if multi_line:
            # Checked alone first, so that no parenthesis of the pattern closes the added group.
            re2.compile(pattern, options)
        return re2.compile(text, options)
    except re2.error as error:
        raise _explained(pattern, error) from None


def _explained(pattern: str, error: Exception) -> BadPattern:
    said = error.args[0] if error.args else ""
    message = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    unsupported = _UNSUPPORTED.search(pattern) or _BACK_REFERENCE.search(pattern)
    if unsupported is not None and message.startswith(
        ("invalid perl operator", "invalid escape", "bad repet")
    ):
        what = "a back-reference" if unsupported.lastindex else f"`{unsupported[0]}`"
        start = unsupported.start(unsupported.lastindex or 0)
        length = unsupported.end() - start
        return BadPattern(
            f"{what} is not supported: patterns are RE2, which has no such thing", start, length
        )
    quoted = _QUOTED.fullmatch(message)
    fragment = quoted["fragment"] if quoted else ""
    if fragment and pattern.count(fragment) == 1:
        return BadPattern(message, pattern.index(fragment), len(fragment))
    return BadPattern(message, None, 1)
