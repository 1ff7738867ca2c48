"""The items of a run, one by one: what the task made of them, how it was scored, what is missing and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any, Literal

from pydantic import Field

from evalspec.analysis.parts import Part, moment
from evalspec.diagnostics.errors import UsageError
from evalspec.diagnostics.suggest import closest
from evalspec.journal.ids import score_id, trace_id
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import EvaluationRecord, EvaluationStatus, Failure
from evalspec.journal.rows import TrialRow
from evalspec.plan.model import Plan, PlanScore
from evalspec.plan.values import Item


class FailureDetail(Part):
    """Why something has no result."""

    kind: str = Field(description="A stable name of the reason, such as `exception` or `timeout`.")
    type: str = Field(description="The type of the exception, if there was one.")
    message: str = Field(description="One sentence.")
    outage: bool = Field(description="Whether a provider's outage is to blame rather than the subject.")


class ScoreDetail(Part):
    """One score of one trial."""

    id: str = Field(description="The score's id, in Langfuse too.")
    name: str = Field(description="Name of the score.")
    value: float | str = Field(description="The value; BOOLEAN ones are 0 or 1.")
    comment: str | None = Field(default=None, description="What the evaluator said about it.")
    metadata: dict[str, Any] | None = Field(default=None, description="What else it said.")
    imputed: bool = Field(default=False, description="Whether `on_task_failure` gave it.")


class EvaluationDetail(Part):
    """What one evaluator made of one trial."""

    evaluator: str = Field(description="Name of the evaluator; empty for scores that `on_task_failure` gave.")
    status: Literal["scored", "failed", "skipped"] = Field(description="What came of it.")
    scores: list[ScoreDetail] = Field(description="The scores it gave.")
    failure: FailureDetail | None = Field(default=None, description="Why it gave none.")


class ItemDetail(Part):
    """One trial of one item with everything that was recorded of it."""

    item: str = Field(description="The item's id.")
    trial: int = Field(ge=1, description="The trial number, from 1.")
    position: int = Field(ge=1, description="The item's place in the run, from 1.")
    item_digest: str = Field(description="Digest of the item's content.")
    status: Literal["completed", "failed", "pending"] = Field(description="What came of the task.")
    attempts: int = Field(ge=0, description="How often the task was called.")
    started_at: datetime | None = Field(default=None, description="When the last call began.")
    duration_seconds: float | None = Field(default=None, ge=0, description="How long the last call took.")
    trace_id: str = Field(description="The trial's trace.")
    input: Any = Field(default=None, description="The item's input.")
    expected_output: Any = Field(default=None, description="The item's expected output.")
    metadata: Any = Field(default=None, description="The item's metadata.")
    output: Any = Field(default=None, description="What the task gave.")
    failure: FailureDetail | None = Field(default=None, description="Why the task gave nothing.")
    evaluations: list[EvaluationDetail] = Field(description="What the evaluators made of it.")

    def scores(self) -> dict[str, ScoreDetail]:
        """The scores by name."""
        return {score.name: score for one in self.evaluations for score in one.scores}


class ItemList(Part):
    """Items of a run, in its order."""

    evalspec_items: Literal[1] = Field(default=1, description="Version of this format.")
    run: str = Field(description="The run's id.")
    matching: int = Field(ge=0, description="How many trials match.")
    items: list[ItemDetail] = Field(description="The first of them.")


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which trials are wanted; all conditions must hold.

    `failed`: the task or an evaluator failed. `below`: the score is there and smaller than this number
    (BOOLEAN: 0 or 1, CATEGORICAL: the value of the label). `item`: the item with this id.
    """

    failed: bool = False
    below: Mapping[str, float] = field(default_factory=dict)
    item: str | None = None


def item_list(
    reader: JournalReader, plan: Plan, wanted: ItemFilter | None = None, limit: int | None = None
) -> ItemList:
    """The recorded trials that match, at most `limit` of them.

    UsageError for a score or an item that the run does not have.
    """
    run_id = reader.header().run_id
    details: list[ItemDetail] = []
    matching = 0
    for outcome in _outcomes(reader, plan, wanted or ItemFilter()):
        matching += 1
        if limit is None or matching <= limit:
            details.append(_detail(run_id, outcome))
    return ItemList(run=run_id, matching=matching, items=details)


def item_details(reader: JournalReader, plan: Plan, wanted: ItemFilter | None = None) -> Iterator[ItemDetail]:
    """The recorded trials that match, in the items' order; of a single item also those still to be done."""
    run_id = reader.header().run_id
    for outcome in _outcomes(reader, plan, wanted or ItemFilter()):
        yield _detail(run_id, outcome)


