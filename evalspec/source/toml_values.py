"""TOML text to values, its faults said in our own words."""

import re
import tomllib

from evalspec.diagnostics.model import Diagnostic, Related
from evalspec.source.faults import Reading, duplicate_key, long_integer, span_at, too_deep
from evalspec.source.scan import scan
from evalspec.source.text import LineIndex
from evalspec.source.values import MAX_DEPTH

# What tomllib puts at the end of its messages (tomllib/_parser.py, `suffixed_err_msg` and `TOMLDecodeError`).
_AT = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_KEY_FAULTS = frozenset({"Invalid statement", "Invalid initial character for a key part"})
_REPEATS = re.compile(r"Cannot (?:overwrite|declare|redefine|mutate)|Duplicate inline table key")
_WORD = re.compile(r"[^\s,=\[\]{}#\"']+")
_REST_OF_WORD = re.compile(r"[^\s=,\[{]*")
_NULLS = frozenset({"null", "none", "nil", "undefined"})

_VALUES = "a string in quotes, a number, true, false, a date, a list or an inline table"
# What looks like a date to people, and would have been read as one were it one.
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?\S*|\d\d?:\d\d?:\S*")

# By the beginning of tomllib's message: one sentence of ours, and what was expected.
_WORDS = (
    (
        "Invalid initial character for a key part",
        "a key is missing here",
        "a key: letters, digits, `-`, `_`, or quotes",
    ),
    ("Expected '=' after a key", "a key is followed by `=` and a value", "`=`"),
    (
        "Expected newline or end of document",
        "something follows the end of this statement",
        "the end of the line",
    ),
    ("Expected ']]'", "this header is not closed", "`]]`"),
    ("Expected ']'", "this header is not closed", "`]`"),
    ("Invalid statement", "this is neither a key nor a header", "`key = value` or `[table]`"),
    ("Unclosed array", "this list is not closed, or two values in it are not separated", "`,` or `]`"),
    (
        "Unclosed inline table",
        "this inline table is not closed, or two entries in it are not separated",
        "`,` or `}`",
    ),
    ("Unescaped '\\' in a string", "TOML knows no such escape", "`\\\\` for a backslash, or single quotes"),
    (
        "Invalid hex value",
        "this escape is not followed by hexadecimal digits",
        "`\\u` and four digits, or `\\U` and eight",
    ),
    ("Escaped character is not", "this escape stands for no character", "the code of a Unicode character"),
    ("Unterminated string", "this string is never closed", "the closing quotes"),
    ("Invalid date or datetime", "there is no such date or time", "a date or time of RFC 3339"),
)


def read_toml(text: str, path: str) -> Reading:
    """The value of a TOML text, its dates and times still as objects."""
    # tomllib takes time and memory that grow with the square of a dotted key's parts.
    many_dots = any(line.count(".") > MAX_DEPTH for line in text.splitlines())
    if many_dots and scan(text, "toml", depth=MAX_DEPTH).too_deep is not None:
        return Reading(None, (too_deep(text, path, "toml"),))
    try:
        return Reading(tomllib.loads(text))
    except tomllib.TOMLDecodeError as fault:
        return Reading(None, _fault(str(fault), text, path))
    except RecursionError:
        return Reading(None, (too_deep(text, path, "toml"),))
    except ValueError:
        # The one other ValueError: int() refuses more than sys.get_int_max_str_digits() digits.
        return Reading(None, (long_integer(text, path, "toml"),))


def _fault(said: str, text: str, path: str) -> tuple[Diagnostic, ...]:
    place = _AT.search(said)
    message = said[: place.start()] if place else said
    if _REPEATS.match(message):
        repeats = _repeats(text, path)
        if repeats:
            return repeats
    if place is None or place["line"] is None:
        return (_at_the_end(message, text, path),)
    offset = _offset(text, int(place["line"]), int(place["column"]))
    return (_syntax_fault(message, text, path, offset),)


