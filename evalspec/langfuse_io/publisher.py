"""Publication: a thread that follows the journal while a run goes on and brings it to Langfuse.

The journal says what is to be sent and what has been; nothing else is remembered, so a publication can be
broken off at any moment and taken up by another process. What is sent twice is the same bytes under the same
ids. A server that is down costs nothing but time.
"""

import asyncio
import secrets
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from evalspec.diagnostics.errors import EvalspecError, ServiceUnreachable
from evalspec.journal.journal import Journal
from evalspec.journal.reader import JournalReader
from evalspec.journal.rows import DeliveryCounts, Refusal
from evalspec.langfuse_io.client import LangfuseRefused, SyncClient, pause_before
from evalspec.langfuse_io.confirm import Confirmation
from evalspec.langfuse_io.contract import contract_of, project
from evalspec.langfuse_io.delivery import Delivery, OutOfTime, Stopped
from evalspec.langfuse_io.feed import FIRST_BATCH, IN_FLIGHT, Feed, next_limit
from evalspec.langfuse_io.lines import Lines
from evalspec.langfuse_io.settings import LangfuseSettings
from evalspec.langfuse_io.target import Target, prepare
from evalspec.langfuse_io.withdrawal import Withdrawal
from evalspec.plan.model import Plan

_GRACE = 0.5
"""Seconds in which what is under way may come to an orderly end."""
GATHER = 0.25
"""Seconds that an unfinished batch waits for company while the run goes on."""


@dataclass(frozen=True, slots=True)
class PublicationReport:
    """How far a publication has come. Spans are counted in trials, scores one by one with the run-level ones.

    `not_yet_visible` was accepted and could not be read back so far. `error` says why nothing more is sent,
    or what keeps the server from answering. `notes` is what else should be known, score configs that differ
    among it.
    """

    backend: str
    host: str
    spans: DeliveryCounts
    scores: DeliveryCounts
    refusals: tuple[Refusal, ...] = ()
    error: str | None = None
    notes: tuple[str, ...] = ()
    project_id: str | None = None
    contract: str | None = None
    experiments: tuple[tuple[str, str], ...] = ()

    @property
    def sent(self) -> int:
        """Trials and scores that the server accepted."""
        return self.spans.sent + self.scores.sent

    @property
    def confirmed(self) -> int:
        """Of those, what was read back."""
        return self.spans.confirmed + self.scores.confirmed

    @property
    def refused(self) -> int:
        """Trials and scores that will not be sent again."""
        return self.spans.refused + self.scores.refused

    @property
    def pending(self) -> int:
        """Trials and scores that are still to be sent."""
        return self.spans.pending + self.scores.pending

    @property
    def not_yet_visible(self) -> int:
        """Trials and scores that were accepted and not read back."""
        return self.sent - self.confirmed


