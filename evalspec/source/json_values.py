"""JSON text to values, its faults said in our own words."""

import json
import re
from typing import Any

from evalspec.diagnostics.model import Diagnostic, Edit, Fix, Related
from evalspec.source.faults import Reading, long_integer, span_at, too_deep
from evalspec.source.scan import scan

_NOT_NUMBERS = re.compile(r"-?Infinity|NaN")
_WORD = re.compile(r"[^\s,:\[\]{}\"]+")
_SPACE = " \t\r\n"
_PYTHON_WORDS = {"True": "true", "False": "false", "None": "null"}


class _Hooks:
    def __init__(self) -> None:
        self.repeated = False
        self.not_a_number = False

    def table(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(pairs)
        if len(table) != len(pairs):
            self.repeated = True
        return table

    def constant(self, word: str) -> float:
        self.not_a_number = True
        return 0.0


def read_json(text: str, path: str) -> Reading:
    """The value of a JSON text, of which nothing but its syntax has been looked at."""
    hooks = _Hooks()
    try:
        value = json.loads(text, object_pairs_hook=hooks.table, parse_constant=hooks.constant)
    except json.JSONDecodeError as fault:
        return Reading(None, (_syntax_fault(fault, text, path),))
    except RecursionError:
        return Reading(None, (too_deep(text, path, "json"),))
    except ValueError:
        # The one other ValueError: int() refuses more than sys.get_int_max_str_digits() digits.
        return Reading(None, (long_integer(text, path, "json"),))
    if hooks.not_a_number:
        return Reading(None, tuple(_not_numbers(text, path)))
    return Reading(value, repeated=hooks.repeated)


def _not_numbers(text: str, path: str) -> list[Diagnostic]:
    return [
        Diagnostic(
            code="invalid-number",
            message=f"`{word}` is not a number in JSON",
            span=span_at(text, path, offset, len(word)),
            expected="a finite number",
        )
        for offset, word in scan(text, "json", words=_NOT_NUMBERS).words
    ]


def _syntax_fault(fault: json.JSONDecodeError, text: str, path: str) -> Diagnostic:
    offset = min(fault.pos, len(text))
    comma = _trailing_comma(fault.msg, text, offset)
    if comma is not None:
        span = span_at(text, path, comma)
        return Diagnostic(
            code="json-syntax",
            message="nothing follows this comma",
            span=span,
            expected="no comma after the last entry",
            fix=Fix("remove the comma", (Edit(span, ""),)),
        )
    if offset >= len(text.rstrip(_SPACE)):
        return _end_of_file(text, path)
    found = text[offset]
    message, expected, length = _words(fault.msg, text, offset)
    if text.startswith(("//", "/*"), offset) or found == "#":
        message, expected, length = "JSON has no comments", "a `description`, or the spec in TOML", 1
    word = _WORD.match(text, offset)
    return Diagnostic(
        code="json-syntax",
        message=message,
        span=span_at(text, path, offset, length),
        expected=expected,
        suggestion=_PYTHON_WORDS.get(word.group()) if word else None,
    )


def _trailing_comma(message: str, text: str, offset: int) -> int | None:
    # Python 3.13 and later aim at the comma, earlier ones at the bracket after it.
    if message.startswith("Illegal trailing comma"):
        return offset
    if offset < len(text) and text[offset] in "}]":
        before = text[:offset].rstrip(_SPACE)
        if before.endswith(","):
            return len(before) - 1
    return None


def _end_of_file(text: str, path: str) -> Diagnostic:
    state = scan(text, "json")
    if not text.strip(_SPACE):
        span = span_at(text, path, 0, 0)
        return Diagnostic(
            code="json-syntax", message="the file is empty", span=span, expected="an object: `{`"
        )
    opened = state.open_brackets[-1:]
    return Diagnostic(
        code="json-syntax",
        message="the file ends in the middle of a value",
        span=span_at(text, path, len(text.rstrip(_SPACE))),
        expected="the closing bracket" if opened else "a value",
        related=tuple(Related("opened here", span_at(text, path, offset)) for offset in opened),
    )


def _words(message: str, text: str, offset: int) -> tuple[str, str, int]:
    """One sentence, what was expected, and how many characters are to blame."""
    found = text[offset]
    if message.startswith("Unterminated string"):
        return "this string is never closed", 'a closing `"`', 1
    if message.startswith("Invalid control character"):
        what = "a line break" if found in "\r\n" else f"the control character U+{ord(found):04X}"
        return f"{what} cannot stand in a string", "an escape such as `\\n`", 1
    if message.startswith("Invalid \\uXXXX escape"):
        return "`\\u` is not followed by four hexadecimal digits", "an escape such as `\\u00e9`", 1
    if message.startswith("Invalid \\escape"):
        return "JSON knows no such escape", "`\\\\` for a backslash", 2
    if found == "'":
        return "a string in JSON stands in double quotes", '`"`', 1
    if message.startswith("Extra data"):
        return "something follows the end of the document", "one object and nothing after it", 1
    if message.startswith("Expecting property name"):
        return "a key is missing here", "a key in double quotes", 1
    if message.startswith("Expecting ':'"):
        return "a colon is missing after the key", "`:`", 1
    if message.startswith("Expecting ','"):
        return "two entries are not separated", "`,` or the closing bracket", 1
    word = _WORD.match(text, offset)
    shown = word.group()[:40] if word else found
    return (
        f"`{shown}` is not a value in JSON",
        "a string, a number, true, false, a list or an object",
        len(shown),
    )
