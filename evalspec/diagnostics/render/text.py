"""Diagnostics for people: the place, the line it stands on, and what would be right."""

from collections.abc import Iterable, Iterator, Mapping

from evalspec.diagnostics.model import Diagnostic, Severity, Span
from evalspec.diagnostics.render.order import counts, in_reading_order
from evalspec.diagnostics.render.visible import cell, visible

_BEFORE = 60
_AFTER = 60
"""How many characters of a very long line are shown on each side of where a span starts."""

_SEVERITY_STYLES = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}
_BOLD = "1"
_FAINT = "34"


def render_text(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], color: bool = False) -> str:
    """All diagnostics with excerpts and a last line that counts them; nothing when there are none.

    `sources` are the texts of the files by the path that the spans name; without its text a place is shown
    without an excerpt. Whatever comes from a file is escaped where it could drive a terminal.
    """
    ordered = in_reading_order(diagnostics)
    if not ordered:
        return ""
    page = _Page(sources, color)
    parts = ["\n".join(page.diagnostic(item)) + "\n" for item in ordered]
    return "\n".join([*parts, summary(ordered) + "\n"])


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """How many of each severity, such as `2 errors, 1 warning`."""
    found = counts(diagnostics)
    return ", ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in found.items() if n) or "no problems"


class _Page:
    """Remembers the lines of the files while the diagnostics are written."""

    def __init__(self, sources: Mapping[str, str], color: bool) -> None:
        self._sources = sources
        self._color = color
        self._lines: dict[str, list[str]] = {}

    def diagnostic(self, item: Diagnostic) -> Iterator[str]:
        style = _SEVERITY_STYLES[item.severity]
        head = self._paint(f"{item.severity}[{item.code}]", style) + self._paint(
            f": {visible(item.message)}", _BOLD
        )
        yield f"{self._place(item.span)}: {head}" if item.span is not None else head
        gutter = self._gutter(item)
        if item.span is not None:
            yield from self._excerpt(item.span, gutter, style, "^")
        yield from self._remarks(item, gutter)
        for related in item.related:
            arrow = " " * gutter + self._paint("-->", _FAINT)
            yield f"{arrow} {self._place(related.span)}: {visible(related.message)}"
            yield from self._excerpt(related.span, gutter, _FAINT, "-")

    def _remarks(self, item: Diagnostic, gutter: int) -> Iterator[str]:
        remarks = [("note", note) for note in item.notes]
        if item.suggestion is not None:
            remarks.insert(0, ("help", f"did you mean `{item.suggestion}`?"))
        if item.expected is not None:
            remarks.insert(0, ("expected", item.expected))
        if item.fix is not None:
            remarks.append(("fix", item.fix.description))
        for label, text in remarks:
            first, *more = text.splitlines() or [""]
            sign = " " * gutter + " " + self._paint("=", _FAINT)
            yield f"{sign} {self._paint(label, _BOLD)}: {visible(first)}"
            for line in more:
                yield " " * (gutter + len(label) + 5) + visible(line)

    def _excerpt(self, span: Span, gutter: int, style: str, mark: str) -> Iterator[str]:
        first, last = span.start.line, span.end.line
        if last > first and span.end.column == 1:
            # Ends with the line break of the line before.
            last -= 1
        if self._line(span.path, first) is None:
            return
        yield self._margin(gutter, "")
        shown = [first] if last <= first else [first, last]
        for number in shown:
            line = self._line(span.path, number)
            if line is None:
                return
            if number == last and last > first + 1:
                yield self._margin(gutter, "") + " ..."
            start = span.start.column - 1 if number == first else len(line) - len(line.lstrip())
            end = span.end.column - 1 if number == span.end.line else len(line.rstrip())
            text, underline = _window(line, start, max(end, start + 1), mark)
            yield f"{self._margin(gutter, str(number))} {text}".rstrip()
            yield f"{self._margin(gutter, '')} {underline[0]}{self._paint(underline[1], style)}"

    def _line(self, path: str, number: int) -> str | None:
        lines = self._lines.get(path)
        if lines is None:
            text = self._sources.get(path)
            lines = [] if text is None else text.removeprefix("\ufeff").split("\n")
            self._lines[path] = lines
        return lines[number - 1].removesuffix("\r") if 1 <= number <= len(lines) else None

    def _gutter(self, item: Diagnostic) -> int:
        spans = [related.span for related in item.related]
        if item.span is not None:
            spans.append(item.span)
        return max((len(str(span.end.line)) for span in spans), default=1)

    def _margin(self, gutter: int, number: str) -> str:
        return self._paint(f"{number:>{gutter}} |", _FAINT)

    def _place(self, span: Span | None) -> str:
        assert span is not None
        return self._paint(f"{visible(span.path)}:{span.start.line}:{span.start.column}", _BOLD)

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._color and text else text


def _window(line: str, start: int, end: int, mark: str) -> tuple[str, tuple[str, str]]:
    """The part of a line around `start` as it is shown, and what stands below it: blanks, then marks."""
    low = max(0, start - _BEFORE) if len(line) > _BEFORE + _AFTER else 0
    high = min(len(line), max(start, low + _BEFORE) + _AFTER)
    text = "... " if low else ""
    column = len(text)
    blanks, marks = column, 0
    for index in range(low, high):
        shown, width = cell(line[index], column)
        text += shown
        column += width
        if index < start:
            blanks += width
        elif index < end:
            marks += width
    if start >= high:
        blanks += start - high
    return text + (" ..." if high < len(line) else ""), (" " * blanks, mark * max(marks, 1))
