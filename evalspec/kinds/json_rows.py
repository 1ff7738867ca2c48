"""Rows of JSON and JSONL files, each with its place. JSONL is read line by line, so memory does not
grow with it.
"""

import json
import re
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

from evalspec.kinds.item_errors import ItemError, Place

__all__ = ["MAX_FILE", "MAX_LINE", "decode_line", "json_rows", "jsonl_rows", "readable"]

MAX_LINE: Final = 16 * 1024 * 1024
"""The longest line of a JSONL file in bytes."""

MAX_FILE: Final = 512 * 1024 * 1024
"""The largest JSON file in bytes, because it is read as a whole. JSONL files have no such limit."""

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_BOM: Final = b"\xef\xbb\xbf"

Row = tuple[Any, Place]


class _Refused(ValueError):
    """A value that JSON readers disagree about."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Refused(f"the key `{key}` is given twice")
            seen.add(key)
    return result


def _constant(word: str) -> Any:
    raise _Refused(f"`{word}` is not a number in JSON")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def readable(rows: Iterable[Row | ItemError], display: str) -> Iterator[Row | ItemError]:
    """The same rows; where the system refuses to read on, that is the last of them."""
    try:
        yield from rows
    except OSError as error:
        message = f"`{display}` cannot be read: {error.strerror or error}"
        yield ItemError("not-readable", message, at=("path",))


def jsonl_rows(path: Path, display: str) -> Iterator[Row | ItemError]:
    """The value of each line that is not blank, or what is wrong with the line."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            place = (display, number, 1)
            if len(line) > MAX_LINE:
                yield ItemError("item-syntax", f"the line is longer than {MAX_LINE // 1024**2} MB", place)
                while line and not line.endswith(b"\n"):
                    line = file.readline(MAX_LINE)
                continue
            if number == 1:
                line = line.removeprefix(_BOM)
            if not line.strip():
                continue
            try:
                text = decode_line(line, place).rstrip(" \t\r\n")
                yield _decode(text, place), place
            except ItemError as error:
                yield error


def decode_line(line: bytes, place: Place) -> str:
    """The text of one line. Raises ItemError at the first byte that is not UTF-8."""
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        column = len(line[: error.start].decode()) + 1
        message = f"the byte 0x{line[error.start]:02x} is not UTF-8"
        where = (place[0], place[1], column)
        raise ItemError("item-syntax", message, where, expected="a file in UTF-8") from None


def _decode(text: str, place: Place) -> Any:
    """The value of a line of JSON."""
    try:
        if text.startswith("{"):
            value, end = _DECODER.raw_decode(text)
            if end == len(text):
                return value
        return _DECODER.decode(text)
    except json.JSONDecodeError:
        raise _syntax_error(text, place, "line") from None
    except (_Refused, RecursionError, ValueError) as error:
        raise ItemError("item-syntax", _said(error), place) from None


def json_rows(path: Path, display: str) -> Iterator[Row | ItemError]:
    """The entries of a JSON file that holds a list, or an object with a list `items`."""
    size = path.stat().st_size
    if size > MAX_FILE:
        yield ItemError("item-syntax", f"`{display}` is larger than {MAX_FILE // 1024**2} MB; use JSONL")
        return
    lines = path.read_bytes().removeprefix(_BOM)
    try:
        text = lines.decode()
    except UnicodeDecodeError as error:
        line = lines.count(b"\n", 0, error.start) + 1
        start = lines.rfind(b"\n", 0, error.start) + 1
        try:
            decode_line(lines[start : error.end], (display, line, 1))
        except ItemError as fault:
            yield fault
        return
    try:
        yield from _Scan(text, display).rows()
    except ItemError as error:
        yield error


