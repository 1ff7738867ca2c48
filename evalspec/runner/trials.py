"""One trial: call the task, keep what came of it, let the evaluators look at it, keep what they say."""

from collections.abc import Callable, Mapping, Sequence
from contextvars import Context, copy_context
from functools import partial
from typing import Any

import anyio

from evalspec.evaluators.base import Evaluator, Subject
from evalspec.journal.ids import CallKey
from evalspec.journal.journal import Journal
from evalspec.journal.records import (
    AttemptRecord,
    EvaluationRecord,
    EvaluationStatus,
    Failure,
    ScoreRecord,
    SpanRecord,
    TrialRecord,
    TrialStatus,
)
from evalspec.journal.rows import Unfinished
from evalspec.kinds.wording import message_of
from evalspec.plan.canonical import digest
from evalspec.plan.model import Plan, PlanEvaluator, PlanTask
from evalspec.runner.calls import Call, Clock, call_on_loop
from evalspec.runner.failures import failure_of, is_worth_another_try, timeout_failure
from evalspec.runner.hops import BlockingCaller
from evalspec.runner.ports import SpanCapture
from evalspec.runner.retrying import Backoff
from evalspec.runner.scoring import InvalidScore, ScoreChecker, imputed_scores
from evalspec.runner.watchdog import Watchdog
from evalspec.tasks.base import Task

Normalise = Callable[[Any], Any]

_INSTANT_NS = 1_000_000

_OWN_KINDS = ("evalspec.tasks.", "evalspec.evaluators.")


class _Part:
    """A task or an evaluator, as far as calling it goes."""

    __slots__ = ("blocking", "call", "name", "timeout", "traced")

    def __init__(
        self, name: str, call: Any, plan: PlanTask | PlanEvaluator, timeout: float | None, *, capture: bool
    ) -> None:
        self.name = name
        self.call = call
        self.blocking: bool = call.blocking
        self.timeout = timeout
        # Kinds of our own that call no code of the user's make no spans.
        own = type(call).__module__.startswith(_OWN_KINDS) and plan.code is None
        self.traced = capture and not own


class _History:
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


class _Kept:
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


