"""Items of a run as pages of text: a table of many, or one whole."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from evalspec.analysis.items import EvaluationDetail, FailureDetail, ItemDetail, ItemList, ScoreDetail
from evalspec.diagnostics.render.visible import visible
from evalspec.plan.canonical import short
from evalspec.report.columns import Entry, annotated, in_cell
from evalspec.report.numbers import aligned, numbers, plural, seconds
from evalspec.report.page import (
    BAD,
    FAINT,
    GOOD,
    LABEL,
    NUMBER,
    STRONG,
    WARN,
    WORDS,
    Page,
    grid,
    joined,
    lines,
    row,
    text,
)

_MARKS = {"completed": ("✓", GOOD), "failed": ("✗", BAD), "pending": ("·", WARN)}
_LABEL_WIDTH = 12
_SCORE_WIDTH = 24
_NOTE_WIDTH = 28
"""Columns that an output needs to say anything."""
_LEAST_ID = 16


def add_items(page: Page, items: ItemList) -> None:
    """A table of trials with their scores, and the output or what failed."""
    if not items.items:
        page.add(text(f"{items.matching} not listed" if items.matching else "no item matches", FAINT))
        return
    for index, table in enumerate(_tables(items, page.width)):
        if index:
            page.gap()
        page.add(table)
    hidden = items.matching - len(items.items)
    if hidden:
        page.add(text(f"{hidden} more of {items.matching}", FAINT))


def _tables(items: ItemList, width: int) -> Iterator[Table]:
    """The trials with their scores and outputs; scores that have no room go on in another table of the same
    trials, below.
    """
    rows = items.items
    columns = [
        *_score_columns(rows),
        _Column("output", [_note(item) for item in rows], _NOTE_WIDTH, last=True),
    ]
    repeats = any(item.trial > 1 for item in rows)
    ids = min(max(cell_len(visible(item.item)) for item in rows), max(width // 3, _LEAST_ID))
    room = width - 3 - ids - 7 * repeats
    while columns:
        taken: list[_Column] = []
        while columns and (not taken or sum(one.width + 2 for one in [*taken, columns[0]]) <= room):
            taken.append(columns.pop(0))
        table = grid(
            {"no_wrap": True, "width": 1},
            {**WORDS, "width": ids},
            *([{**NUMBER, "width": 5}] if repeats else []),
            *(one.options(room - sum(other.width + 2 for other in taken[:-1]) - 2) for one in taken),
        )
        heads = ["", "item", *(["trial"] if repeats else []), *(_broken(one.head) for one in taken)]
        row(table, [lines(head) for head in heads], FAINT)
        for place, item in enumerate(rows):
            trial = [text(item.trial)] if repeats else []
            cells = [one.cells[place] for one in taken]
            row(table, [text(*_MARKS[item.status]), text(item.item), *trial, *cells])
        yield table


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the table; the last one takes what room is left and is cut there."""

    head: str
    cells: Sequence[Text]
    width: int
    last: bool = False

    def options(self, room: int) -> dict[str, Any]:
        if self.last:
            return {"no_wrap": True, "overflow": "ellipsis", "width": max(room, self.width)}
        return {"justify": "right", "overflow": "fold", "width": self.width}


def _score_columns(rows: Sequence[ItemDetail]) -> Iterator[_Column]:
    """A column for each score, as wide as its name and values, up to a limit where both are broken."""
    found = [item.scores() for item in rows]
    for name in dict.fromkeys(name for scores in found for name in scores):
        values = [scores[name].value for scores in found if name in scores]
        shown = iter(_shown(values))
        cells = [
            text(next(shown), FAINT if scores[name].imputed else "") if name in scores else text("–", FAINT)
            for scores in found
        ]
        longest = max(cell_len(visible(name)), *(cell_len(cell.plain) for cell in cells))
        yield _Column(name, cells, min(longest, _SCORE_WIDTH))


def _broken(name: str) -> str:
    """A name in lines of a column's width, where that can be between its words."""
    broken = [""]
    for part in re.findall(r"[^_]*_|[^_]+", name):
        if broken[-1] and cell_len(broken[-1] + part) > _SCORE_WIDTH:
            broken.append("")
        broken[-1] += part
    return "\n".join(broken)


