"""Bytes to text, and places in a text as line and column."""

from bisect import bisect_right

from evalspec.diagnostics.model import Diagnostic, Position, Span

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def decode(content: str | bytes, path: str) -> str | Diagnostic:
    """The text of a file without its byte order mark, or what is wrong with its bytes."""
    if isinstance(content, bytes):
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as fault:
            return _not_utf8(content, fault.start, path)
    else:
        text = content
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as fault:
            place = position_at(text, fault.start)
            return Diagnostic(
                code="not-utf8",
                message=f"U+{ord(text[fault.start]):04X} is half of a surrogate pair and no character",
                span=Span.at(path, place.line, place.column),
                expected="text that can be written as UTF-8",
            )
    return text.removeprefix("\ufeff")


def _not_utf8(content: bytes, offset: int, path: str) -> Diagnostic:
    before = content[:offset].decode("utf-8").removeprefix("\ufeff")
    place = position_at(before, len(before))
    notes: tuple[str, ...] = ()
    if content.startswith(_UTF16_MARKS) or b"\x00" in content[:2]:
        notes = ("the file looks like UTF-16: save it as UTF-8",)
    return Diagnostic(
        code="not-utf8",
        message=f"the byte 0x{content[offset]:02x} is not UTF-8",
        span=Span.at(path, place.line, place.column),
        expected="a file in UTF-8",
        notes=notes,
    )


def position_at(text: str, offset: int) -> Position:
    """Line and column of a code point of `text`, both from 1; only "\\n" ends a line."""
    return Position(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def advance(start: Position, stretch: str) -> Position:
    """Where one stands after reading `stretch` from `start`."""
    lines = stretch.count("\n")
    if not lines:
        return Position(start.line, start.column + len(stretch))
    return Position(start.line + lines, len(stretch) - stretch.rindex("\n"))


class LineIndex:
    """Turns byte offsets of one UTF-8 text into positions; built once, then a binary search per question."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._ascii = data.isascii()
        self._starts = [0]
        offset = data.find(b"\n")
        while offset != -1:
            self._starts.append(offset + 1)
            offset = data.find(b"\n", offset + 1)

    def position(self, offset: int) -> Position:
        """Line and column (in code points) of the character that starts at byte `offset`."""
        line = bisect_right(self._starts, offset)
        start = self._starts[line - 1]
        if self._ascii:
            return Position(line, offset - start + 1)
        return Position(line, len(self._data[start:offset].decode("utf-8")) + 1)

    def span(self, path: str, start: int, end: int) -> Span:
        """The span of the bytes from `start` up to `end`."""
        return Span(path, self.position(start), self.position(end))