class Trials:
    """Carries out trials of one run."""

    def __init__(
        self,
        plan: Plan,
        journal: Journal,
        task: Task,
        evaluators: Mapping[str, Evaluator],
        *,
        capture: SpanCapture | None,
        blocking: BlockingCaller,
        watchdog: Watchdog,
        thread_context: Context,
        normalise: Normalise,
        backoff: Backoff,
        clock: Clock,
    ) -> None:
        traced = capture is not None
        limit = plan.limits.timeout
        timeouts = [seconds for seconds in (plan.task.timeout, limit) if seconds is not None]
        self._task = _Part("", task, plan.task, min(timeouts, default=None), capture=traced)
        self._evaluators = [
            _Part(name, evaluators[name], part, limit, capture=traced)
            for name, part in plan.evaluators.items()
        ]
        self._checkers = {
            name: ScoreChecker(part, plan.scores, normalise) for name, part in plan.evaluators.items()
        }
        self._imputed = imputed_scores(plan)
        self._retries = plan.limits.retries
        self._journal = journal
        self._run_id = journal.header.run_id
        self._capture = capture
        self._blocking = blocking
        self._watchdog = watchdog
        self._thread_context = thread_context
        self._normalise = normalise
        self._backoff = backoff
        self._clock = clock
        self.counts = Counts()

    async def carry_out(self, work: Unfinished) -> bool:
        """Do what is left of one trial; False if something in it failed."""
        output = work.output
        kept = _Kept(self._journal)
        if work.run_task:
            record = await self._run_task(work)
            self.counts.superseded += work.attempts > 0
            if record.status is TrialStatus.FAILED:
                self.counts.failed += 1
                await self._journal.put(record, *self._imputed_for(record))
                return False
            self.counts.completed += 1
            if kept.add(record):
                await kept.put()
            output = record.output
        fine = await self._evaluate(work, output, kept)
        await kept.put()
        return fine

    # The task

    async def _run_task(self, work: Unfinished) -> TrialRecord:
        history = _History(work.attempts)
        function = partial(self._task.call, work.item, work.trial)
        first = work.first_started_ns
        while True:
            call = self._call(self._task, function)
            await self._make(self._task, call, self._key(work, self._task, history))
            history.spans += call.spans
            first = call.started_ns if first is None else first
            output, output_digest, failure = self._output(call)
            if failure is None or not await self._again(call, failure, history):
                break
        return TrialRecord(
            work.position,
            work.trial,
            TrialStatus.COMPLETED if failure is None else TrialStatus.FAILED,
            history.attempt,
            first,
            call.started_ns,
            call.ended_ns,
            output,
            output_digest,
            failure,
            history.spans,
            tuple(history.earlier),
        )

    def _output(self, call: Call) -> tuple[Any, str | None, Failure | None]:
        failure = self._failure(self._task, call)
        if failure is not None:
            return None, None, failure
        try:
            output = self._normalise(call.value)
            return output, digest("output", output), None
        except Exception as error:  # noqa: BLE001 - properties of user objects are read here
            return None, None, Failure("output_not_json", type(error).__name__, message_of(error))

    def _imputed_for(self, record: TrialRecord) -> Sequence[EvaluationRecord]:
        """The scores that a failed task has all the same."""
        if not self._imputed:
            return ()
        imputed = EvaluationRecord(
            record.position,
            record.trial,
            "",
            EvaluationStatus.SCORED,
            record.attempt,
            record.ended_ns,
            record.ended_ns,
            self._imputed,
        )
        return (imputed,)

    # The evaluators

    async def _evaluate(self, work: Unfinished, output: Any, kept: _Kept) -> bool:
        subject = Subject(work.item, output, work.trial)
        fine = True
        blocking: list[tuple[_Part, _History]] = []
        for part in self._evaluators:
            attempts = work.evaluators.get(part.name)
            if attempts is None:
                continue
            history = _History(attempts)
            if part.blocking:
                blocking.append((part, history))
            else:
                fine &= await self._evaluate_on_loop(work, subject, part, history, kept)
        if blocking:
            await kept.put()
            fine &= await self._evaluate_in_thread(work, subject, blocking, kept)
        return fine

    async def _evaluate_on_loop(
        self, work: Unfinished, subject: Subject, part: _Part, history: _History, kept: _Kept
    ) -> bool:
        function = partial(part.call, subject)
        while True:
            call = self._call(part, function)
            key = self._key(work, part, history)
            await call_on_loop(call, part.timeout, self._watchdog, self._capture, key)
            history.spans += call.spans
            scores, failure = self._scores(part, call)
            if failure is None or not await self._again(call, failure, history):
                if kept.add(self._record(work, part, call, history, scores, failure)):
                    await kept.put()
                return failure is None

    async def _evaluate_in_thread(
        self,
        work: Unfinished,
        subject: Subject,
        parts: list[tuple[_Part, _History]],
        kept: _Kept,
    ) -> bool:
        """All blocking evaluators of a trial share a thread; those to be repeated do so together, later."""
        fine = True
        while parts:
            calls = [
                (part, history, self._call(part, partial(part.call, subject))) for part, history in parts
            ]
            await self._blocking.run(
                [(call, self._key(work, part, history)) for part, history, call in calls],
                parts[0][0].timeout,
            )
            repeated: list[tuple[_Part, _History]] = []
            longest = 0.0
            for part, history, call in calls:
                history.spans += call.spans
                scores, failure = self._scores(part, call)
                delay = None if failure is None else self._delay(call, history)
                if failure is None or delay is None:
                    fine &= failure is None
                    kept.add(self._record(work, part, call, history, scores, failure))
                else:
                    history.again(call, failure)
                    repeated.append((part, history))
                    longest = max(longest, delay)
            await kept.put()
            if repeated:
                self.counts.retries += len(repeated)
                await anyio.sleep(longest)
            parts = repeated
        return fine

    def _scores(self, part: _Part, call: Call) -> tuple[tuple[ScoreRecord, ...], Failure | None]:
        failure = self._failure(part, call)
        if failure is not None:
            return (), failure
        try:
            return self._checkers[part.name].check(call.value), None
        except InvalidScore as error:
            return (), Failure("invalid_score", "InvalidScore", message_of(error))
        except Exception as error:  # noqa: BLE001 - an evaluator of another kind may return anything
            message = f"the evaluator did not return scores: {message_of(error)}"
            return (), Failure("invalid_result", type(error).__name__, message)

    def _record(
        self,
        work: Unfinished,
        part: _Part,
        call: Call,
        history: _History,
        scores: tuple[ScoreRecord, ...],
        failure: Failure | None,
    ) -> EvaluationRecord:
        if failure is not None:
            status = EvaluationStatus.FAILED
            self.counts.evaluations_failed += 1
        else:
            status = EvaluationStatus.SCORED if scores else EvaluationStatus.SKIPPED
        return EvaluationRecord(
            work.position,
            work.trial,
            part.name,
            status,
            history.attempt,
            call.started_ns,
            call.ended_ns,
            scores,
            failure,
            history.spans,
            tuple(history.earlier),
        )

    # Both

    def _call(self, part: _Part, function: Callable[[], Any]) -> Call:
        context = self._thread_context.copy() if part.blocking else copy_context()
        return Call(function, context, self._clock)

    async def _make(self, part: _Part, call: Call, key: CallKey | None) -> None:
        if part.blocking:
            await self._blocking.run([(call, key)], part.timeout)
        else:
            await call_on_loop(call, part.timeout, self._watchdog, self._capture, key)

    def _failure(self, part: _Part, call: Call) -> Failure | None:
        if call.timed_out:
            return timeout_failure(part.timeout or 0.0, abandoned=call.abandoned)
        return None if call.error is None else failure_of(call.error)

    async def _again(self, call: Call, failure: Failure, history: _History) -> bool:
        """Wait before another attempt; False if there is to be none."""
        delay = self._delay(call, history)
        if delay is None:
            return False
        history.again(call, failure)
        self.counts.retries += 1
        await anyio.sleep(delay)
        return True

    def _delay(self, call: Call, history: _History) -> float | None:
        if history.repetitions >= self._retries:
            return None
        if not call.timed_out and (call.error is None or not is_worth_another_try(call.error)):
            return None
        return self._backoff.delay(history.repetitions + 1, call.error)

    def _key(self, work: Unfinished, part: _Part, history: _History) -> CallKey | None:
        if not part.traced:
            return None
        return self._run_id, work.item.id, work.trial, part.name, history.attempt
