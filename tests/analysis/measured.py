"""Plans with aggregates made by hand, and what is measured of runs of them."""

from collections.abc import Mapping
from typing import Any

from evalspec.analysis.item_results import PythonAggregate
from evalspec.analysis.run_scores import run_scores
from evalspec.analysis.summarize import summarize
from evalspec.analysis.summary import AggregateSummary, RunSummary
from evalspec.journal.journal import Journal
from evalspec.journal.records import RunScoreRecord
from evalspec.plan.model import Plan
from evalspec.plan.values import Item
from evalspec.templates import compile_expression
from tests.support.plans import digest_of

NAMES = ("input", "output", "expected_output", "metadata", "item", "scores")


def over_score(function: str, score: str, by: str | None = None, **fields: Any) -> dict[str, Any]:
    """An aggregate over a score as a plan holds it."""
    return {"function": function, "score": score, "by": by, "fields": fields, "digest": digest_of(function)}


def comparison(function: str, by: str | None = None, **fields: Any) -> dict[str, Any]:
    """An aggregate over two expressions as a plan holds it."""
    fields = {"value": "output", "expected": "expected_output", **fields}
    texts = [fields["value"], fields["expected"], *([] if by is None else [by])]
    reads = sorted({path for text in texts for path in compile_expression(text, NAMES).paths})
    return {
        "function": function,
        "by": by,
        "fields": fields,
        "reads": tuple(reads),
        "digest": digest_of(function),
    }


def items(*rows: tuple[Any, Any]) -> list[Item]:
    """Items with an expected output and metadata each."""
    return [Item(f"item-{n}", n, expected, metadata) for n, (expected, metadata) in enumerate(rows)]


def summary_of(journal: Journal, plan: Plan) -> RunSummary:
    """The summary of a run as its journal stands."""
    with journal.reader() as reader:
        return summarize(reader, plan)


def records_of(
    journal: Journal, plan: Plan, functions: Mapping[str, PythonAggregate] | None = None
) -> list[RunScoreRecord]:
    """The run-level scores that the end of a run journals."""
    with journal.reader() as reader:
        return run_scores(reader, plan, functions or {})


def fates(aggregate: Any) -> tuple[int, int, int, int, int]:
    """Expected, scored, failed, skipped, pending."""
    return (
        aggregate.expected,
        aggregate.scored,
        aggregate.failed,
        aggregate.skipped,
        aggregate.pending,
    )


def sliced(aggregate: AggregateSummary) -> dict[str, tuple[float | str | None, int, int]]:
    """Group to value, scored and expected."""
    return {part.group: (part.value, part.scored, part.expected) for part in aggregate.slices or ()}
