"""A page of text for a terminal: its width, its colours, and cells that cannot do any harm."""

import os
import shutil
import sys
from collections.abc import Sequence
from io import StringIO
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from evalspec.diagnostics.render.visible import visible

PLAIN_WIDTH: Final = 100
"""Columns of a page that is not shown on a terminal."""

NARROWEST: Final = 60

GOOD, BAD, WARN, FAINT, STRONG = "green", "red", "yellow", "dim", "bold"


class Page:
    """Collects what is to be shown and gives it as one text.

    Colours only on a terminal that wants them (https://no-color.org). Everything that comes from outside goes
    through `text`, which escapes what could drive a terminal; nothing is read as markup.
    """

    def __init__(self, width: int | None = None, color: bool | None = None) -> None:
        self._buffer = StringIO()
        colored = wants_color() if color is None else color
        self.width = width or terminal_width()
        self._console = Console(
            file=self._buffer,
            width=self.width,
            force_terminal=colored,
            color_system="standard" if colored else None,
            no_color=not colored,
            legacy_windows=False,
            markup=False,
            emoji=False,
            highlight=False,
            soft_wrap=False,
        )

    def add(self, *parts: RenderableType) -> None:
        """Show these, one below the other."""
        for part in parts:
            self._console.print(part)

    def add_unbroken(self, line: Text) -> None:
        """Show a line that is not broken, even where it is wider than the page."""
        self._console.print(line, soft_wrap=True)

    def gap(self) -> None:
        """An empty line."""
        self._console.print()

    def __str__(self) -> str:
        """The page, without spaces at the ends of lines."""
        return "".join(f"{line.rstrip()}\n" for line in self._buffer.getvalue().splitlines())


def terminal_width() -> int:
    """The columns of the terminal, or of $COLUMNS; a fixed number where there is neither.

    On a very narrow terminal lines run over its edge: a table of values without their names tells nothing.
    """
    return max(NARROWEST, shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns)


def wants_color() -> bool:
    """Whether standard output is a terminal that wants colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def text(value: object, style: str = "") -> Text:
    """A piece of text on one line, harmless whatever it holds."""
    return Text(visible(str(value)), style=style)


def joined(*parts: Text | str, gap: str = "") -> Text:
    """Several pieces one after the other."""
    return Text(gap).join(part if isinstance(part, Text) else text(part) for part in parts)


def lines(value: str, style: str = "") -> Text:
    """A text of several lines, harmless whatever it holds."""
    return Text("\n".join(visible(line) for line in value.split("\n")), style=style)


def grid(*columns: dict[str, Any], gap: int = 2) -> Table:
    """A table without lines. Each column is the keyword arguments of rich's `add_column`."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, gap, 0, 0), collapse_padding=True)
    for column in columns:
        table.add_column(**column)
    return table


LABEL: Final[dict[str, Any]] = {"style": FAINT, "no_wrap": True}
NUMBER: Final[dict[str, Any]] = {"justify": "right", "no_wrap": True}
WORDS: Final[dict[str, Any]] = {"overflow": "fold"}


def row(table: Table, cells: Sequence[Text | str], style: str = "") -> None:
    """One row of a table; plain strings are our own words."""
    table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in cells), style=style)
