"""A run's summary, made from its journal."""

import shlex
from collections.abc import Mapping
from typing import Any

from evalspec.analysis.aggregate_summaries import (
    SHOWN_FAILURES,
    aggregate_summaries,
    failure_summary,
    result_counts,
)
from evalspec.analysis.aggregates import PYTHON, compute, extremes
from evalspec.analysis.exits import exit_code, in_order, publication_reasons, run_reasons
from evalspec.analysis.gates import check_gate
from evalspec.analysis.model_usage import model_usage
from evalspec.analysis.parts import moment
from evalspec.analysis.publication import PublicationState, summarize_publication
from evalspec.analysis.summary import (
    AggregateSummary,
    ExperimentSummary,
    FailureSummary,
    GateSummary,
    HowTo,
    PublicationSummary,
    RunInfo,
    RunSummary,
    ScoreSummary,
    TrialCounts,
    WorkCounts,
)
from evalspec.analysis.tally import Tally, evaluator_of, read_tallies, together
from evalspec.journal.ids import experiment_id
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import RunHeader, RunScoreRecord
from evalspec.plan.model import Plan, PlanScore

_VALUE_FUNCTIONS = {"NUMERIC": "mean", "BOOLEAN": "rate"}
STOPPED_BY = "stopped_by"
"""What the journal keeps of a session that ended early: the name of what ended it."""
RESUMED_WITH = "resumed_with"
"""What the journal keeps of a run that was resumed although its code had changed."""


def summarize(
    reader: JournalReader,
    plan: Plan,
    publication: PublicationState | None = None,
    *,
    require_published: bool = False,
) -> RunSummary:
    """What the journal holds of a run, as one document; also of a run that is not finished.

    Aggregates and gates are computed here, but for `python` aggregates, whose values are those that were
    journalled. `publication` is the outcome of a publication that has just taken place; otherwise the marks
    in the journal count. With `require_published`, what has not reached the server is a reason for an exit
    code.
    """
    header, status = reader.header(), reader.status()
    tallies = {name: read_tallies(reader, plan, name) for name in plan.scores}
    totals = {name: together(plan.scores[name], parts) for name, parts in tallies.items()}
    trials = _trial_counts(reader, plan)
    scores = {name: _score(reader, plan, name, total) for name, total in totals.items()}
    records = {(record.name, record.trial): record for record in reader.run_scores()}
    aggregates = aggregate_summaries(reader, plan, tallies, records)
    gates = _gates(plan, aggregates)
    published = summarize_publication(reader, header, publication)
    broken = _broken(plan, records)
    stopped_by = reader.meta(STOPPED_BY)
    reasons = run_reasons(plan, status, trials, scores, aggregates, gates, broken, stopped_by)
    reasons += publication_reasons(published, required=require_published)
    reasons = in_order(reasons)
    failed = trials.failed or broken or any(score.failed for score in scores.values())
    return RunSummary(
        run=_run_info(reader, plan, header, status),
        items=_item_counts(reader, plan, trials),
        trials=trials,
        scores=scores,
        aggregates=aggregates,
        gates=gates,
        models=model_usage(reader, plan.models),
        publication=published,
        reasons=reasons,
        exit_code=exit_code(reasons),
        how_to=_how_to(plan, header.run_id, status, bool(failed), scores, published),
    )


def _run_info(reader: JournalReader, plan: Plan, header: RunHeader, status: str) -> RunInfo:
    started, ended = reader.started_ns(), reader.ended_ns()
    repeats = plan.task.repeats
    return RunInfo.model_validate(
        {
            "id": header.run_id,
            "name": header.name,
            "spec": header.spec_name,
            "status": str(status),
            "plan_digest": header.plan_digest,
            "backend": header.backend,
            "created_at": moment(header.created_ns),
            "started_at": None if started is None else moment(started),
            "ended_at": None if ended is None else moment(ended),
            "duration_seconds": None
            if started is None or ended is None
            else max(0.0, round((ended - started) / 1e9, 6)),
            "repeats": repeats,
            "experiments": experiments(header, repeats),
            "metadata": header.metadata or None,
            "environment": header.environment,
            "deviations": deviations_of(reader),
        }
    )


def deviations_of(reader: JournalReader) -> list[str]:
    """Where the world did not match the plan: when the run began, and when it was resumed."""
    return [*reader.header().deviations, *(reader.meta(RESUMED_WITH) or ())]


def experiments(header: RunHeader, repeats: int) -> list[ExperimentSummary]:
    """The experiments of a run as Langfuse names them."""
    return [
        ExperimentSummary(
            id=experiment_id(header.run_id, trial),
            name=header.name if repeats == 1 else f"{header.name} · trial {trial + 1}",
            trial=trial + 1,
        )
        for trial in range(repeats)
    ]


