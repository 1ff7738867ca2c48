"""Items of a run as pages of text: a table of many, or one whole."""

import json
from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from evalspec.analysis.items import EvaluationDetail, FailureDetail, ItemDetail, ItemList, ScoreDetail
from evalspec.diagnostics.render.visible import visible
from evalspec.plan.canonical import short
from evalspec.report.numbers import number, plural, seconds
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
_SCORE_WIDTH = 12
_NOTE_WIDTH = 12


def add_items(page: Page, items: ItemList) -> None:
    """A table of trials with their scores, and the output or what failed."""
    if not items.items:
        page.add(text(f"{items.matching} not listed" if items.matching else "no item matches", FAINT))
        return
    page.add(_table(items, page.width))
    hidden = items.matching - len(items.items)
    if hidden:
        page.add(text(f"{hidden} more of {items.matching}", FAINT))


def _table(items: ItemList, width: int) -> Table:
    names = list(dict.fromkeys(name for item in items.items for name in item.scores()))
    repeats = any(item.trial > 1 for item in items.items)
    rows = [(item, [_score_cell(item, name) for name in names]) for item in items.items]
    scores = [
        min(_SCORE_WIDTH, max(len(name), *(len(cells[index]) for _, cells in rows)))
        for index, name in enumerate(names)
    ]
    # The scores come first; what they leave is shared by id and output.
    left = width - 3 - 7 * repeats - sum(score + 2 for score in scores)
    ids = max(4, min(max(len(visible(item.item)) for item in items.items), left // 2 - 2))
    fixed = {"no_wrap": True, "overflow": "ellipsis"}
    table = grid(
        {"no_wrap": True, "width": 1},
        {**fixed, "width": ids},
        *([{**NUMBER, "width": 5}] if repeats else []),
        *({**NUMBER, "overflow": "ellipsis", "width": score} for score in scores),
        {**fixed, "width": max(_NOTE_WIDTH, left - ids - 2)},
    )
    heads = ["", "item", *(["trial"] if repeats else []), *names, "output"]
    row(table, [text(head) for head in heads], FAINT)
    for item, cells in rows:
        trial = [text(item.trial)] if repeats else []
        row(table, [text(*_MARKS[item.status]), text(item.item), *trial, *cells, _note(item)])
    return table


def _score_cell(item: ItemDetail, name: str) -> Text:
    score = item.scores().get(name)
    if score is None:
        return text("–", FAINT)
    return text(_shown(score.value), FAINT if score.imputed else "")


def _note(item: ItemDetail) -> Text:
    if item.failure is not None:
        return _failure(item.failure)
    for one in item.evaluations:
        if one.failure is not None:
            return joined(text(f"{one.evaluator}: ", FAINT), _failure(one.failure))
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
        page.add(_labelled("failure", _failure(item.failure)))
    elif item.status == "completed":
        _add_value(page, "output", item.output)
    if item.evaluations:
        page.gap()
        page.add(_evaluations(item.evaluations))


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


def _evaluations(evaluations: list[EvaluationDetail]) -> Table:
    table = grid(WORDS, NUMBER, WORDS)
    row(table, ["score", "value", "by"], FAINT)
    for one in evaluations:
        for score in one.scores:
            row(table, [text(score.name), text(_shown(score.value), STRONG), _by(one, score)])
        if one.failure is not None:
            row(
                table, [text("–", FAINT), text("✗", BAD), joined(f"{one.evaluator}  ", _failure(one.failure))]
            )
        elif not one.scores:
            row(table, [text("–", FAINT), text("–", FAINT), joined(one.evaluator, text("  skipped", FAINT))])
    return table


def _by(one: EvaluationDetail, score: ScoreDetail) -> Text:
    who = text("on_task_failure", WARN) if score.imputed else text(one.evaluator)
    # A judge's grounds, or those of several, may have lines of their own.
    return joined(who, lines(score.comment, FAINT), gap="  ") if score.comment else who


def _failure(failure: FailureDetail) -> Text:
    said = f"{failure.type}: {failure.message}" if failure.type else failure.message
    outage = " (provider outage)" if failure.outage else ""
    return joined(text(f"{failure.kind}{outage}  ", BAD), text(said))


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else number(value)


def _flat(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
