"""Scores and aggregates of a run in one table: values, counts and coverage."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.console import Group
from rich.text import Text

from evalspec.analysis.summary import AggregateSummary, ResultCounts, RunSummary, SliceValue, TrialValue
from evalspec.report.aggregates import EMPTY, function_text
from evalspec.report.columns import GAP, Entry, in_cell, ledger
from evalspec.report.numbers import aligned, count, numbers, percent, rounded
from evalspec.report.page import BAD, FAINT, STRONG, WARN, text

_SHOWN_TRIALS: Final = 10
_SHOWN_SLICES: Final = 20
_NAME_WIDTH: Final = 12
_NONE: Final = "–"


def values(summary: RunSummary, width: int) -> Group:
    """Scores and aggregates below each other, so that their columns are those of one table."""
    rows = [*_rows(summary)]
    counted = [row for row in rows if row.counts is not None]
    shown = aligned([in_cell(row.value)[0] for row in counted])
    columns = [
        _Column("value", [_value(one) for one in shown]),
        *_counts([row.counts for row in counted if row.counts is not None]),
    ]
    kept = _fitting(columns, max((cell_len(row.name) for row in rows), default=0), width)
    cells = {id(row): [column.cells[place] for column in kept] for place, row in enumerate(counted)}
    heads = [text(column.head) for column in kept]
    entries = [
        Entry(
            text(row.name),
            cells.get(id(row), heads if row.head else ()),
            text(row.words, FAINT) if row.words else None,
            FAINT if row.faint else "",
        )
        for row in rows
    ]
    return ledger(entries, width)


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the table: a result with its value as text, or, without counts, words of ours."""

    name: str
    counts: ResultCounts | None = None
    value: str = ""
    words: str = ""
    faint: bool = False
    head: bool = False


def _rows(summary: RunSummary) -> Iterator[_Row]:
    yield _Row("score", faint=True, head=True)
    for name, score in summary.scores.items():
        value = "labels" if score.distribution else _shown([score.value])[0]
        yield _Row(name, score, value)
    if summary.aggregates:
        yield _Row("")
        yield _Row("aggregate", faint=True)
    for name, aggregate in summary.aggregates.items():
        yield from _aggregate(name, aggregate)


def _aggregate(name: str, aggregate: AggregateSummary) -> Iterator[_Row]:
    """An aggregate, its trials and its groups; their values have the same decimals."""
    trials = (aggregate.per_trial or [])[:_SHOWN_TRIALS]
    slices = aggregate.slices or []
    parts: list[TrialValue | SliceValue] = [*trials, *slices[:_SHOWN_SLICES]]
    own, *others = _shown([aggregate.value, *(part.value for part in parts)])
    _, beside = in_cell(own)
    words = function_text(aggregate)
    yield _Row(name, aggregate, own, words if beside is None else f"{words}: {beside}")
    for part, value in zip(parts, others, strict=True):
        label = f"trial {part.trial}" if isinstance(part, TrialValue) else part.group or EMPTY
        yield _Row(f"  {label}", part, value, faint=True)
    if len(slices) > _SHOWN_SLICES:
        yield _Row(f"  … {len(slices) - _SHOWN_SLICES} more groups", faint=True)


def _shown(found: Sequence[float | str | None]) -> list[str]:
    """Values of one score or aggregate as texts."""
    measured = iter(numbers([value for value in found if isinstance(value, float | int)]))
    return [
        _NONE if value is None else value if isinstance(value, str) else next(measured) for value in found
    ]


def _value(shown: str) -> Text:
    return text(shown, FAINT if shown in (_NONE, "labels", "label") else STRONG)


@dataclass(frozen=True, slots=True)
class _Column:
    head: str
    cells: Sequence[Text]
    spare: bool = False
    """Whether it is left out where there is no room."""

    @property
    def width(self) -> int:
        return max(cell_len(self.head), *(cell_len(cell.plain) for cell in self.cells))


def _counts(rows: Sequence[ResultCounts]) -> Iterator[_Column]:
    ranges = [_range(row) for row in rows]
    if any(ranges):
        yield _Column("worst–best", [text(one, FAINT) for one in ranges], spare=True)
    yield _Column("scored", [text(f"{row.scored}/{row.expected}") for row in rows])
    if any(row.imputed for row in rows):
        yield _column("imputed", [row.imputed for row in rows], WARN)
    yield _column("failed", [row.failed for row in rows], BAD)
    yield _column("skipped", [row.skipped for row in rows], "")
    if any(row.pending for row in rows):
        yield _column("pending", [row.pending for row in rows], WARN)
    covered = [text(percent(row.coverage), "" if row.coverage == 1 else BAD) for row in rows]
    yield _Column("coverage", covered)


def _column(head: str, found: Sequence[int], style: str) -> _Column:
    cells = [text(count(one), style if one else FAINT) for one in found]
    return _Column(head, cells, spare=not any(found))


def _range(counts: ResultCounts) -> str:
    """What the value could be if the missing results were there; nothing where none is missing."""
    worst, best = counts.worst_case, counts.best_case
    if not counts.failed + counts.pending or (worst is None and best is None):
        return ""
    return "–".join("?" if case is None else rounded(case) for case in (worst, best))


def _fitting(columns: Sequence[_Column], names: int, width: int) -> list[_Column]:
    """The columns that a page has room for beside short names: what can be spared goes, one by one."""
    kept = [*columns]
    for column in reversed(columns):
        taken = sum(GAP + one.width for one in kept)
        if column.spare and taken + min(names, _NAME_WIDTH) > width:
            kept.remove(column)
    return kept
