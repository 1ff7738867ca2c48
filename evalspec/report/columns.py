"""Columns in which names stay whole: what has no room beside something stands below it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from evalspec.report.page import WORDS, grid, row

GAP: Final = 2
_INDENT: Final = 2
_LABEL_WIDTH: Final = 16
_FEWEST: Final = 24
"""Columns that words need beside other cells; with fewer they stand below."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A name with cells in columns, and words about it."""

    name: Text
    cells: Sequence[Text] = ()
    words: Text | None = None
    style: str = ""


def _widths(entries: Sequence[Entry]) -> list[int]:
    """How wide the columns of the cells are."""
    count = max((len(entry.cells) for entry in entries), default=0)
    return [
        max(cell_len(entry.cells[place].plain) for entry in entries if entry.cells) for place in range(count)
    ]


def in_cell(value: str) -> tuple[str, str | None]:
    """A value as it stands in a column, and beside it, if it is a label that is too long for one."""
    return (value, None) if cell_len(value) <= _LABEL_WIDTH else ("label", value)


def taken(entries: Sequence[Entry]) -> int:
    """How many columns of a page the cells need beside the names."""
    return sum(each + GAP for each in _widths(entries))


def ledger(entries: Sequence[Entry], width: int, *, left: Collection[int] = (), beside: bool = True) -> Group:
    """A line for each entry: its name, and its cells at the right (those in `left` flush left).

    A name that is too long for its column has a line of its own, above its cells. Words stand behind the
    names where all of them have room, otherwise below.
    """
    widths = _widths(entries)
    room = width - taken(entries)
    beside = beside and all(_with_words(entry) <= room and len(_said(entry)) < 2 for entry in entries)
    lengths = [_with_words(entry) if beside else cell_len(entry.name.plain) for entry in entries]
    first = max((length for length in lengths if length <= room), default=0)
    lines: list[RenderableType] = []
    for entry in entries:
        name = entry.name if not beside or entry.words is None else Text("  ").join([entry.name, entry.words])
        lines += _lines(name, entry, first, widths, left)
        if entry.words is not None and not beside:
            lines.append(Padding(Text(style=entry.style).append_text(entry.words), (0, 0, 0, _INDENT)))
    return Group(*lines)


def _lines(
    name: Text, entry: Entry, first: int, widths: Sequence[int], left: Collection[int]
) -> Iterator[Text]:
    line = Text(style=entry.style).append_text(name)
    if not entry.cells:
        yield line
        return
    if (missing := first - cell_len(name.plain)) < 0:
        yield line
        line, missing = Text(style=entry.style), first
    line.append(" " * missing)
    for place, (cell, wide) in enumerate(zip(entry.cells, widths, strict=True)):
        pad = " " * (wide - cell_len(cell.plain))
        line.append(" " * GAP)
        for piece in (cell, pad) if place in left else (pad, cell):
            line.append_text(piece) if isinstance(piece, Text) else line.append(piece)
    yield line


def _with_words(entry: Entry) -> int:
    return cell_len(entry.name.plain) + sum(cell_len(line) + GAP for line in _said(entry))


def _said(entry: Entry) -> list[str]:
    """The lines of the words."""
    return [] if entry.words is None else entry.words.plain.split("\n")


def annotated(
    entries: Sequence[Entry], width: int, *, left: Collection[int] = (), gap: int = GAP
) -> RenderableType:
    """Names, cells, and at the right the words about them, broken in a column of their own where it has room,
    and otherwise below each.
    """
    widths = _widths(entries)
    first = max((cell_len(entry.name.plain) for entry in entries), default=0)
    room = width - first - taken(entries) - gap
    said = [line for entry in entries for line in _said(entry)]
    longest = max((cell_len(line) for line in said), default=0)
    word = max((cell_len(one) for line in said for one in line.split()), default=0)
    # A word that would be broken in its column, and need not be on a line of its own, stands there.
    if room < min(longest, _FEWEST) or room < word <= width - _INDENT:
        return ledger(entries, width, left=left, beside=False)
    whole = {"no_wrap": True}
    columns = [
        {**whole, "justify": "left" if place in left else "right", "width": wide}
        for place, wide in enumerate(widths)
    ]
    table = grid({**whole, "width": first}, *columns, {**WORDS, "width": max(room, 1)}, gap=gap)
    for entry in entries:
        cells = entry.cells or [Text()] * len(widths)
        row(table, [entry.name, *cells, entry.words or Text()], entry.style)
    return table
