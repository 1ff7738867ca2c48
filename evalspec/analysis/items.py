"""The items of a run, one by one: what the task made of them, how it was scored, what is missing and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from evalspec.analysis.parts import Part, moment
from evalspec.diagnostics.errors import UsageError
from evalspec.diagnostics.suggest import closest
from evalspec.journal.ids import score_id, trace_id
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import EvaluationRecord, EvaluationStatus, Failure
from evalspec.journal.rows import TrialRow
from evalspec.plan.model import Plan
from evalspec.plan.values import Item, ItemDigests


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
    details: list[ItemDetail] = []
    matching = 0
    for detail in item_details(reader, plan, wanted):
        matching += 1
        if limit is None or matching <= limit:
            details.append(detail)
    return ItemList(run=reader.header().run_id, matching=matching, items=details)


def item_details(reader: JournalReader, plan: Plan, wanted: ItemFilter | None = None) -> Iterator[ItemDetail]:
    """The recorded trials that match, in the items' order; of a single item also those still to be done."""
    wanted = wanted or ItemFilter()
    for name in wanted.below:
        _check_score(plan, name)
    for detail in _one(reader, plan, wanted.item) if wanted.item is not None else _all(reader):
        if _matches(detail, wanted, plan):
            yield detail


def _check_score(plan: Plan, name: str) -> None:
    if name not in plan.scores:
        near = closest(name, plan.scores)
        raise UsageError(f"the run has no score `{name}`" + (f"; did you mean `{near}`?" if near else ""))


def _all(reader: JournalReader) -> Iterator[ItemDetail]:
    run_id = reader.header().run_id
    items = reader.items()
    position, item, digests = -1, None, None
    for row in reader.trials():
        while position < row.position:
            position, item, digests = next(items)
        assert item is not None
        assert digests is not None
        yield _detail(run_id, item, digests, row, reader.evaluations(row.position, row.trial))


def _one(reader: JournalReader, plan: Plan, item_id: str) -> Iterator[ItemDetail]:
    position = reader.position_of(item_id)
    if position is None:
        near = closest(item_id, plan.dataset.items.ids)
        raise UsageError(f"the run has no item `{item_id}`" + (f"; did you mean `{near}`?" if near else ""))
    run_id = reader.header().run_id
    item, digests = reader.item(position)
    for trial in range(plan.task.repeats):
        row = reader.trial(position, trial)
        if row is None:
            yield ItemDetail(
                item=item.id,
                trial=trial + 1,
                position=position + 1,
                item_digest=digests.item,
                status="pending",
                attempts=0,
                trace_id=trace_id(run_id, item.id, trial),
                input=item.input,
                expected_output=item.expected_output,
                metadata=item.metadata,
                evaluations=[],
            )
        else:
            yield _detail(run_id, item, digests, row, reader.evaluations(position, trial))


def _matches(detail: ItemDetail, wanted: ItemFilter, plan: Plan) -> bool:
    broken = detail.status == "failed" or any(one.status == "failed" for one in detail.evaluations)
    if wanted.failed and not broken:
        return False
    scores = detail.scores()
    for name, bound in wanted.below.items():
        score = scores.get(name)
        if score is None:
            return False
        value = score.value
        if isinstance(value, str):
            categories = plan.scores[name].categories or {}
            if value not in categories:
                return False
            value = categories[value]
        if not value < bound:
            return False
    return True


def _detail(
    run_id: str, item: Item, digests: ItemDigests, row: TrialRow, records: list[EvaluationRecord]
) -> ItemDetail:
    return ItemDetail.model_validate(
        {
            "item": item.id,
            "trial": row.trial + 1,
            "position": row.position + 1,
            "item_digest": digests.item,
            "status": str(row.status),
            "attempts": row.attempt,
            "started_at": moment(row.started_ns),
            "duration_seconds": max(0, row.ended_ns - row.started_ns) / 1e9,
            "trace_id": trace_id(run_id, item.id, row.trial),
            "input": item.input,
            "expected_output": item.expected_output,
            "metadata": item.metadata,
            "output": row.output,
            "failure": failure_detail(row.failure),
            "evaluations": [_evaluation(run_id, item.id, record) for record in records],
        }
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
