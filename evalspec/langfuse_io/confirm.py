"""Reading back what was sent: what is there as it was sent, what is not there yet, and what never will be.

A server answers before it stores, and says nothing when it drops something. So everything is looked up by its
id and compared. What cannot be seen is "not yet visible", until nothing has been sent for a while and other
things of its sort can be seen; then it is missing, and is noted as refused.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalspec.diagnostics.errors import ServiceUnreachable
from evalspec.journal import ids
from evalspec.journal.journal import Journal
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import RunScoreRecord
from evalspec.journal.rows import CompletedTrial, Refusal
from evalspec.langfuse_io.attachment import PlacedScore, placed_scores
from evalspec.langfuse_io.client import LangfuseRefused
from evalspec.langfuse_io.lines import Lines
from evalspec.langfuse_io.scores import iso_time
from evalspec.langfuse_io.target import Target

PAUSES = (0.3, 0.7, 1.0, 2.0, 3.0)
"""Seconds between rounds; the last one is repeated."""
AT_ONCE = 100
"""Rows a page may hold."""
GROUPS = 4
"""Groups of so many trials that are looked up at the same time."""
URL_IDS = 4000
"""Characters of ids in one address."""
SHOWN_SCORES = 50
"""Scores that an experiment item shows at most; more are looked up one by one."""
_MARGIN_NS = 60 * 10**9
_DROPPED = "the server accepted it and then dropped it: it is not there {:.0f} s later, while others are"


_Shown = tuple[dict[str, dict[str, Any]], dict[str, Any]]
"""Values of scores by root observation and score id, of items that are there; and of other scores by id."""


@dataclass(slots=True)
class _Round:
    """What one look at the server found."""

    confirmed: int = 0
    left: int = 0
    missing: list[Refusal] = field(default_factory=list)


class Confirmation:
    """Reads back one run. Nothing is sent any more when this begins.

    `settle` is how many seconds after that a row counts as missing if others of its sort can be seen.
    """

    def __init__(
        self,
        journal: Journal,
        reader: JournalReader,
        target: Target,
        lines: Lines,
        settle: float,
    ) -> None:
        self.problem: str | None = None
        """Why nothing can be read back, if that is so."""
        self._journal = journal
        self._reader = reader
        self._target = target
        self._lines = lines
        self._settle = settle
        self._began = time.monotonic()
        self._spans_seen = False
        self._scores_seen = False
        self._refused: set[str] = set()

    async def run(self) -> None:
        """Look until everything is confirmed or missing. Meant to be cancelled when time is up."""
        self._refused = {refusal.id for refusal in self._reader.refusals()}
        turn = 0
        while True:
            try:
                left = await self._look()
                self.problem = None
                if not left:
                    return
            except LangfuseRefused as refused:
                self.problem = str(refused)
                return
            except ServiceUnreachable as unreachable:
                self.problem = str(unreachable)
            await asyncio.sleep(PAUSES[min(turn, len(PAUSES) - 1)])
            turn += 1

    @property
    def _settled(self) -> bool:
        return time.monotonic() - self._began >= self._settle

    async def _look(self) -> int:
        """One round; how much is not confirmed after it (at least)."""
        left, after = 0, 0
        while groups := self._next_groups(after):
            after = groups[-1][-1].completion
            shown = await asyncio.gather(*(self._shown(group) for group in groups))
            found = [await self._settle_group(*entry) for entry in zip(groups, shown, strict=True)]
            left += sum(entry.left for entry in found)
            # What was sent later is hardly there before this is.
            if not any(entry.confirmed for entry in found) and not self._settled:
                return left
        return left + await self._run_scores()

    def _next_groups(self, after: int) -> list[list[CompletedTrial]]:
        """Some trials that are not confirmed yet, in as many groups as are looked up at the same time."""
        trials = self._reader.next_unconfirmed(after, GROUPS * AT_ONCE)
        return [trials[start : start + AT_ONCE] for start in range(0, len(trials), AT_ONCE)]

    async def _shown(self, trials: Sequence[CompletedTrial]) -> _Shown:
        """What the server shows of some trials."""
        items = await self._items(trials)
        unseen = [score for trial in trials for score in self._unseen(trial, items)]
        return items, await self._scores(unseen)

    async def _settle_group(self, trials: Sequence[CompletedTrial], shown: _Shown) -> _Round:
        found = _Round()
        confirmed: list[int] = []
        items, scores = shown
        self._spans_seen = self._spans_seen or bool(items)
        for trial in trials:
            missing = self._compare(trial, items, scores)
            if missing and not self._lost_for_good(missing):
                found.left += 1
                continue
            found.missing += missing
            confirmed.append(trial.completion)
        for refusal in found.missing:
            self._refused.add(refusal.id)
            self._journal.add_refusal(refusal)
        if confirmed:
            await asyncio.wrap_future(self._journal.mark_confirmed(confirmed))
        found.confirmed = len(confirmed)
        return found

    def _lost_for_good(self, missing: Sequence[Refusal]) -> bool:
        if not self._settled:
            return False
        return all(self._spans_seen if refusal.kind == "span" else self._scores_seen for refusal in missing)

    def _expected(self, trial: CompletedTrial) -> Iterator[tuple[str, PlacedScore]]:
        """The scores of a trial that were sent, by name."""
        for evaluation in trial.evaluations:
            for score in evaluation.scores:
                for placed in placed_scores(self._run_id, trial.item.id, trial.trial, score):
                    if placed.id not in self._refused:
                        yield score.name, placed

    def _unseen(self, trial: CompletedTrial, shown: dict[str, dict[str, Any]]) -> Iterator[str]:
        """Scores of a trial that are not shown with its item, and may be there nevertheless."""
        root_id = self._root_id(trial)
        item = shown.get(root_id)
        if item is None and root_id not in self._refused and not self._settled:
            return
        for _, score in self._expected(trial):
            if item is None or score.id not in item:
                yield score.id

    def _compare(
        self, trial: CompletedTrial, shown: dict[str, dict[str, Any]], others: dict[str, Any]
    ) -> list[Refusal]:
        """What of a trial is not there as it was sent."""
        root_id, missing = self._root_id(trial), []
        seen = shown.get(root_id)
        if seen is None and root_id not in self._refused:
            missing.append(Refusal("span", root_id, trial.item.id, trial.trial, None, self._dropped()))
        for name, score in self._expected(trial):
            value = (seen or {}).get(score.id, others.get(score.id))
            if reason := self._difference(score.value, value):
                missing.append(Refusal("score", score.id, trial.item.id, trial.trial, name, reason))
        return missing

    def _difference(self, sent: float | str, shown: Any) -> str | None:
        if shown is None:
            return self._dropped()
        self._scores_seen = True
        return None if _equal(sent, shown) else f"the server shows {shown!r} where {sent!r} was sent"

    def _dropped(self) -> str:
        return _DROPPED.format(time.monotonic() - self._began)

    async def _items(self, trials: Sequence[CompletedTrial]) -> dict[str, dict[str, Any]]:
        """The values of the scores of each item that is there, by root observation and score id."""
        found: dict[str, dict[str, Any]] = {}
        experiment = self._target.experiment
        for number in {trial.trial for trial in trials}:
            known = [experiment.item_id(trial.item.id) for trial in trials if trial.trial == number]
            for group in _address_groups([item_id for item_id in known if "," not in item_id]):
                wanted = {"experimentId": experiment.id_of(number), "experimentItemId": ",".join(group)}
                await self._read_items(wanted, found)
            if any("," in item_id for item_id in known):
                # A comma separates ids in the address; such items are found by reading all.
                await self._read_items({"experimentId": experiment.id_of(number)}, found)
        return found

    async def _read_items(self, wanted: dict[str, str], found: dict[str, dict[str, Any]]) -> None:
        params: dict[str, Any] = {
            **wanted,
            "fromStartTime": iso_time(self._journal.header.created_ns - _MARGIN_NS),
            "fields": "core,scores",
            "limit": AT_ONCE,
            "scoreLimit": SHOWN_SCORES,
        }
        async for item in self._pages("/experiment-items", params):
            values = found.setdefault(item["id"], {})
            values.update({score["id"]: score["value"] for score in item.get("scores") or ()})

    async def _scores(self, score_ids: Sequence[str]) -> dict[str, Any]:
        """The values of scores by id, of those that are there."""
        found: dict[str, Any] = {}
        for group in _address_groups(score_ids):
            params = {"id": ",".join(group), "limit": AT_ONCE}
            # Rows of one score that are not merged yet come newest first.
            async for score in self._pages("/v3/scores", params):
                found.setdefault(score["id"], score["value"])
        return found

    async def _run_scores(self) -> int:
        waiting = self._reader.unconfirmed_run_scores()
        if not waiting:
            return 0
        by_id = {ids.run_score_id(self._run_id, record.trial, record.name): record for record in waiting}
        shown = await self._scores([key for key, record in by_id.items() if record.value is not None])
        done: list[RunScoreRecord] = []
        for score_id, record in by_id.items():
            if record.value is None or score_id in self._refused:
                done.append(record)
                continue
            reason = self._difference(record.value, shown.get(score_id))
            if reason is None:
                done.append(record)
            elif self._settled and self._scores_seen:
                self._journal.add_refusal(
                    Refusal("run_score", score_id, None, record.trial, record.name, reason)
                )
                done.append(record)
        if done:
            marked = self._journal.mark_run_scores_confirmed([(record.name, record.trial) for record in done])
            await asyncio.wrap_future(marked)
        return len(waiting) - len(done)

    async def _pages(self, path: str, params: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """All rows of an endpoint that pages by cursor."""
        cursor: str | None = None
        while True:
            answer = await self._lines.get(path, params | ({"cursor": cursor} if cursor else {}))
            for row in answer["data"]:
                yield row
            cursor = (answer.get("meta") or {}).get("cursor")
            if not cursor:
                return

    @property
    def _run_id(self) -> str:
        return self._target.experiment.run_id

    def _root_id(self, trial: CompletedTrial) -> str:
        return ids.root_span_id(self._run_id, trial.item.id, trial.trial)


def _address_groups(entries: Sequence[str]) -> Iterator[list[str]]:
    """Ids in groups that fit into an address and a page."""
    group: list[str] = []
    size = 0
    for entry in entries:
        # Outside of ASCII a character takes up to twelve in an address.
        length = len(entry) + 1 if entry.isascii() else 12 * len(entry)
        if group and (len(group) == AT_ONCE or size + length > URL_IDS):
            yield group
            group, size = [], 0
        group.append(entry)
        size += length
    if group:
        yield group


def _equal(sent: float | str, shown: Any) -> bool:
    if isinstance(sent, str) or isinstance(shown, str):
        return bool(sent == shown)
    return math.isclose(float(sent), float(shown), rel_tol=1e-12)
