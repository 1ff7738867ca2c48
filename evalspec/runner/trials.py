"""One trial: call the task, keep what came of it, let the evaluators look at it, keep what they say."""

from collections.abc import Callable, Mapping, Sequence
from contextvars import Context, copy_context
from functools import partial
from typing import Any

import anyio

from evalspec.evaluators.base import Evaluator, Subject
from evalspec.journal.ids import CallKey, task_span_id
from evalspec.journal.journal import Journal
from evalspec.journal.records import (
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
from evalspec.plan.model import Plan
from evalspec.runner.calls import Call, Clock, call_on_loop
from evalspec.runner.composition import Composition, Skip, stages_of
from evalspec.runner.failures import failure_of, is_worth_another_try, timeout_failure
from evalspec.runner.hops import BlockingCaller
from evalspec.runner.parts import CallPart, Counts, History, Kept
from evalspec.runner.ports import SpanCapture
from evalspec.runner.retrying import Backoff
from evalspec.runner.scoring import InvalidScore, ScoreChecker, imputed_scores
from evalspec.runner.watchdog import Watchdog
from evalspec.tasks.base import Task

Normalise = Callable[[Any], Any]

_NONE: frozenset[str] = frozenset()
_NOT_THE_SUBJECTS = frozenset({"budget_exceeded", "missing_extra", "missing_key", "unknown_provider"})
"""Failures that say nothing of what is measured."""


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
        self._task = CallPart("", task, plan.task, min(timeouts, default=None), capture=traced)
        self._stages = [
            [CallPart(name, evaluators[name], plan.evaluators[name], limit, capture=traced) for name in stage]
            for stage in stages_of(plan)
        ]
        self._composition = Composition(plan)
        self._waiting = {name for name in plan.evaluators if self._composition.may_skip(name)}
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
        kept = Kept(self._journal)
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
            subject = self._subject(work, record.output, record.started_ns, record.ended_ns, record.spans)
            subject.replaced = self._replaced(work, record.attempt)
        else:
            subject = self._subject(work, work.output, work.started_ns, work.ended_ns, work.spans)
            subject.replaced = self._replaced(work, work.attempts)
        fine = await self._evaluate(work, subject, kept)
        await kept.put()
        return fine

    # The task

    async def _run_task(self, work: Unfinished) -> TrialRecord:
        history = History(work.attempts)
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
        """The scores that a failed task has all the same; none where the subject is not to blame."""
        failure = record.failure
        if not self._imputed or failure is None or failure.outage or failure.kind in _NOT_THE_SUBJECTS:
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

    def _subject(
        self, work: Unfinished, output: Any, started_ns: int, ended_ns: int, spans: tuple[SpanRecord, ...]
    ) -> Subject:
        scores = self._composition.scores(work.evaluations)
        return Subject(work.item, output, work.trial, started_ns, ended_ns, spans, scores)

    def _replaced(self, work: Unfinished, attempt: int) -> frozenset[str]:
        """The spans of the task's calls before the last, below which nothing counts."""
        if attempt == 1:
            return _NONE
        name = self._run_id, work.item.id, work.trial
        return frozenset(task_span_id(*name, earlier) for earlier in range(1, attempt))

    async def _evaluate(self, work: Unfinished, subject: Subject, kept: Kept) -> bool:
        fine = True
        for stage in self._stages:
            blocking: list[tuple[CallPart, History]] = []
            for part in stage:
                attempts = work.evaluators.get(part.name)
                if attempts is None:
                    continue
                history = History(attempts)
                early = self._composition.before(part.name, subject) if part.name in self._waiting else None
                if early is not None:
                    fine &= self._settle_early(work, subject, part, history, early, kept)
                elif part.blocking:
                    blocking.append((part, history))
                else:
                    fine &= await self._evaluate_on_loop(work, subject, part, history, kept)
            if blocking:
                await kept.put()
                fine &= await self._evaluate_in_thread(work, subject, blocking, kept)
        return fine

    def _settle_early(
        self,
        work: Unfinished,
        subject: Subject,
        part: CallPart,
        history: History,
        early: Failure | Skip,
        kept: Kept,
    ) -> bool:
        """Keep that an evaluator is not called: because of `when`, or for want of a score that it reads."""
        failure = early if isinstance(early, Failure) else None
        if failure is None:
            self._composition.note(part.name, (), subject)
        now = self._clock()
        kept.add(self._evaluation(work, part, history, (now, now), (), failure))
        return failure is None

    async def _evaluate_on_loop(
        self, work: Unfinished, subject: Subject, part: CallPart, history: History, kept: Kept
    ) -> bool:
        function = partial(part.call, subject)
        while True:
            call = self._call(part, function)
            key = self._key(work, part, history)
            await call_on_loop(call, part.timeout, self._watchdog, self._capture, key)
            history.spans += call.spans
            scores, failure = self._scores(part, call)
            if failure is None or not await self._again(call, failure, history):
                if kept.add(self._record(work, subject, part, call, history, scores, failure)):
                    await kept.put()
                return failure is None

    async def _evaluate_in_thread(
        self,
        work: Unfinished,
        subject: Subject,
        parts: list[tuple[CallPart, History]],
        kept: Kept,
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
            repeated: list[tuple[CallPart, History]] = []
            longest = 0.0
            for part, history, call in calls:
                history.spans += call.spans
                scores, failure = self._scores(part, call)
                delay = None if failure is None else self._delay(call, history)
                if failure is None or delay is None:
                    fine &= failure is None
                    kept.add(self._record(work, subject, part, call, history, scores, failure))
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

    def _scores(self, part: CallPart, call: Call) -> tuple[tuple[ScoreRecord, ...], Failure | None]:
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
        subject: Subject,
        part: CallPart,
        call: Call,
        history: History,
        scores: tuple[ScoreRecord, ...],
        failure: Failure | None,
    ) -> EvaluationRecord:
        if failure is None:
            self._composition.note(part.name, scores, subject)
        return self._evaluation(work, part, history, (call.started_ns, call.ended_ns), scores, failure)

    def _evaluation(
        self,
        work: Unfinished,
        part: CallPart,
        history: History,
        times: tuple[int, int],
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
            *times,
            scores,
            failure,
            history.spans,
            tuple(history.earlier),
        )

    # Both

    def _call(self, part: CallPart, function: Callable[[], Any]) -> Call:
        context = self._thread_context.copy() if part.blocking else copy_context()
        call = Call(function, context, self._clock)
        call.observes = part.observes
        return call

    async def _make(self, part: CallPart, call: Call, key: CallKey | None) -> None:
        if part.blocking:
            await self._blocking.run([(call, key)], part.timeout)
        else:
            await call_on_loop(call, part.timeout, self._watchdog, self._capture, key)

    def _failure(self, part: CallPart, call: Call) -> Failure | None:
        if call.timed_out:
            return timeout_failure(part.timeout or 0.0, abandoned=call.abandoned)
        return None if call.error is None else failure_of(call.error)

    async def _again(self, call: Call, failure: Failure, history: History) -> bool:
        """Wait before another attempt; False if there is to be none."""
        delay = self._delay(call, history)
        if delay is None:
            return False
        history.again(call, failure)
        self.counts.retries += 1
        await anyio.sleep(delay)
        return True

    def _delay(self, call: Call, history: History) -> float | None:
        if history.repetitions >= self._retries:
            return None
        if not call.timed_out and (call.error is None or not is_worth_another_try(call.error)):
            return None
        return self._backoff.delay(history.repetitions + 1, call.error)

    def _key(self, work: Unfinished, part: CallPart, history: History) -> CallKey | None:
        if not part.traced and not part.observes:
            return None
        return self._run_id, work.item.id, work.trial, part.name, history.attempt
