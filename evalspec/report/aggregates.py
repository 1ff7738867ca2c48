"""Aggregates as text: what they are computed by, and confusion matrices."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import RenderableType
from rich.text import Text

from evalspec.analysis.summary import AggregateSummary
from evalspec.report.columns import Entry, ledger, taken
from evalspec.report.page import FAINT, STRONG, text

EMPTY: Final = '""'
"""How a label or group without any text is shown."""
_LABEL_WIDTH: Final = 24


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


def matrices(aggregates: Mapping[str, AggregateSummary], width: int) -> Iterator[RenderableType]:
    """The confusion matrices, with a row for each expected label. Where the labels have no room above the
    columns these are numbered as the rows are; what is wider still is only mentioned.
    """
    for name, aggregate in aggregates.items():
        details = aggregate.details or {}
        if "matrix" not in details:
            continue
        labels = [label or EMPTY for label in details["labels"]]
        counts: list[list[int]] = details["matrix"]
        head = text(f"{name}, expected ↓ given →")
        places = [str(place) for place in range(1, len(labels) + 1)]
        numbered = [f"{place}  {_short(label)}" for place, label in zip(places, labels, strict=True)]
        for rows, heads in ((labels, labels), (numbered, places)):
            entries = [Entry(head, [text(one) for one in heads], style=FAINT)]
            entries += [
                Entry(text(label, FAINT), _cells(counts[place], place)) for place, label in enumerate(rows)
            ]
            if max(cell_len(text(row).plain) for row in rows) + taken(entries) <= width:
                yield ledger(entries, width)
                break
        else:
            said = f"{name}: a matrix of {len(labels)} labels, wider than the page; it is in the JSON form"
            yield text(said, FAINT)


def _cells(counts: Sequence[int], own: int) -> list[Text]:
    """One row of a matrix; what is right stands out."""
    return [
        text(count or "–", STRONG if place == own else "" if count else FAINT)
        for place, count in enumerate(counts)
    ]


def _short(label: str) -> str:
    return label if len(label) <= _LABEL_WIDTH else f"{label[: _LABEL_WIDTH - 1]}…"
