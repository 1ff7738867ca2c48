"""Run-level scores: the values of all aggregates, to be journalled before a run is closed."""

from collections.abc import Iterator, Mapping

from evalspec.analysis.aggregates import PYTHON
from evalspec.analysis.counts import Counts
from evalspec.analysis.item_results import PythonAggregate, call, coverage_of, gather
from evalspec.analysis.measuring import Measured, Measurement, measure
from evalspec.analysis.tally import read_tallies
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import Failure, RunScoreRecord, SliceRecord
from evalspec.kinds.evaluations import ItemResult
from evalspec.plan.model import Plan, PlanAggregate


def run_scores(
    reader: JournalReader, plan: Plan, python_aggregates: Mapping[str, PythonAggregate]
) -> list[RunScoreRecord]:
    """The value of every aggregate over all trials (`trial` None) and, where items repeat, over each number.

    `python_aggregates` are the functions of the `python` aggregates by name. They are called here, in this
    thread, once for each value.
    """
    scores = dict.fromkeys(one.score for one in plan.aggregates.values() if one.score is not None)
    measured = measure(reader, plan, {score: read_tallies(reader, plan, score) for score in scores})
    records: list[RunScoreRecord] = []
    for name, aggregate in plan.aggregates.items():
        if aggregate.function == PYTHON:
            records += _python(reader, plan, name, aggregate, python_aggregates[name])
        else:
            records += _computed(plan, name, aggregate, measured[name])
    return records


def _trials(plan: Plan) -> tuple[int | None, ...]:
    repeats = plan.task.repeats
    return (None, *range(repeats)) if repeats > 1 else (None,)


def _computed(
    plan: Plan, name: str, aggregate: PlanAggregate, found: Measurement
) -> Iterator[RunScoreRecord]:
    yield _record(name, None, aggregate, found.total, plan.task.repeats)
    for trial, measured in enumerate(found.per_trial):
        yield _record(name, trial, aggregate, measured, 1)


def _record(
    name: str, trial: int | None, aggregate: PlanAggregate, measured: Measured, trials: int
) -> RunScoreRecord:
    value = measured.value
    failure = None if value.number is not None else Failure("no_value", "", value.reason or "")
    slices = tuple(
        SliceRecord(part.group, part.value.number, coverage_of(part.counts, trials), part.value.reason)
        for part in measured.slices
    )
    coverage = coverage_of(measured.counts, trials)
    details = dict(value.details)
    return RunScoreRecord(
        name, trial, aggregate.data_type, value.number, coverage, failure, details=details, slices=slices
    )


def _python(
    reader: JournalReader, plan: Plan, name: str, aggregate: PlanAggregate, function: PythonAggregate
) -> Iterator[RunScoreRecord]:
    for trial in _trials(plan):
        trials = plan.task.repeats if trial is None else 1
        gathered = gather(reader, plan, trial, aggregate.by)
        given, comment = call(name, aggregate, function, gathered.results)
        value, failure = (None, given) if isinstance(given, Failure) else (given, None)
        slices = tuple(
            _slice(name, aggregate, function, group, results, counts, trials)
            for group, (results, counts) in gathered.groups.items()
        )
        coverage = coverage_of(gathered.counts, trials)
        yield RunScoreRecord(
            name, trial, aggregate.data_type, value, coverage, failure, comment, slices=slices
        )


def _slice(
    name: str,
    aggregate: PlanAggregate,
    function: PythonAggregate,
    group: str,
    results: list[ItemResult],
    counts: Counts,
    trials: int,
) -> SliceRecord:
    given, _ = call(name, aggregate, function, results)
    value, failure = (None, given.said) if isinstance(given, Failure) else (given, None)
    return SliceRecord(group, value, coverage_of(counts, trials), failure)
