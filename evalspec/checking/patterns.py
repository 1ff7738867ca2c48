"""Regular expressions from specs: RE2 (https://github.com/google/re2/wiki/Syntax), so that no text
takes for ever.
"""

import re
from typing import Any, Final

__all__ = ["BadPattern", "compile_pattern", "searchable"]

_UNSUPPORTED: Final = re.compile(r"\(\?(?:=|!|<=|<!|>|\()")
_BACK_REFERENCE: Final = re.compile(r"(?:\\\\)*(\\[1-9])")
_QUOTED: Final = re.compile(r"(?P<said>[^:]*): (?P<fragment>.*)", re.DOTALL)
# RE2's words (re2/regexp.cc, `kErrorStrings`) as sentences.
_SENTENCES: Final = {
    "invalid escape sequence": "there is no such escape in RE2",
    "invalid character class": "there is no such character class in RE2",
    "invalid character class range": "this range of characters is the wrong way round",
    "missing ]": "this character class is never closed",
    "missing )": "a parenthesis is never closed",
    "unexpected )": "this parenthesis was never opened",
    "trailing \\": "a backslash at the end escapes nothing",
    "no argument for repetition operator": "there is nothing to repeat before this",
    "invalid repetition size": "RE2 repeats at most 1000 times",
    "bad repetition operator": "one repetition cannot follow another",
    "invalid perl operator": "RE2 has no such group",
    "invalid named capture group": "a group cannot have this name",
}


def searchable(text: str) -> str:
    """A text as RE2 can look at it: what is no Unicode (a lone surrogate) stands as U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
    return text


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
    said, fragment = (quoted["said"], quoted["fragment"]) if quoted else (message, "")
    sentence = _SENTENCES.get(said, said)
    if fragment and pattern.count(fragment) == 1:
        return BadPattern(sentence, pattern.index(fragment), len(fragment))
    return BadPattern(f"{sentence}: {fragment}" if fragment else sentence, None, 1)