class Publisher:
    """Publishes one run. `start` once, `finish` once; neither raises because of a server.

    `metadata` is added to that of the experiments. With `confirm`, what was sent is read back; `settle` is
    how many seconds later something counts as lost if others like it can be seen. What an earlier
    publication was refused is sent once more.
    """

    def __init__(
        self,
        journal: Journal,
        plan: Plan,
        settings: LangfuseSettings,
        *,
        metadata: Mapping[str, Any] | None = None,
        confirm: bool = True,
        settle: float = 20.0,
    ) -> None:
        self._journal = journal
        self._plan = plan
        self._settings = settings
        self._metadata = metadata
        self._confirm = confirm
        self._settle = settle
        self._over: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self._thread = threading.Thread(target=self._run, name="langfuse publication", daemon=True)
        self._deadline: float | None = None
        self._finishing = threading.Event()
        self._error: str | None = None
        self._delivery: Delivery | None = None
        self._lines: Lines | None = None
        self._target: Target | None = None
        self._withdrawing: str | None = None

    def start(self) -> None:
        """Begin to follow the journal."""
        self._thread.start()

    def finish(self, timeout: float) -> PublicationReport:
        """Deliver the rest, read it back, and say how far that came; blocks for at most about `timeout`
        seconds.

        To be called when nothing is added to the journal any more. What is left can be published later.
        """
        self._deadline = time.monotonic() + timeout
        self._finishing.set()
        if self._over is not None:
            loop, over = self._over
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(over.set)
        self._thread.join(timeout + _GRACE)
        return self.report()

    def report(self) -> PublicationReport:
        """How far the publication has come; may be called at any time and from any thread."""
        with self._journal.reader() as reader:
            counts = reader.publication_counts()
            refusals = tuple(reader.refusals())
        target, delivery = self._target, self._delivery
        experiment = target.experiment if target else None
        trials = range(self._plan.task.repeats)
        return PublicationReport(
            backend="langfuse",
            host=self._settings.host,
            spans=counts.spans,
            scores=counts.scores,
            refusals=refusals,
            error=self._error or (self._lines.problem if self._lines else None),
            notes=(*(target.notes if target else ()), *filter(None, [self._withdrawing])),
            project_id=target.project_id if target else None,
            contract=(delivery.contract if delivery else target.contract) if target else None,
            experiments=tuple((experiment.id_of(k), experiment.name_of(k)) for k in trials)
            if experiment
            else (),
        )

    def _time_left(self) -> float | None:
        return None if self._deadline is None else self._deadline - time.monotonic()

    def _time_is_up(self) -> bool:
        left = self._time_left()
        return left is not None and left <= 0

    def _run(self) -> None:
        try:
            with self._journal.reader() as reader:
                target = self._target = self._reach(reader)
                if target is None:
                    return
                self._error = None
                self._journal.forget_refusals().result()
                asyncio.run(self._publish(target, reader))
        except (Stopped, EvalspecError) as error:
            self._error = str(error)
        except Exception as error:  # noqa: BLE001 - a fault of the publication must not cost the run its results
            self._error = f"publication failed unexpectedly: {type(error).__name__}: {error}"

    def _reach(self, reader: JournalReader) -> Target | None:
        """Ask the server until it answers; None when it refuses or time is up."""
        attempt = 0
        while True:
            try:
                with SyncClient(self._settings, tries=1) as client:
                    known = project(client)
                    contract = contract_of(client)
                return prepare(
                    self._journal,
                    reader,
                    self._plan,
                    self._settings,
                    known[0],
                    contract,
                    self._metadata,
                    self._time_is_up,
                )
            except LangfuseRefused as refused:
                self._error = str(refused)
                return None
            except ServiceUnreachable as unreachable:
                self._error = str(unreachable)
            attempt += 1
            if not self._pause(pause_before(attempt)):
                return None

    def _pause(self, seconds: float) -> bool:
        """Wait; False when time is up."""
        if not self._finishing.wait(seconds):
            return True
        left = self._time_left() or 0.0
        if left <= 0:
            return False
        time.sleep(min(seconds, left))
        return True

    async def _publish(self, target: Target, reader: JournalReader) -> None:
        over = asyncio.Event()
        self._over = asyncio.get_running_loop(), over
        if self._finishing.is_set():
            over.set()
        self._lines = lines = Lines(self._settings, IN_FLIGHT)
        try:
            if await self._deliver(target, reader, lines, over) and self._confirm:
                await self._read_back(target, reader, lines)
        finally:
            await lines.close()

    async def _deliver(
        self, target: Target, reader: JournalReader, lines: Lines, over: asyncio.Event
    ) -> bool:
        """Deliver until the run is over and all is sent, or time is up; whether all is sent."""
        session = secrets.token_hex(4)
        delivery = Delivery(lines, self._settings, target.contract, session, self._time_left)
        self._delivery = delivery
        feed = Feed(self._journal, delivery, target, self._plan)
        try:
            async with asyncio.timeout(None) as limit:
                watch = asyncio.create_task(self._limit_when(over, limit))
                try:
                    await self._follow(reader, feed, over)
                    await feed.drain()
                    await feed.run_scores(reader)
                    await self._withdraw(reader, delivery, lines, feed)
                finally:
                    watch.cancel()
                    await feed.abandon()
                    await feed.marked()
        except (TimeoutError, OutOfTime):
            self._error = lines.problem or self._error or "time was up before everything was sent"
            return False
        return True

    async def _withdraw(self, reader: JournalReader, delivery: Delivery, lines: Lines, feed: Feed) -> None:
        """Take back what trials do not give any more, and send what had to wait for that."""
        await feed.marked()
        withdrawal = Withdrawal(self._journal, reader, delivery, lines)
        await withdrawal.run()
        self._withdrawing = withdrawal.note
        if withdrawal.taken():
            self._error = "the server has not deleted earlier scores yet that others are to replace"
            await withdrawal.make_room()
            self._error = None
            await feed.release()
            await feed.run_scores(reader)

    async def _read_back(self, target: Target, reader: JournalReader, lines: Lines) -> None:
        confirmation = Confirmation(self._journal, reader, target, lines, self._settle)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._time_left() or 0.0)):
                await confirmation.run()
        if problem := confirmation.problem or lines.problem:
            self._error = f"what was sent could not be read back: {problem}"

    async def _limit_when(self, over: asyncio.Event, limit: asyncio.Timeout) -> None:
        """Set the limit on the time once it is known."""
        await over.wait()
        limit.reschedule(asyncio.get_running_loop().time() + max(0.0, self._time_left() or 0.0))

    async def _follow(self, reader: JournalReader, feed: Feed, over: asyncio.Event) -> None:
        """Send what the journal has, until the run is over and there is no more."""
        after, limit = 0, FIRST_BATCH
        while True:
            await feed.room()
            last = over.is_set()
            done = reader.next_unpublished(after, limit)
            if done:
                after = done[-1].completion
            elif last:
                return
            full = len(done) == limit
            limit = next_limit(limit, feed.send(done))
            if not full and not last:
                with suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), GATHER)
