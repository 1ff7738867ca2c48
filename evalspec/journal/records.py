"""What a run's journal holds, as plain records. Times are nanoseconds since 1970, UTC.

Records are not to be changed. Those of which there are several for each item do not forbid it, because making
one that does takes four times as long.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class RunStatus(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    INTERRUPTED = "interrupted"
    COMPLETED = "completed"


class TrialStatus(StrEnum):
    """What became of one trial of one item."""

    COMPLETED = "completed"
    FAILED = "failed"


class EvaluationStatus(StrEnum):
    """What became of one evaluator's look at one trial."""

    SCORED = "scored"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something has no result: a stable kind (`exception`, `timeout`, `too_large`, …), the exception's
    type, one sentence, and whether a provider's outage is to blame rather than the subject.
    """

    kind: str
    type: str
    message: str
    outage: bool = False

    @property
    def said(self) -> str:
        """The reason in words: the exception's type, if there was one, and the sentence."""
        return f"{self.type}: {self.message}" if self.type else self.message


@dataclass(frozen=True, slots=True)
class RunHeader:
    """What is known when a run starts and never changes.

    `environment` holds what belongs to a place or a moment: git commit, dirty flag, versions, host class.
    `deviations` says where the plan's digests did not match and the run went on because it was told to.
    """

    run_id: str
    name: str
    spec_name: str
    plan_digest: str
    root: str
    created_ns: int
    backend: str
    environment: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    deviations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """A span that user code made, as OTLP JSON bytes of one span without experiment attributes."""

    span_id: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """A failed attempt that another one followed; user code's spans of that attempt are its children."""

    attempt: int
    started_ns: int
    ended_ns: int
    failure: Failure


@dataclass(slots=True)
class TrialRecord:
    """The outcome of one trial: output or failure, with the spans of all attempts made in this session.

    `position` is the item's place in the plan from 0; `attempt` counts the calls of the task from 1, over
    resumes; `first_started_ns` is the start of the first attempt ever. `earlier` are this session's attempts
    before the last.
    """

    position: int
    trial: int
    status: TrialStatus
    attempt: int
    first_started_ns: int
    started_ns: int
    ended_ns: int
    output: Any = None
    output_digest: str | None = None
    failure: Failure | None = None
    spans: tuple[SpanRecord, ...] = ()
    earlier: tuple[AttemptRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class ScorePart:
    """The value of a score at one observation, which is named by its span id."""

    observation: str
    value: float | str
    comment: str | None = None


@dataclass(slots=True)
class ScoreRecord:
    """One score of one trial, checked against its config. `value` is a number (BOOLEAN: 0 or 1) or a string.

    `imputed` marks the value that `on_task_failure` gives to an item whose task failed. `parts` are the
    values at single observations where the score is attached to such.
    """

    name: str
    value: float | str
    comment: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    imputed: bool = False
    parts: tuple[ScorePart, ...] = ()


@dataclass(slots=True)
class EvaluationRecord:
    """The outcome of one evaluator on one trial; `evaluator` is empty for scores that `on_task_failure`
    gives.
    """

    position: int
    trial: int
    evaluator: str
    status: EvaluationStatus
    attempt: int
    started_ns: int
    ended_ns: int
    scores: tuple[ScoreRecord, ...] = ()
    failure: Failure | None = None
    spans: tuple[SpanRecord, ...] = ()
    earlier: tuple[AttemptRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class SliceRecord:
    """The value of an aggregate for one group of items, with its counts; `failure` says why there is none."""

    group: str
    value: float | str | None
    coverage: dict[str, Any] = field(default_factory=dict)
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class RunScoreRecord:
    """A run-level score: the value of an aggregate over one trial number, or (`trial` None) over all.

    `details` is what else its function says, as JSON; `slices` are the values for groups of items.
    """

    name: str
    trial: int | None
    data_type: str
    value: float | str | None
    coverage: dict[str, Any] = field(default_factory=dict)
    failure: Failure | None = None
    comment: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    slices: tuple[SliceRecord, ...] = ()
