"""Run-level scores: the values of all aggregates, to be journalled before a run is closed."""

from collections.abc import Iterator, Mapping

from evalspec.analysis.aggregates import compute
from evalspec.analysis.item_results import PythonAggregate, call, coverage_of, gather
from evalspec.analysis.tally import Tally, read_tallies, together
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import Failure, RunScoreRecord
from evalspec.plan.model import Plan, PlanAggregate


def run_scores(
    reader: JournalReader, plan: Plan, python_aggregates: Mapping[str, PythonAggregate]
) -> list[RunScoreRecord]:
    """The value of every aggregate over all trials (`trial` None) and, where items repeat, over each number.

    `python_aggregates` are the functions of the `python` aggregates by name. They are called here, in this
    thread, once for each value.
    """
    tallies: dict[str, list[Tally]] = {}
    records: list[RunScoreRecord] = []
    for name, aggregate in plan.aggregates.items():
        if aggregate.score is None:
            records += _python(reader, plan, name, aggregate, python_aggregates[name])
        else:
            if aggregate.score not in tallies:
                tallies[aggregate.score] = read_tallies(reader, plan, aggregate.score)
            records += _computed(plan, name, aggregate, tallies[aggregate.score])
    return records


def _trials(plan: Plan) -> tuple[int | None, ...]:
    repeats = plan.task.repeats
    return (None, *range(repeats)) if repeats > 1 else (None,)


def _computed(
    plan: Plan, name: str, aggregate: PlanAggregate, tallies: list[Tally]
) -> Iterator[RunScoreRecord]:
    assert aggregate.score is not None
    for trial in _trials(plan):
        tally = together(plan.scores[aggregate.score], tallies) if trial is None else tallies[trial]
        value = compute(aggregate.function, aggregate.fields, tally.sample)
        failure = None if value.number is not None else Failure("no_value", "", value.reason or "")
        coverage = coverage_of(tally.counts, len(tallies) if trial is None else 1)
        yield RunScoreRecord(name, trial, aggregate.data_type, value.number, coverage, failure)


def _python(
    reader: JournalReader, plan: Plan, name: str, aggregate: PlanAggregate, function: PythonAggregate
) -> Iterator[RunScoreRecord]:
    for trial in _trials(plan):
        results, counts = gather(reader, plan, trial)
        given, comment = call(name, aggregate, function, results)
        value, failure = (None, given) if isinstance(given, Failure) else (given, None)
        coverage = coverage_of(counts, plan.task.repeats if trial is None else 1)
        yield RunScoreRecord(name, trial, aggregate.data_type, value, coverage, failure, comment)
