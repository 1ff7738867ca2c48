"""Taking back imputed scores that were sent, where a trial that was tried again does not give them any more.

A server takes a deletion at once, and does it a minute or two later. Until then it may take away what is
sent under the same id, too. So the journal says what a server was asked for, before it is asked; a score that
is to be sent under such an id waits until the server does not show the old one any more.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence

from evalspec.diagnostics.errors import ServiceUnreachable
from evalspec.journal import ids
from evalspec.journal.journal import Journal
from evalspec.journal.reader import JournalReader
from evalspec.journal.rows import CompletedTrial, Refusal, Withdrawn
from evalspec.langfuse_io.client import LangfuseRefused
from evalspec.langfuse_io.delivery import Delivery
from evalspec.langfuse_io.lines import Lines

SURE = 20.0
"""Seconds after which a score that a server was asked to delete and does not show is gone; before that, it
may not show it yet."""
PATIENCE = 600.0
"""Seconds within which a server should have deleted what it still shows."""
LOOK_AGAIN = 2.0
"""Seconds between two looks at whether a deletion has happened."""
_IDS_AT_ONCE = 100
_GAVE = "`on_task_failure` had given it, and"
_HAD = "the aggregate has no value any more, and"


def waits(trial: CompletedTrial) -> bool:
    """Whether scores of a trial would go to a server under ids that it was asked to delete."""
    return any(one.asked_ns and one.replaced for one in trial.withdrawn.values())


class Withdrawal:
    """Takes back the scores of one run, within an event loop."""

    def __init__(self, journal: Journal, reader: JournalReader, delivery: Delivery, lines: Lines) -> None:
        self.note: str | None = None
        """What a server has yet to delete, if anything."""
        self._journal = journal
        self._reader = reader
        self._delivery = delivery
        self._lines = lines

    async def run(self) -> None:
        """Ask for what is to go and was not asked for, and look what became of the rest.

        Raises OutOfTime, and Stopped where the server does not answer as it should.
        """
        # One that waits for its place to be free is looked after by `make_room`.
        waiting = [one for one in self._reader.withdrawn() if one.asked_ns or not one.replaced]
        if not waiting:
            return
        asked = [one for one in waiting if one.asked_ns]
        shown = await self._shown(asked)
        self._journal.forget_withdrawals([one for one in asked if self._gone(one, shown)])
        waiting = [one for one in waiting if not self._gone(one, shown)]
        overdue = [
            one for one in waiting if one.asked_ns and _age(one) >= PATIENCE and self._id(one) in shown
        ]
        for one in overdue:
            self._refuse(one, f"the server, asked to delete it {_age(one):.0f} s ago, still shows it")
        refused = await self._ask([*overdue, *(one for one in waiting if not one.asked_ns)])
        if left := sum(not one.replaced for one in waiting) - refused:
            what = "1 score" if left == 1 else f"{left} scores"
            self.note = (
                f"the server was asked to delete {what} that the run does not give any more: trials to which "
                "`on_task_failure` gave them were tried again; that may take it some minutes"
            )

    def taken(self) -> list[Withdrawn]:
        """What has to be gone before another score can be sent in its place."""
        return [one for one in self._reader.withdrawn() if one.asked_ns and one.replaced]

    async def make_room(self) -> None:
        """Wait until the server has deleted what is to be sent anew. Raises OutOfTime."""
        waiting = self.taken()
        while waiting:
            shown = await self._shown(waiting)
            gone = [one for one in waiting if self._gone(one, shown)]
            self._journal.forget_withdrawals(gone)
            waiting = [one for one in waiting if one not in gone]
            if waiting:
                await self._delivery.wait(LOOK_AGAIN)

    async def _ask(self, withdrawn: Sequence[Withdrawn]) -> int:
        """Ask for deletions; how many the server refuses."""
        if not withdrawn:
            return 0
        await asyncio.wrap_future(self._journal.mark_withdrawals(withdrawn, time.time_ns()))
        complaints = await asyncio.gather(*(self._delivery.delete_score(self._id(one)) for one in withdrawn))
        refused = {one: complaint for one, complaint in zip(withdrawn, complaints, strict=True) if complaint}
        if not refused:
            return 0
        # A server may say no because it never had it.
        shown = await self._shown(refused)
        for one, complaint in refused.items():
            if self._id(one) in shown:
                self._refuse(one, f"it could not be deleted ({complaint})")
        await asyncio.wrap_future(self._journal.mark_withdrawals(list(refused), 0))
        return len(refused)

    async def _shown(self, withdrawn: Iterable[Withdrawn]) -> set[str]:
        """Those of the ids that the server shows a score for."""
        wanted = [self._id(one) for one in withdrawn]
        found: set[str] = set()
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            some = wanted[start : start + _IDS_AT_ONCE]
            try:
                page = await self._lines.get("/v3/scores", {"id": ",".join(some), "limit": _IDS_AT_ONCE})
            except (LangfuseRefused, ServiceUnreachable):
                # Nobody can say; what may be there is taken to be there.
                found.update(some)
            else:
                found.update(row["id"] for row in page["data"])
        return found

    def _gone(self, one: Withdrawn, shown: set[str]) -> bool:
        return bool(one.asked_ns) and self._id(one) not in shown and _age(one) >= SURE

    def _refuse(self, one: Withdrawn, what: str) -> None:
        reason = f"{_HAD if one.item_id is None else _GAVE} {what}"
        self._journal.add_refusal(
            Refusal("withdrawal", self._id(one), one.item_id, one.trial, one.name, reason)
        )

    def _id(self, one: Withdrawn) -> str:
        run_id = self._journal.header.run_id
        if one.item_id is None:
            return ids.run_score_id(run_id, one.trial, one.name)
        return ids.score_id(run_id, one.item_id, one.trial or 0, one.name)


def _age(one: Withdrawn) -> float:
    """Seconds since a server was asked."""
    return (time.time_ns() - one.asked_ns) / 1e9