def _repeats(text: str, path: str) -> tuple[Diagnostic, ...]:
    """Every key that is defined twice; tomllib stops at the first, and says where it ends."""
    from evalspec.source.toml_places import toml_places

    data = text.encode("utf-8")
    try:
        _, repeats, understood = toml_places(data)
    except RecursionError:
        return ()
    lines = LineIndex(data)
    # Where the grammar stumbled, what comes after the first repetition may be something else.
    return tuple(
        duplicate_key(item.name, lines.span(path, *item.second), lines.span(path, *item.first))
        for item in (repeats if understood else repeats[:1])
    )


def _at_the_end(message: str, text: str, path: str) -> Diagnostic:
    state = scan(text, "toml")
    said, expected = _words(message)
    if state.open_string is not None:
        span = span_at(text, path, state.open_string)
        said, expected = "this string is never closed", "the closing quotes"
        return Diagnostic(code="toml-syntax", message=said, span=span, expected=expected)
    opened = state.open_brackets[-1:]
    if message == "Invalid value":
        said, expected = "a value is missing here", _VALUES
    in_header = message.startswith("Expected ']")
    return Diagnostic(
        code="toml-syntax",
        message="the file ends in the middle of a value" if opened and not in_header else said,
        span=span_at(text, path, len(text.rstrip())),
        expected="the closing bracket" if opened and not in_header else expected,
        related=tuple(Related("opened here", span_at(text, path, offset)) for offset in opened),
    )


def _syntax_fault(message: str, text: str, path: str, offset: int) -> Diagnostic:
    said: str
    expected: str | None
    found = text[offset : offset + 1]
    span = span_at(text, path, offset)
    if message.startswith(("Illegal character", "Found invalid character")):
        if message.endswith(r"'\n'"):
            said, expected = "this string is not closed before the end of the line", "the closing quotes"
        else:
            said, expected = (
                f"the control character U+{ord(found):04X} cannot stand here",
                "an escape in a string",
            )
        return Diagnostic(code="toml-syntax", message=said, span=span, expected=expected)
    if message == "Invalid value":
        return _no_value(text, path, offset)
    said, expected = _words(message)
    if message.startswith("Unescaped"):
        # tomllib aims behind the escape.
        span = span_at(text, path, max(text.rfind("\\", 0, offset), 0), 2)
    elif message.startswith("Expected newline"):
        start = offset - _length_of_last_word(text[text.rfind("\n", 0, offset) + 1 : offset])
        date = _DATE.match(text, start)
        if date is not None and date.end() > offset:
            said, expected = _words("Invalid date or datetime")
            span = span_at(text, path, start, len(date.group()))
    elif message in _KEY_FAULTS and found.isalnum():
        said, expected = (
            f"a key with `{found}` in it stands in quotes",
            "letters from a to z, digits, `-` and `_`",
        )
    opened = scan(text, "toml", end=offset).open_brackets[-1:] if message.startswith("Unclosed") else ()
    return Diagnostic(
        code="toml-syntax",
        message=said,
        span=span,
        expected=expected,
        related=tuple(Related("opened here", span_at(text, path, place)) for place in opened),
    )


def _length_of_last_word(line: str) -> int:
    # Read backwards: a pattern anchored at the end of a line would take the square of its length.
    match = _REST_OF_WORD.match(line[::-1])
    return len(match.group()) if match else 0


def _no_value(text: str, path: str, offset: int) -> Diagnostic:
    found = _WORD.match(text, offset)
    word = found.group() if found else ""
    span = span_at(text, path, offset, max(len(word), 1))
    if word.lower() in _NULLS:
        return Diagnostic(
            code="null-value",
            message="there is no null in a spec: leave the key out",
            span=span,
        )
    what = f"`{word[:40]}` is not a value" if word else "a value is missing here"
    return Diagnostic(
        code="toml-syntax",
        message=what,
        span=span,
        expected=_VALUES,
        suggestion=word.lower() if word.lower() in {"true", "false", "nan", "inf"} else None,
    )


def _words(message: str) -> tuple[str, str | None]:
    for beginning, said, expected in _WORDS:
        if message.startswith(beginning):
            return said, expected
    # A message this list does not know yet comes from a newer Python: it is one sentence already.
    return message[:1].lower() + message[1:], None


def _offset(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    return min(start + column - 1, max(len(text) - 1, 0))