class _Scan:
    """Reads entry by entry, because the decoder alone does not say where an entry starts."""

    def __init__(self, text: str, display: str) -> None:
        self._text = text
        self._display = display
        self._counted = 0
        self._line = 1

    def rows(self) -> Iterator[Row]:
        start = self._skip(0)
        if self._text[start : start + 1] == "[":
            end = yield from self._entries(start)
        elif self._text[start : start + 1] == "{":
            end = yield from self._table(start)
        else:
            self._value(start)
            raise ItemError(
                "item-shape",
                "the file holds no list of items",
                self._place(start),
                expected='a list, or an object with a list `"items"`',
            )
        if self._skip(end) != len(self._text):
            self._fail()

    def _table(self, start: int) -> Generator[Row, None, int]:
        """The entries of the list `items` of an object that has nothing else."""
        found = False
        position = self._skip(start + 1)
        while self._text[position : position + 1] == '"':
            key, end = self._value(position)
            if key != "items" or found:
                what = "`items` is given twice" if key == "items" else f"there is no field `{key}` here"
                raise ItemError("item-shape", what, self._place(position), expected='`{"items": […]}`')
            found = True
            position = self._skip(self._expect(end, ":"))
            if self._text[position : position + 1] != "[":
                raise ItemError(
                    "item-shape", "`items` is not a list", self._place(position), expected="a list"
                )
            position = yield from self._entries(position)
            position = self._skip(position)
            if self._text[position : position + 1] != ",":
                break
            position = self._skip(position + 1)
        end = self._expect(position, "}")
        if not found:
            message = "there is no `items`"
            raise ItemError("item-shape", message, self._place(start), expected='`{"items": […]}`')
        return end

    def _entries(self, start: int) -> Generator[Row, None, int]:
        position = self._skip(start + 1)
        if self._text[position : position + 1] == "]":
            return position + 1
        while True:
            place = self._place(position)
            value, end = self._value(position)
            yield value, place
            position = self._skip(end)
            if self._text[position : position + 1] == "]":
                return position + 1
            position = self._skip(self._expect(position, ","))

    def _value(self, position: int) -> tuple[Any, int]:
        try:
            return _DECODER.raw_decode(self._text, position)
        except json.JSONDecodeError:
            self._fail()
        except (_Refused, RecursionError, ValueError) as error:
            raise ItemError("item-syntax", _said(error), self._place(position)) from None

    def _expect(self, position: int, character: str) -> int:
        position = self._skip(position)
        if self._text[position : position + 1] != character:
            self._fail()
        return position + 1

    def _skip(self, position: int) -> int:
        match = _SPACE.match(self._text, position)
        return match.end() if match else position

    def _place(self, offset: int) -> Place:
        # Counted on from the last place, because counting from the start each time would be quadratic.
        self._line += self._text.count("\n", self._counted, offset)
        self._counted = offset
        return self._display, self._line, offset - self._text.rfind("\n", 0, offset)

    def _fail(self) -> NoReturn:
        """Raise what is wrong with the syntax of the whole text."""
        raise _syntax_error(self._text, (self._display, 1, 1), "file")


def _said(error: Exception) -> str:
    if isinstance(error, _Refused):
        return str(error)
    if isinstance(error, RecursionError):
        return "lists and objects are nested too deeply"
    # The one other ValueError: int() refuses more than sys.get_int_max_str_digits() digits.
    return "a whole number has too many digits"


def _syntax_error(text: str, place: Place, what: str) -> ItemError:
    # Loaded for mistakes only: a saved plan runs without the package that reads specs.
    from evalspec.source.json_values import read_json

    faults = read_json(text, place[0]).faults
    if not faults or faults[0].span is None:
        return ItemError("item-syntax", f"the {what} is not JSON", place)
    fault, start = faults[0], faults[0].span.start
    column = start.column if start.line > 1 else start.column + place[2] - 1
    return ItemError(
        "item-syntax",
        fault.message.replace("the file", f"the {what}"),
        (place[0], place[1] + start.line - 1, column),
        expected=fault.expected,
        suggestion=fault.suggestion,
    )


def decode_cell(text: str, header: str, place: Place) -> Any:
    """The value of a table's cell that holds JSON. Raises ItemError."""
    try:
        return _decode(text, place)
    except ItemError as error:
        message = f"the cell in `{header}` is not JSON: {error}"
        raise ItemError("item-syntax", message, place, suggestion=error.suggestion) from None
