"""What a session keeps at hand of a call while it is made: the part that is called, the attempts, the results
on their way to the journal.
"""

from typing import Any

from evalspec.journal.journal import Journal
from evalspec.journal.records import AttemptRecord, EvaluationRecord, Failure, SpanRecord, TrialRecord
from evalspec.plan.model import PlanEvaluator, PlanTask
from evalspec.runner.calls import Call

_INSTANT_NS = 1_000_000

_OWN_KINDS = ("evalspec.tasks.", "evalspec.evaluators.")


class CallPart:
    """A task or an evaluator, as far as calling it goes."""

    __slots__ = ("blocking", "call", "name", "observes", "timeout", "traced")

    def __init__(
        self, name: str, call: Any, plan: PlanTask | PlanEvaluator, timeout: float | None, *, capture: bool
    ) -> None:
        self.name = name
        self.call = call
        self.blocking: bool = call.blocking
        self.timeout = timeout
        # Whether it records observations of its own.
        self.observes: bool = getattr(call, "observes", False)
        # Kinds of our own that call no code of the user's make no other spans.
        own = type(call).__module__.startswith(_OWN_KINDS) and plan.code is None and not plan.codes
        # A plug-in's kind is `vendor:kind`: code of somebody else's stands behind it.
        own = own and ":" not in plan.type
        self.traced = capture and not own


class History:
    """The attempts of one session at one thing."""

    __slots__ = ("attempt", "earlier", "repetitions", "spans")

    def __init__(self, attempts: int) -> None:
        self.attempt = attempts + 1
        self.repetitions = 0
        self.earlier: list[AttemptRecord] = []
        self.spans: tuple[SpanRecord, ...] = ()

    def again(self, call: Call, failure: Failure) -> None:
        """Note a failed attempt that another one follows."""
        self.earlier.append(AttemptRecord(self.attempt, call.started_ns, call.ended_ns, failure))
        self.attempt += 1
        self.repetitions += 1


class Kept:
    """Results of one trial on their way to the journal.

    Each goes there at once, except that those which took no time worth speaking of wait for the next: a call
    of the journal for each would cost more than they did.
    """

    __slots__ = ("_journal", "_records")

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._records: list[TrialRecord | EvaluationRecord] = []

    def add(self, record: TrialRecord | EvaluationRecord) -> bool:
        """Whether to `put` now."""
        self._records.append(record)
        return record.ended_ns - record.started_ns > _INSTANT_NS or bool(record.earlier)

    async def put(self) -> None:
        if self._records:
            records, self._records = self._records, []
            await self._journal.put(*records)


class Counts:
    """What a session has done so far."""

    __slots__ = ("completed", "evaluations_failed", "failed", "retries", "superseded")

    def __init__(self) -> None:
        self.completed = 0
        self.failed = 0
        self.evaluations_failed = 0
        self.retries = 0
        self.superseded = 0
        """Failures of earlier sessions that this one has tried again."""