def _trial_counts(reader: JournalReader, plan: Plan) -> TrialCounts:
    counts = reader.trial_counts()
    expected = reader.item_count() * plan.task.repeats
    return TrialCounts(
        expected=expected,
        completed=counts.completed,
        failed=counts.failed,
        skipped=max(0, expected - counts.completed - counts.failed),
        failures=[failure_summary("task", kind) for kind in reader.failure_kinds(limit=SHOWN_FAILURES)],
    )


def _item_counts(reader: JournalReader, plan: Plan, trials: TrialCounts) -> WorkCounts:
    """Items by the fate of all of their trials."""
    items, repeats = reader.item_count(), plan.task.repeats
    if repeats == 1:
        return WorkCounts(**trials.model_dump(exclude={"failures"}))
    completed = failed = 0
    position, done, broken = -1, 0, False
    for row in reader.trials():
        if row.position != position:
            completed, failed = completed + (done == repeats and not broken), failed + broken
            position, done, broken = row.position, 0, False
        done += 1
        broken = broken or row.failure is not None
    completed, failed = completed + (done == repeats and not broken), failed + broken
    return WorkCounts(expected=items, completed=completed, failed=failed, skipped=items - completed - failed)


def _score(reader: JournalReader, plan: Plan, name: str, tally: Tally) -> ScoreSummary:
    score, evaluator = plan.scores[name], evaluator_of(plan, name)
    function = _VALUE_FUNCTIONS.get(score.data_type)
    failures: list[FailureSummary] = []
    if evaluator is not None:
        kinds = reader.failure_kinds(evaluator, limit=SHOWN_FAILURES)
        failures = [failure_summary("evaluator", kind) for kind in kinds]
        if score.on_task_failure == "missing":
            failures += [failure_summary("task", kind) for kind in reader.failure_kinds(limit=SHOWN_FAILURES)]
        failures = sorted(failures, key=lambda failure: -failure.count)[:SHOWN_FAILURES]
    return ScoreSummary(
        **result_counts(tally.counts),
        **_extremes(function or "", score, tally),
        data_type=score.data_type,
        direction=score.direction,
        evaluator=evaluator,
        value=compute(function, {}, tally.sample).number if function else None,
        distribution=tally.sample.distribution() if score.data_type == "CATEGORICAL" else None,
        failures=failures,
    )


def _extremes(function: str, score: PlanScore, tally: Tally) -> dict[str, Any]:
    worst, best = extremes(function, score, tally.sample, tally.counts)
    return {"worst_case": worst, "best_case": best}


def _broken(plan: Plan, records: Mapping[tuple[str, int | None], RunScoreRecord]) -> dict[str, str]:
    """The Python aggregates that failed, and why. One that gave None has chosen so."""
    return {
        name: record.failure.said
        for (name, _), record in records.items()
        if record.failure is not None
        and record.failure.kind != "no_value"
        and plan.aggregates[name].function == PYTHON
    }


def _gates(plan: Plan, aggregates: Mapping[str, AggregateSummary]) -> dict[str, GateSummary]:
    gates = {}
    for name, gate in plan.gates.items():
        aggregate = aggregates[gate.aggregate]
        result = check_gate(gate, aggregate.value, aggregate.coverage, aggregate.failure)
        gates[name] = GateSummary(
            passed=result.passed,
            aggregate=gate.aggregate,
            value=result.value,
            bound=result.bound,
            min=gate.min,
            max=gate.max,
            min_coverage=gate.min_coverage,
            coverage=result.coverage,
            reason=result.reason,
        )
    return gates


def _how_to(
    plan: Plan,
    run_id: str,
    status: str,
    failed: bool,
    scores: Mapping[str, ScoreSummary],
    publication: PublicationSummary,
) -> list[HowTo]:
    steps = []
    if status == "interrupted":
        steps.append(HowTo(why="finish the run", command=f"evalspec resume {run_id}"))
    elif failed and status == "completed":
        steps.append(HowTo(why="try again what failed", command=f"evalspec resume {run_id} --retry-errors"))
    if publication.pending and status != "running":
        steps.append(HowTo(why="publish the rest", command=f"evalspec publish {run_id}"))
    steps.append(HowTo(why="look at the items", command=f"evalspec show {run_id}"))
    ids = plan.dataset.items.ids
    if ids and scores:
        place = shlex.quote(f"{run_id}:{ids[0]}:{next(iter(scores))}")
        steps.append(HowTo(why="explain a score", command=f"evalspec explain {place}"))
    return steps
