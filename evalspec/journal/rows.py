"""What is read from a journal, beyond the records that were put into it.

As with records, nothing here is to be changed, and what there is of each item does not forbid it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from evalspec.journal.records import AttemptRecord, EvaluationRecord, Failure, SpanRecord, TrialStatus
from evalspec.plan.values import Item


@dataclass(slots=True)
class TrialRow:
    """The last committed outcome of one trial, without its spans."""

    position: int
    trial: int
    item_id: str
    status: TrialStatus
    attempt: int
    first_started_ns: int
    started_ns: int
    ended_ns: int
    output: Any
    output_digest: str | None
    failure: Failure | None


class Unfinished(NamedTuple):
    """What is left to do for one trial.

    With `run_task` the task has to be called, and every evaluator after it; otherwise `output` is the
    committed output. `attempts` counts the calls of the task so far, the first of which began at
    `first_started_ns`. `evaluators` maps each evaluator to be called to the number of its calls so far.
    `size` is about how many bytes item and output take. Where the task was done before, `started_ns` and
    `ended_ns` are its call's, `spans` what it recorded, and `evaluations` what became of the evaluators so
    far.
    """

    position: int
    trial: int
    item: Item
    run_task: bool
    attempts: int
    first_started_ns: int | None
    output: Any
    evaluators: Mapping[str, int]
    size: int
    started_ns: int = 0
    ended_ns: int = 0
    spans: tuple[SpanRecord, ...] = ()
    evaluations: tuple[EvaluationRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A score that `on_task_failure` gave to a trial which was tried again since, or (`item_id` None) the
    run-level score of an aggregate that had a value before; it may have been sent.

    `given_ns` is the time that the score of a trial was first sent with. A server was asked to delete it at
    `asked_ns`, never where that is 0. `replaced` where there is a score now that goes to the server under the
    same id. `trial` and `name` are those of the score, `position` the item's.
    """

    item_id: str | None
    trial: int | None
    name: str
    given_ns: int
    asked_ns: int
    replaced: bool
    position: int = 0


@dataclass(slots=True)
class CompletedTrial:
    """A trial of which everything is recorded, whole, for publication.

    `completion` is its number in order of completion; another attempt of anything in it gives it a new
    number. `earlier` and `task_spans` cover all attempts of the task, in order; each evaluation's `earlier`
    and `spans` cover all attempts of that evaluator. `withdrawn` has what an earlier attempt left behind, by
    the score's name. `spans_sent`, `scores_sent` and `confirmed` are the
    marks made so far.
    """

    completion: int
    position: int
    trial: int
    item: Item
    item_digest: str
    row: TrialRow
    earlier: tuple[AttemptRecord, ...]
    task_spans: tuple[SpanRecord, ...]
    evaluations: tuple[EvaluationRecord, ...]
    withdrawn: Mapping[str, Withdrawn] = field(default_factory=dict)
    spans_sent: bool = False
    scores_sent: bool = False
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class TrialCounts:
    """How many trials the task completed and how many it failed."""

    completed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class EvaluationCounts:
    """What became of the trials one evaluator looked at."""

    scored: int = 0
    failed: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class FailureKind:
    """Failures of one kind and exception type: how many, and one example with the place it came from."""

    kind: str
    type: str
    count: int
    outages: int
    message: str
    item_id: str
    trial: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something a server would not take, however often it is sent.

    `kind` is "span" (id of the span), "score" or "run_score" (id of the score), or "withdrawal" (id of a
    score that the server should have deleted); `item_id` is None for run scores, `trial` None for a score
    over all trials; `name` is the score's.
    """

    kind: str
    id: str
    item_id: str | None
    trial: int | None
    name: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """How far the delivery of one sort of thing has come.

    `complete` are ready to be sent; of these `refused` were refused for good, `sent` were accepted, of which
    `confirmed` were read back, and `pending` are still to be sent.
    """

    complete: int = 0
    sent: int = 0
    confirmed: int = 0
    refused: int = 0
    pending: int = 0


@dataclass(frozen=True, slots=True)
class PublicationCounts:
    """Delivery of the spans, counted in trials, and of the scores, run-level ones included."""

    spans: DeliveryCounts = DeliveryCounts()
    scores: DeliveryCounts = DeliveryCounts()


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run of a store. `problem` says in a sentence why its record cannot be read; little else is known
    then.
    """

    run_id: str
    name: str = ""
    spec_name: str = ""
    status: str = ""
    created_ns: int = 0
    items: int = 0
    trials: TrialCounts = TrialCounts()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None