def _outcomes(reader: JournalReader, plan: Plan, wanted: ItemFilter) -> Iterator["_Outcome"]:
    for name in wanted.below:
        _check_score(plan, name)
    found = _all(reader) if wanted.item is None else _one(reader, plan, wanted.item)
    return (outcome for outcome in found if _matches(outcome, wanted, plan))


def _check_score(plan: Plan, name: str) -> None:
    if name not in plan.scores:
        near = closest(name, plan.scores)
        raise UsageError(f"the run has no score `{name}`" + (f"; did you mean `{near}`?" if near else ""))


def _all(reader: JournalReader) -> Iterator["_Outcome"]:
    items = reader.items()
    position, item, digest = -1, None, None
    for row, records in reader.results():
        while position < row.position:
            position, item, digest = next(items)
        assert item is not None
        assert digest is not None
        yield _Outcome(position, row.trial, item, digest, row, records)


def _one(reader: JournalReader, plan: Plan, item_id: str) -> Iterator["_Outcome"]:
    position = reader.position_of(item_id)
    if position is None:
        near = closest(item_id, plan.dataset.items.ids)
        raise UsageError(f"the run has no item `{item_id}`" + (f"; did you mean `{near}`?" if near else ""))
    item, digest = reader.item(position)
    for trial in range(plan.task.repeats):
        row, records = reader.trial(position, trial), reader.evaluations(position, trial)
        yield _Outcome(position, trial, item, digest, row, records)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One trial as the journal has it; `row` is None for one that is still to be done."""

    position: int
    trial: int
    item: Item
    item_digest: str
    row: TrialRow | None
    records: list[EvaluationRecord]


def _matches(outcome: _Outcome, wanted: ItemFilter, plan: Plan) -> bool:
    if wanted.failed:
        task_failed = outcome.row is not None and outcome.row.failure is not None
        if not task_failed and all(record.failure is None for record in outcome.records):
            return False
    if not wanted.below:
        return True
    scores = {score.name: score.value for record in outcome.records for score in record.scores}
    return all(
        name in scores and _number(scores[name], plan.scores[name]) < bound
        for name, bound in wanted.below.items()
    )


def _number(value: float | str, score: PlanScore) -> float:
    """A value as a number; one that is none is below nothing."""
    return (score.categories or {}).get(value, inf) if isinstance(value, str) else value


def _detail(run_id: str, outcome: _Outcome) -> ItemDetail:
    item, trial, row = outcome.item, outcome.trial, outcome.row
    known: dict[str, Any] = {
        "item": item.id,
        "trial": trial + 1,
        "position": outcome.position + 1,
        "item_digest": outcome.item_digest,
        "trace_id": trace_id(run_id, item.id, trial),
        "input": item.input,
        "expected_output": item.expected_output,
        "metadata": item.metadata,
        "evaluations": [_evaluation(run_id, item.id, record) for record in outcome.records],
    }
    if row is None:
        return ItemDetail(**known, status="pending", attempts=0)
    return ItemDetail(
        **known,
        status="completed" if row.failure is None else "failed",
        attempts=row.attempt,
        started_at=moment(row.started_ns),
        duration_seconds=max(0, row.ended_ns - row.started_ns) / 1e9,
        output=row.output,
        failure=failure_detail(row.failure),
    )


def _evaluation(run_id: str, item_id: str, record: EvaluationRecord) -> EvaluationDetail:
    scores = [
        ScoreDetail(
            id=score_id(run_id, item_id, record.trial, score.name),
            name=score.name,
            value=score.value,
            comment=score.comment,
            metadata=score.metadata or None,
            imputed=score.imputed,
        )
        for score in record.scores
    ]
    status: Literal["scored", "failed", "skipped"] = {
        EvaluationStatus.SCORED: "scored",
        EvaluationStatus.FAILED: "failed",
        EvaluationStatus.SKIPPED: "skipped",
    }[record.status]  # type: ignore[assignment]  # a StrEnum's values are these texts
    return EvaluationDetail(
        evaluator=record.evaluator, status=status, scores=scores, failure=failure_detail(record.failure)
    )


def failure_detail(failure: Failure | None) -> FailureDetail | None:
    """A failure as a document has it."""
    if failure is None:
        return None
    return FailureDetail(kind=failure.kind, type=failure.type, message=failure.message, outage=failure.outage)
