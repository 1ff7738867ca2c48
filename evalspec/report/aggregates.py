"""Aggregates as text: what they are computed by, and confusion matrices."""

from collections.abc import Iterator, Mapping
from typing import Final

from rich.table import Table

from evalspec.analysis.summary import AggregateSummary
from evalspec.report.page import FAINT, LABEL, NUMBER, STRONG, grid, row, text

EMPTY: Final = '""'
"""How a label or group without any text is shown."""
_GAP: Final = 2
_LABEL_WIDTH: Final = 12


def function_text(aggregate: AggregateSummary) -> str:
    """What an aggregate is computed by, in a few words."""
    parameters = aggregate.parameters or {}
    function = aggregate.function
    if function == "percentile":
        function = f"percentile {parameters['percentile']:g}"
    elif "label" in parameters:
        return _by(f"count of {parameters['label']} in {aggregate.score}", aggregate)
    elif "k" in parameters:
        function = f"{function.removesuffix('k')}{parameters['k']}"
    elif parameters.get("average", "binary") != "binary":
        function = f"{parameters['average']} {function}"
    if aggregate.score is not None:
        return _by(f"{function} of {aggregate.score}", aggregate)
    if "value" in parameters:
        return _by(f"{function} of {parameters['value']}", aggregate)
    return f"{function}: {aggregate.comment}" if aggregate.comment else _by(function, aggregate)


def _by(words: str, aggregate: AggregateSummary) -> str:
    return words if aggregate.by is None else f"{words}, by {aggregate.by}"


def matrices(aggregates: Mapping[str, AggregateSummary], width: int) -> Iterator[Table]:
    """The confusion matrices that a page is wide enough for: a row for each expected label."""
    for name, aggregate in aggregates.items():
        details = aggregate.details or {}
        if "matrix" not in details:
            continue
        labels = [_short(label) for label in details["labels"]]
        head = f"{name}, expected ↓ given →"
        if len(head) + sum(_GAP + len(label) for label in labels) > width:
            continue
        table = grid(LABEL, *([NUMBER] * len(labels)), gap=_GAP)
        row(table, [text(head), *map(text, labels)], FAINT)
        for place, (label, counts) in enumerate(zip(labels, details["matrix"], strict=True)):
            cells = [
                text(str(count) if count else "–", STRONG if place == column else "" if count else FAINT)
                for column, count in enumerate(counts)
            ]
            row(table, [text(label), *cells])
        yield table


def _short(label: str) -> str:
    shown = label or EMPTY
    return shown if len(shown) <= _LABEL_WIDTH else f"{shown[: _LABEL_WIDTH - 1]}…"
