"""Batches on their way: several at a time, and marked in the journal once they are settled."""

import asyncio
import time
from collections.abc import Coroutine, Sequence

from evalspec.journal.journal import Journal
from evalspec.journal.reader import JournalReader
from evalspec.journal.rows import CompletedTrial, Refusal
from evalspec.langfuse_io.delivery import Delivery
from evalspec.langfuse_io.encode import EncodedTrial, SpanEncoder
from evalspec.langfuse_io.scores import ScoreEncoder, ScoreRow
from evalspec.langfuse_io.target import Target
from evalspec.langfuse_io.withdrawal import waits
from evalspec.plan.model import Plan

IN_FLIGHT = 8
"""Requests of spans or scores that are on their way at the same time."""
FIRST_BATCH = 16
LARGEST_BATCH = 128
"""Trials that are sent together."""
BATCH_BYTES = 2_000_000
"""How large a batch should be at most; one trial may be larger, and is sent alone then."""

_GIVEN = "run_scores_sent_ns"
"""When run-level scores were sent first. They keep that time when they change: servers of the new contract
know a score by id and time, and would show both."""


def next_limit(limit: int, size: int) -> int:
    """How many trials to read next, after `limit` or fewer of them took `size` bytes."""
    if size > 2 * BATCH_BYTES:
        return max(1, limit // 4)
    return max(1, limit // 2) if size > BATCH_BYTES else min(LARGEST_BATCH, limit * 2)


class Feed:
    """Sends batches through a delivery and keeps the journal's marks."""

    def __init__(self, journal: Journal, delivery: Delivery, target: Target, plan: Plan) -> None:
        self._journal = journal
        self._delivery = delivery
        self._spans = SpanEncoder(target.experiment, plan)
        self._scores = ScoreEncoder(target.experiment, plan, target.configs.by_score)
        self._tasks: set[asyncio.Task[None]] = set()
        self.held: list[CompletedTrial] = []
        """Trials whose scores have to wait until the server has deleted others."""

    async def room(self) -> None:
        """Wait until another batch may be sent. Raises what ended a batch."""
        while len(self._tasks) >= IN_FLIGHT:
            await self._some()

    async def drain(self) -> None:
        """Wait until all batches are settled. Raises what ended one."""
        while self._tasks:
            await self._some()

    async def abandon(self) -> None:
        """Give up what is still on its way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = set()

    async def marked(self) -> None:
        """Wait until the journal holds all marks."""
        await asyncio.wrap_future(self._journal.submit(lambda connection: None))

    def send(self, trials: Sequence[CompletedTrial]) -> int:
        """Begin to send some trials; how many bytes their spans take."""
        spans = [self._spans.trial(trial) for trial in trials if not trial.spans_sent]
        scored = [trial for trial in trials if not trial.scores_sent]
        self.held += [trial for trial in scored if waits(trial)]
        scored = [trial for trial in scored if not waits(trial)]
        if spans:
            self._begin(self._send_spans(spans))
        if scored:
            self._begin(self._send_scores(scored))
        return sum(trial.size for trial in spans)

    async def release(self) -> None:
        """Send the scores that were held."""
        if self.held:
            await self._send_scores(self.held)
            self.held = []

    async def run_scores(self, reader: JournalReader) -> None:
        """Send the run-level scores that were not sent yet, but for those that wait for a deletion."""
        deleting = {
            (one.name, one.trial) for one in reader.withdrawn() if one.item_id is None and one.replaced
        }
        records = [one for one in reader.unsent_run_scores() if (one.name, one.trial) not in deleting]
        if not records:
            return
        given_ns = reader.meta(_GIVEN)
        if given_ns is None:
            given_ns = reader.ended_ns() or time.time_ns()
            await asyncio.wrap_future(self._journal.set_meta(_GIVEN, given_ns))
        sendable = self._scores.run_scores(records, given_ns)
        self._refuse(sendable.refusals)
        self._refuse(await self._delivery.scores(sendable.rows))
        marked = self._journal.mark_run_scores_sent([(record.name, record.trial) for record in records])
        await asyncio.wrap_future(marked)

    async def _some(self) -> None:
        done, self._tasks = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.add(asyncio.create_task(work))

    async def _send_spans(self, spans: Sequence[EncodedTrial]) -> None:
        self._refuse(await self._delivery.spans(spans))
        self._journal.mark_spans_sent([trial.completion for trial in spans])

    async def _send_scores(self, trials: Sequence[CompletedTrial]) -> None:
        rows: list[ScoreRow] = []
        refusals: list[Refusal] = []
        for trial in trials:
            sendable = self._scores.trial(trial)
            rows += sendable.rows
            refusals += sendable.refusals
        refusals += await self._delivery.scores(rows)
        self._refuse(refusals)
        self._journal.mark_scores_sent([trial.completion for trial in trials])

    def _refuse(self, refusals: Sequence[Refusal]) -> None:
        for refusal in refusals:
            self._journal.add_refusal(refusal)
