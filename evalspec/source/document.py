"""The text of a spec together with its value and the position of every part of it."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from evalspec.diagnostics.model import Span
from evalspec.source import places, pointers
from evalspec.source.places import Place, Repeat
from evalspec.source.strings import characters
from evalspec.source.text import LineIndex, advance

Format = Literal["toml", "json"]


@dataclass(frozen=True, eq=False)
class Document:
    """What was read from one file.

    `path` is the name people see, `text` the content without a byte order mark, `value` the plain tree of
    dict, list, str, int, float, bool and (JSON only) None. TOML's own dates and times are RFC 3339 strings in
    it. `nulls` are the pointers of the nulls: whether one may stand there is for the reader of the tree to
    say.

    Spans are worked out when the first one is asked for. They count lines and columns from 1, columns in code
    points.
    """

    path: str
    format: Format
    text: str = field(repr=False)
    value: Any = field(repr=False)
    nulls: tuple[str, ...] = field(default=(), repr=False)

    def pointers(self) -> tuple[str, ...]:
        """The JSON pointer of every value, the whole tree ("") first."""
        return tuple(pointer for pointer, _ in pointers.walk(self.value))

    def key_span(self, pointer: str) -> Span | None:
        """Where the key of the value at `pointer` is written; None for list elements, the tree, and what is
        not there.

        In `[evaluators.exact]` the key of `/evaluators/exact` is `exact`; quotes belong to a key's span.
        """
        place, found = places.find(self._root, pointer)
        return self._span(place.key) if found and place.key is not None else None

    def value_span(self, pointer: str) -> Span:
        """Where the value at `pointer` is written: the header for a TOML table, the quotes included for a
        string.

        A table without a header of its own stands where its name was first written. Falls back to the nearest
        ancestor, as `span` does.
        """
        return self._span(places.find(self._root, pointer)[0].value)

    def span(self, pointer: str, *, key: bool = False) -> Span:
        """The span of the value (or of its key) at `pointer`, or of the nearest ancestor that is there."""
        place, found = places.find(self._root, pointer)
        return self._span(place.key if key and found and place.key is not None else place.value)

    def raw(self, pointer: str) -> str:
        """The source text of the value at `pointer`."""
        start, end = places.find(self._root, pointer)[0].value
        return self._data[start:end].decode("utf-8")

    def string_span(self, pointer: str, offset: int, length: int = 1) -> Span:
        """Where `length` code points of the string at `pointer` are written, from code point `offset` of its
        value.

        Escapes and line endings count as what they stand for. Beyond the end of the string it is the closing
        quote; for a value that is not written as a string, the value.
        """
        whole = self.value_span(pointer)
        raw = self.raw(pointer)
        if not places.find(self._root, pointer)[1] or not raw.startswith(('"', "'")):
            return whole
        ranges, end = characters(raw, self.format)
        first = ranges[offset][0] if 0 <= offset < len(ranges) else end
        last = ranges[min(offset + length, len(ranges)) - 1][1] if length > 0 and first < end else first
        start = advance(whole.start, raw[:first])
        return Span(self.path, start, advance(start, raw[first:last]))

    @property
    def repeats(self) -> tuple[tuple[str, Span, Span], ...]:
        """Keys that are given more than once: the name, the later place, the earlier one."""
        return tuple((item.name, self._span(item.second), self._span(item.first)) for item in self._places[1])

    def _span(self, where: places.Range) -> Span:
        return self._lines.span(self.path, *where)

    @property
    def _root(self) -> Place:
        return self._places[0]

    @cached_property
    def _data(self) -> bytes:
        return self.text.encode("utf-8")

    @cached_property
    def _lines(self) -> LineIndex:
        return LineIndex(self._data)

    @cached_property
    def _places(self) -> tuple[Place, tuple[Repeat, ...]]:
        # Imported here because tree-sitter is needed only once something is to be shown.
        if self.format == "toml":
            from evalspec.source.toml_places import toml_places as read
        else:
            from evalspec.source.json_places import json_places as read
        root, repeats, understood = read(self._data)
        if not understood:
            places.prune(root, self.value)
        return root, repeats
