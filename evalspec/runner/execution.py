"""A plan carried out: workers, limits, and how a run ends."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import Literal

import anyio
from anyio.lowlevel import checkpoint
from anyio.to_thread import run_sync

from evalspec.diagnostics.errors import JournalError
from evalspec.evaluators.base import Evaluator
from evalspec.journal.journal import Journal
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import RunScoreRecord, RunStatus
from evalspec.kinds.json_tree import to_json
from evalspec.kinds.waiting import in_daemon_thread
from evalspec.plan.model import Plan
from evalspec.runner.calls import Clock
from evalspec.runner.feed import Feed
from evalspec.runner.hops import BlockingCaller
from evalspec.runner.ports import Progress, ProgressSink, SpanCapture
from evalspec.runner.retrying import Backoff
from evalspec.runner.stopping import StopSignal
from evalspec.runner.threads import AllThreadsStuck, Threads
from evalspec.runner.trials import Normalise, Trials
from evalspec.runner.watchdog import Watchdog
from evalspec.tasks.base import Task

StoppedBy = Literal["interrupt", "deadline", "max_errors", "stuck_threads"]
Conclude = Callable[[JournalReader], Iterable[RunScoreRecord]]

GRACE_SECONDS = 5.0
"""How long what is under way may go on after a first interrupt."""

PATIENCE_SECONDS = 60.0
"""How long to wait when every thread is held by a call that was abandoned."""

_PROGRESS_SECONDS = 0.1
_TURN_SECONDS = 0.005
"""Calls that never wait leave the event loop to others after this long."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a session ended.

    `completed`: every trial has its task's outcome and every evaluator's; otherwise the run can be resumed,
    and `stopped_by` says what ended it. `done` and `failed` count the trials of this session that ended with
    an output and without; `abandoned_threads` the calls that outlived their timeout (or the run), of which
    `threads_still_running` have not ended yet.
    """

    completed: bool
    stopped_by: StoppedBy | None = None
    done: int = 0
    failed: int = 0
    evaluations_failed: int = 0
    retries: int = 0
    abandoned_threads: int = 0
    threads_still_running: int = 0


async def execute(
    plan: Plan,
    journal: Journal,
    *,
    task: Task,
    evaluators: Mapping[str, Evaluator],
    capture: SpanCapture | None = None,
    progress: ProgressSink | None = None,
    retry_errors: bool = False,
    stop: StopSignal | None = None,
    conclude: Conclude | None = None,
    normalise: Normalise = to_json,
    backoff: Backoff | None = None,
    clock: Clock = time.time_ns,
    grace: float = GRACE_SECONDS,
    patience: float = PATIENCE_SECONDS,
) -> Outcome:
    """Do what is left of a run: all of it, or what an earlier session did not get to, and with `retry_errors`
    what failed.

    At most `plan.limits.concurrency` trials are worked on at once. A trial's evaluators are called one after
    the other. When everything is done, `conclude` (in a thread) may give run-level scores, and the run is
    COMPLETED; a run that was stopped, by a limit or by `stop`, is INTERRUPTED. User code that raises fails
    its trial or its evaluation, never the run.

    Raises UsageError for a plan that cannot be carried out, JournalError when results cannot be kept any
    more.
    """
    if set(evaluators) != set(plan.evaluators):
        raise ValueError("the evaluators are not those of the plan")
    session = _Session(plan, journal, progress, grace)
    feed = Feed(journal, plan.task.repeats, retry_errors=retry_errors)
    threads = Threads(plan.limits.concurrency, patience)
    blocking = BlockingCaller(threads, capture)
    watchdog = Watchdog()
    trials = Trials(
        plan,
        journal,
        task,
        evaluators,
        capture=capture,
        blocking=blocking,
        watchdog=watchdog,
        # A context as a thread sees it: of its own, and not within an event loop.
        thread_context=await run_sync(copy_context),
        normalise=normalise,
        backoff=backoff or Backoff(),
        clock=clock,
    )
    await session.begin(trials, feed, blocking)
    try:
        with session.limits(stop):
            await session.work()
            return await session.conclude(conclude, threads)
    finally:
        threads.close()
        watchdog.close()
        with anyio.CancelScope(shield=True):
            await session.end()


class _Session:
    """The state of one call of `execute`."""

    def __init__(self, plan: Plan, journal: Journal, progress: ProgressSink | None, grace: float) -> None:
        self._plan = plan
        self._journal = journal
        self._progress = progress
        self._grace = grace
        self._loop = asyncio.get_running_loop()
        self._scope = anyio.CancelScope()
        self._timers: list[asyncio.TimerHandle] = []
        self._next_telling: asyncio.TimerHandle | None = None
        self._stopped_by: StoppedBy | None = None
        self._error: Exception | None = None
        self._completed = False
        self._dropped = False
        self._running = 0
        self._errors = 0
        self._turn_ends = 0.0
        self._told: Progress | None = None

    async def begin(self, trials: Trials, feed: Feed, blocking: BlockingCaller) -> None:
        self._trials = trials
        self._feed = feed
        self._blocking = blocking
        await asyncio.wrap_future(self._journal.set_status(RunStatus.RUNNING))
        self._expected, self._completed_before, self._failed_before = await run_sync(self._count)

    @contextmanager
    def limits(self, stop: StopSignal | None) -> Iterator[None]:
        """Within this context the deadline holds and `stop` is listened to."""
        forget = stop.listen(lambda: self._on_stop(stop)) if stop is not None else None
        deadline = self._plan.limits.deadline
        if deadline is not None:
            self._later(deadline, lambda: self._stop("deadline", at_once=True))
        self._keep_telling()
        try:
            yield
        finally:
            if forget is not None:
                forget()
            for timer in (*self._timers, self._next_telling):
                if timer is not None:
                    timer.cancel()

    async def work(self) -> None:
        """Let the workers do what there is."""
        with self._scope:
            async with anyio.create_task_group() as group:
                for _ in range(min(self._plan.limits.concurrency, max(1, self._expected))):
                    group.start_soon(self._worker)
        if self._error is not None:
            raise self._error

    async def conclude(self, conclude: Conclude | None, threads: Threads) -> Outcome:
        """Say how it ended; a run that has everything is marked so, last of all."""
        complete = self._feed.drained and not self._dropped and await self._keep_conclusion(conclude)
        if complete:
            await asyncio.wrap_future(self._journal.set_status(RunStatus.COMPLETED))
            self._completed = True
        counts = self._trials.counts
        self._tell()
        return Outcome(
            completed=complete,
            stopped_by=None if complete else self._stopped_by,
            done=counts.completed,
            failed=counts.failed,
            evaluations_failed=counts.evaluations_failed,
            retries=counts.retries,
            abandoned_threads=self._blocking.abandoned,
            threads_still_running=threads.stuck,
        )

    async def _keep_conclusion(self, conclude: Conclude | None) -> bool:
        """Keep the run-level scores; False if the run was stopped before they were there, for user code
        that gives them may take its time, too."""
        await self._journal.flush()
        if conclude is None:
            return True
        with anyio.CancelScope() as self._scope:
            records = await in_daemon_thread(self._conclusion, conclude)
            await self._journal.put(*records)
            return True
        return False

    async def end(self) -> None:
        """Leave the journal as things are, however the session ended."""
        await self._feed.release()
        if self._completed:
            return
        try:
            await asyncio.wrap_future(self._journal.set_status(RunStatus.INTERRUPTED))
        except JournalError:
            # It cannot be written any more, which is why we are here; opening it sets the status.
            if self._error is None:
                raise

    async def _worker(self) -> None:
        try:
            while (work := await self._feed.next()) is not None:
                self._running += 1
                try:
                    fine = await self._trials.carry_out(work)
                except BaseException:
                    self._dropped = True
                    raise
                finally:
                    self._running -= 1
                if not fine:
                    self._on_failure()
                if time.perf_counter() >= self._turn_ends:
                    await checkpoint()
                    self._turn_ends = time.perf_counter() + _TURN_SECONDS
        except AllThreadsStuck:
            self._stop("stuck_threads", at_once=True)
        except Exception as error:  # noqa: BLE001 - raised again by `work`, as it is and not in a group
            self._error = self._error or error
            self._scope.cancel()

    def _on_failure(self) -> None:
        self._errors += 1
        most = self._plan.limits.max_errors
        if most is not None and self._errors >= most:
            self._stop("max_errors", at_once=False)

    def _on_stop(self, stop: StopSignal) -> None:
        self._stop("interrupt", at_once=stop.immediate)
        if not stop.immediate:
            self._later(self._grace, self._scope.cancel)

    def _stop(self, why: StoppedBy, *, at_once: bool) -> None:
        self._stopped_by = self._stopped_by or why
        self._feed.close()
        if at_once:
            self._scope.cancel()

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        self._timers.append(self._loop.call_later(seconds, action))

    # Progress

    def _keep_telling(self) -> None:
        self._tell()
        if self._progress is not None:
            self._next_telling = self._loop.call_later(_PROGRESS_SECONDS, self._keep_telling)

    def _tell(self) -> None:
        """Tell the sink if there is news."""
        if self._progress is None:
            return
        counts = self._trials.counts
        now = Progress(
            self._expected,
            self._completed_before + counts.completed,
            self._failed_before + counts.failed - counts.superseded,
            self._running,
            counts.evaluations_failed,
            counts.retries,
            self._blocking.abandoned,
            self._stopped_by,
        )
        if now != self._told:
            self._told = now
            self._progress(now)

    def _count(self) -> tuple[int, int, int]:
        with self._journal.reader() as reader:
            counts = reader.trial_counts()
            return reader.item_count() * self._plan.task.repeats, counts.completed, counts.failed

    def _conclusion(self, conclude: Conclude) -> list[RunScoreRecord]:
        with self._journal.reader() as reader:
            return list(conclude(reader))
