"""The aggregates of a run's summary."""

from collections.abc import Mapping
from typing import Any, Final

from evalspec.analysis.aggregates import PYTHON, Range
from evalspec.analysis.counts import Counts
from evalspec.analysis.item_results import counts_of
from evalspec.analysis.measuring import Measured, Measurement, measure
from evalspec.analysis.summary import AggregateSummary, FailureSummary, SliceValue, TrialValue
from evalspec.analysis.tally import Tally
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import RunScoreRecord
from evalspec.journal.rows import FailureKind
from evalspec.plan.model import Plan, PlanAggregate

_NOT_COMPUTED: Final = "it is computed when the run is complete"
SHOWN_FAILURES: Final = 5
"""How many kinds of failures are listed of each thing."""

Records = Mapping[tuple[str, int | None], RunScoreRecord]
"""The run-level scores that were journalled, by name and trial."""


def aggregate_summaries(
    reader: JournalReader, plan: Plan, tallies: Mapping[str, list[Tally]], records: Records
) -> dict[str, AggregateSummary]:
    """Every aggregate of a plan, by name; `tallies` are those of its scores."""
    measured = measure(reader, plan, tallies)
    items = reader.item_count()
    return {
        name: _recorded(plan, name, aggregate, records, items)
        if aggregate.function == PYTHON
        else _computed(plan, aggregate, measured[name])
        for name, aggregate in plan.aggregates.items()
    }


def result_counts(counts: Counts) -> dict[str, Any]:
    """Counts as the fields of `ResultCounts`."""
    return {
        "expected": counts.expected,
        "scored": counts.scored,
        "failed": counts.failed,
        "skipped": counts.skipped,
        "pending": max(0, counts.pending),
        "imputed": counts.imputed,
        "coverage": min(1.0, counts.coverage),
    }


def failure_summary(source: str, kind: FailureKind) -> FailureSummary:
    """One kind of failure of a `source`."""
    return FailureSummary.model_validate(
        {
            "source": source,
            "kind": kind.kind,
            "type": kind.type,
            "message": kind.message,
            "count": kind.count,
            "item": kind.item_id,
            "trial": kind.trial + 1,
            "outages": kind.outages,
        }
    )


def _computed(plan: Plan, aggregate: PlanAggregate, found: Measurement) -> AggregateSummary:
    total = found.total
    per_trial = [
        TrialValue(trial=trial, **_value(measured)) for trial, measured in enumerate(found.per_trial, start=1)
    ]
    slices = [
        SliceValue(
            group=part.group,
            **result_counts(part.counts),
            **_cases(part.cases),
            value=part.value.number,
            failure=part.value.reason,
        )
        for part in total.slices
    ]
    return AggregateSummary(
        **_value(total),
        **_about(aggregate),
        score=aggregate.score,
        details=dict(total.value.details) or None,
        failures=[failure_summary("aggregate", kind) for kind in found.failures[:SHOWN_FAILURES]],
        trials=plan.task.repeats,
        per_trial=per_trial or None,
        slices=slices if aggregate.by is not None else None,
    )


def _about(aggregate: PlanAggregate) -> dict[str, Any]:
    return {
        "function": aggregate.function,
        "parameters": aggregate.fields or None,
        "data_type": aggregate.data_type,
        "by": aggregate.by,
    }


def _value(measured: Measured) -> dict[str, Any]:
    return {
        **result_counts(measured.counts),
        **_cases(measured.cases),
        "value": measured.value.number,
        "failure": measured.value.reason,
    }


def _cases(cases: Range) -> dict[str, Any]:
    return {"worst_case": cases[0], "best_case": cases[1]}


def _recorded(
    plan: Plan, name: str, aggregate: PlanAggregate, records: Records, items: int
) -> AggregateSummary:
    repeats = plan.task.repeats
    record = records.get((name, None))
    per_trial = None
    if repeats > 1:
        per_trial = [
            TrialValue(trial=trial + 1, **_journalled(records.get((name, trial)), items))
            for trial in range(repeats)
        ]
    slices = [
        SliceValue(
            group=part.group,
            **result_counts(counts_of(part.coverage)),
            value=part.value,
            failure=part.failure,
        )
        for part in (record.slices if record is not None else ())
    ]
    return AggregateSummary(
        **_journalled(record, items * repeats),
        **_about(aggregate),
        comment=None if record is None else record.comment,
        trials=repeats,
        per_trial=per_trial,
        slices=slices if record is not None and aggregate.by is not None else None,
    )


def _journalled(record: RunScoreRecord | None, expected: int) -> dict[str, Any]:
    """Value and counts of a journalled run score; without one everything is pending."""
    if record is None:
        return {**result_counts(Counts(expected)), "failure": _NOT_COMPUTED}
    why = None if record.failure is None else record.failure.said
    return {**result_counts(counts_of(record.coverage)), "value": record.value, "failure": why}
