"""Responses that come in pieces: server-sent events, and lines.

Events are read as WHATWG's HTML standard says (section 9.2.6, "Interpreting an event stream").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from evalspec.kinds.outside import CallFailed, parse_json
from evalspec.kinds.text_templates import evaluated
from evalspec.templates import compile_expression

__all__ = ["Event", "EventExtractor", "EventReader", "StreamFormat", "joined"]

StreamFormat = Literal["sse", "lines"]

_LINE_END: Final = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Event:
    """One event. One that is only a line has no type but `message`, and no id."""

    data: str
    type: str = "message"
    id: str = ""


class EventReader:
    """Makes events of the pieces of a body, however they are cut. Raises CallFailed `not_text`."""

    def __init__(self, form: StreamFormat) -> None:
        self._form = form
        self._rest = bytearray()
        """What came after the last line end; held back with it a carriage return at its end."""
        self._first = True
        self._data: list[str] = []
        self._type = ""
        self._id = ""

    def feed(self, piece: bytes) -> Iterator[Event]:
        """The events that are complete with this piece."""
        whole = not self._rest.endswith(b"\r") and _LINE_END.search(piece) is None
        self._rest += piece
        if whole:
            # A long line in many pieces is looked through once, not with every piece again.
            return
        # A carriage return at the end may be the first half of a line end.
        end = len(self._rest) - self._rest.endswith(b"\r")
        *lines, rest = _LINE_END.split(bytes(self._rest[:end]))
        self._rest = bytearray(rest) + self._rest[end:]
        for line in lines:
            yield from self._line(line)

    def finish(self) -> Iterator[Event]:
        """What is complete with the end of the body: a last line, but no event that no empty line ended."""
        if self._form == "lines" or self._rest == b"\r":
            yield from self._line(bytes(self._rest.removesuffix(b"\r")))
            self._rest.clear()

    def _line(self, encoded: bytes) -> Iterator[Event]:
        try:
            line = encoded.decode()
        except UnicodeDecodeError:
            raise CallFailed("not_text", "the stream is not UTF-8") from None
        if self._first:
            self._first, line = False, line.removeprefix("\ufeff")
        if self._form == "lines":
            if line.strip():
                yield Event(line)
        elif line:
            self._field(line)
        else:
            if self._data:
                yield Event("\n".join(self._data), self._type or "message", self._id)
            self._data, self._type = [], ""

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self._id = value


class EventExtractor:
    """Reads the value of each event, as an expression says; without one its JSON, or else its text."""

    def __init__(self, text: str | None) -> None:
        self._expression = None if text is None else compile_expression(text, {"event"})
        paths = () if self._expression is None else self._expression.paths
        self._needs_json = any(path.startswith("event.json") for path in paths)

    def __call__(self, event: Event) -> Any:
        """The value. Raises CallFailed: `invalid_json`, `missing_key`, `expression_failed`."""
        if self._expression is None:
            try:
                return parse_json(event.data, "an event")
            except CallFailed:
                return event.data
        scope: dict[str, Any] = {"data": event.data, "type": event.type, "id": event.id}
        if self._needs_json:
            scope["json"] = parse_json(event.data, "an event")
        return evaluated("extract", self._expression, {"event": scope})


def joined(values: list[Any]) -> Any:
    """The result of a stream: its texts as one text, or a list where there are other values."""
    return "".join(values) if all(isinstance(value, str) for value in values) else values