def _note(item: ItemDetail) -> Text:
    if item.failure is not None:
        return failure_text(item.failure)
    for one in item.evaluations:
        if one.failure is not None:
            return joined(text(f"{one.evaluator}: ", FAINT), failure_text(one.failure))
    return text(_flat(item.output), FAINT)


def add_item(page: Page, item: ItemDetail) -> None:
    """One trial whole: input, expected output, metadata, output, and every evaluation."""
    head = joined(text(item.item, STRONG), text(f"trial {item.trial}", FAINT), gap="  ")
    page.add(joined(head, text(*_status(item)), gap="  "))
    facts = [short(item.item_digest), f"trace {item.trace_id}"]
    if item.duration_seconds is not None:
        facts.append(seconds(item.duration_seconds))
    if item.attempts > 1:
        facts.append(plural(item.attempts, "attempt"))
    page.add(text(" · ".join(facts), FAINT))
    page.gap()
    for label, value in (
        ("input", item.input),
        ("expected", item.expected_output),
        ("metadata", item.metadata),
    ):
        if value is not None:
            _add_value(page, label, value)
    if item.failure is not None:
        page.add(_labelled("failure", failure_text(item.failure)))
    elif item.status == "completed":
        _add_value(page, "output", item.output)
    if item.evaluations:
        page.gap()
        page.add(annotated([*_evaluations(item.evaluations)], page.width))


def _status(item: ItemDetail) -> tuple[str, str]:
    return item.status, _MARKS[item.status][1]


def _add_value(page: Page, label: str, value: Any) -> None:
    """On the label's line where it fits, otherwise below: JSON indented, a text with its own lines."""
    flat = _flat(value)
    if "\n" not in flat and (isinstance(value, str) or len(flat) <= page.width - _LABEL_WIDTH):
        page.add(_labelled(label, text(flat)))
    else:
        shown = flat if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
        page.add(text(label, FAINT), Padding(lines(shown), (0, 0, 0, 2)))


def _labelled(label: str, value: Text) -> Table:
    table = grid({**LABEL, "width": _LABEL_WIDTH - 2}, WORDS)
    row(table, [text(label), value])
    return table


def _evaluations(evaluations: list[EvaluationDetail]) -> Iterator[Entry]:
    yield Entry(text("score"), [text("value")], text("by"), FAINT)
    given = [score.value for one in evaluations for score in one.scores]
    shown = iter(aligned([in_cell(_shown([value])[0])[0] for value in given]))
    for one in evaluations:
        for score in one.scores:
            yield Entry(text(score.name), [text(next(shown), STRONG)], _by(one, score))
        if one.failure is not None:
            what = joined(f"{one.evaluator}  ", failure_text(one.failure))
            yield Entry(text("–", FAINT), [text("✗", BAD)], what)
        elif not one.scores:
            what = joined(one.evaluator, text("  skipped", FAINT))
            yield Entry(text("–", FAINT), [text("–", FAINT)], what)


def _by(one: EvaluationDetail, score: ScoreDetail) -> Text:
    _, label = in_cell(score.value) if isinstance(score.value, str) else ("", None)
    parts = [text("on_task_failure", WARN) if score.imputed else text(one.evaluator)]
    if label is not None:
        parts.append(text(label, STRONG))
    if score.comment:
        # A judge's grounds, or those of several, may have lines of their own.
        parts.append(lines(score.comment, FAINT))
    return joined(*parts, gap="  ")


def failure_text(failure: FailureDetail) -> Text:
    """Why something has no result."""
    said = f"{failure.type}: {failure.message}" if failure.type else failure.message
    outage = " (provider outage)" if failure.outage else ""
    return joined(text(f"{failure.kind}{outage}  ", BAD), text(said))


def _shown(values: Sequence[float | str]) -> list[str]:
    """Values of one score as texts."""
    measured = iter(numbers([value for value in values if not isinstance(value, str)]))
    return [value if isinstance(value, str) else next(measured) for value in values]


def _flat(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
