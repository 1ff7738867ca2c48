"""Delivering rows to a server that may be slow, busy, broken or down.

A request is repeated until it is answered for good or time is up. What a server will never take is found by
splitting: a batch that is refused or too large is sent in halves, until single rows are left, and those are
refused.
"""

import asyncio
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from evalspec.journal.rows import Refusal
from evalspec.langfuse_io.client import Answer, pause_before, refusal
from evalspec.langfuse_io.contract import Contract, has_no_ingestion, wants_one_object
from evalspec.langfuse_io.encode import EncodedTrial, RequestEncoder
from evalspec.langfuse_io.lines import Lines
from evalspec.langfuse_io.scores import ScoreRow
from evalspec.langfuse_io.settings import LangfuseSettings

SCORES_AT_ONCE = 200
SCORE_BYTES = 900_000
"""The server takes bodies of one megabyte."""
_NAP = 0.2
_GZIP = 16 + zlib.MAX_WBITS


class Stopped(Exception):
    """Nothing more can be delivered: the keys are refused, or an endpoint is not there."""


class OutOfTime(Exception):
    """Time was up before the server took it."""


class Delivery:
    """Sends spans and scores within one event loop. `time_left` says how many seconds remain, None for no
    limit."""

    def __init__(
        self,
        lines: Lines,
        settings: LangfuseSettings,
        contract: Contract,
        session: str,
        time_left: Callable[[], float | None],
    ) -> None:
        self.contract = contract
        self._lines = lines
        self._settings = settings
        self._session = session
        self._time_left = time_left
        self._requests = RequestEncoder(settings.public_key)

    async def spans(self, trials: Sequence[EncodedTrial]) -> list[Refusal]:
        """Deliver the spans of some trials. Raises Stopped and OutOfTime."""
        if not trials:
            return []
        body = gzipped(self._requests.body(trials))
        answer = await self._persist("/otel/v1/traces", body, gzip=True)
        complaint = rejected_spans(answer) if answer.fine else answer.explanation()
        if complaint is None:
            return []
        if len(trials) > 1:
            half = len(trials) // 2
            return [*await self.spans(trials[:half]), *await self.spans(trials[half:])]
        [trial] = trials
        return [Refusal("span", trial.root_id, trial.item_id, trial.trial, None, complaint)]

    async def scores(self, rows: Sequence[ScoreRow]) -> list[Refusal]:
        """Deliver some scores, as many in one request as it takes. Raises Stopped and OutOfTime."""
        refused: list[Refusal] = []
        for batch in batches(rows):
            refused += await self._scores(batch)
        return refused

    async def _scores(self, rows: Sequence[ScoreRow]) -> list[Refusal]:
        # Each contract is tried at most twice before a refusal is taken to be about the scores.
        for _ in range(4):
            if self.contract is Contract.EVENTS:
                answer = await self._persist("/ingestion", events_body(rows, self._session))
                if has_no_ingestion(answer):
                    self.contract = Contract.LISTS
                    continue
                return await self._after_events(rows, answer)
            answer = await self._persist("/scores", list_body(rows))
            if wants_one_object(answer):
                self.contract = Contract.EVENTS
                continue
            return await self._after_list(rows, answer)
        raise Stopped(f"{self._settings.host} takes scores neither as a list nor as events")

    async def _after_events(self, rows: Sequence[ScoreRow], answer: Answer) -> list[Refusal]:
        if not answer.fine:
            return await self._divide(rows, answer.explanation())
        content = answer.json() or {}
        taken = {event["id"] for event in content.get("successes") or ()}
        errors = {event["id"]: event for event in content.get("errors") or ()}
        refused: list[Refusal] = []
        again: list[ScoreRow] = []
        for row in rows:
            event_id = f"{self._session}-{row.id}"
            error = errors.get(event_id)
            if error is not None and not _busy(error.get("status")):
                refused.append(row.refused(_event_reason(error)))
            elif event_id not in taken:
                again.append(row)
        if again:
            await self.wait(pause_before(3))
            refused += await self._scores(again)
        return refused

    async def _after_list(self, rows: Sequence[ScoreRow], answer: Answer) -> list[Refusal]:
        if not answer.fine:
            return await self._divide(rows, answer.explanation())
        content = answer.json() if answer.status == 207 else None
        if not isinstance(content, dict) or not content.get("rejected"):
            return []
        # The errors do not say which scores they are about, and repeating a score changes nothing.
        messages = [str(error.get("message")) for error in content.get("errors") or ()]
        return await self._divide(rows, "; ".join(messages) or "rejected without a reason")

    async def _divide(self, rows: Sequence[ScoreRow], reason: str) -> list[Refusal]:
        if len(rows) == 1:
            return [rows[0].refused(reason)]
        half = len(rows) // 2
        return [*await self._scores(rows[:half]), *await self._scores(rows[half:])]

    async def delete_score(self, score_id: str) -> str | None:
        """Ask for the deletion of a score; what the server has against it, if anything. Raises OutOfTime."""
        answer = await self._answered("DELETE", f"/scores/{score_id}")
        return None if answer.fine else answer.explanation()

    async def wait(self, seconds: float) -> None:
        """Wait, and look at the clock meanwhile: how much time is left may become known only now. Raises
        OutOfTime.
        """
        until = time.monotonic() + seconds
        while (rest := until - time.monotonic()) > 0:
            left = self._time_left()
            if left is not None and left < rest:
                raise OutOfTime
            await asyncio.sleep(min(rest, _NAP))

    async def _answered(
        self, method: str, path: str, body: bytes | None = None, gzip: bool = False
    ) -> Answer:
        """The answer to a request, repeated until it is worth no more."""
        attempt = 0
        while True:
            answer = await self._lines.ask(method, path, body=body, gzip=gzip)
            if not answer.worth_repeating:
                return answer
            attempt += 1
            await self.wait(pause_before(attempt, answer.retry_after))

    async def _persist(self, path: str, body: bytes, gzip: bool = False) -> Answer:
        """The answer to a delivery. Raises Stopped where nothing can be delivered."""
        answer = await self._answered("POST", path, body, gzip)
        if answer.keys_refused:
            raise Stopped(str(refusal(answer, self._settings)))
        missing = answer.status in (404, 405, 410) and not (
            path == "/ingestion" and self.contract is Contract.EVENTS
        )
        if missing or 300 <= answer.status < 400:
            raise Stopped(f"{self._settings.host} has no endpoint {path} ({answer.explanation()})")
        return answer


def gzipped(body: bytes) -> bytes:
    """`body` as gzip, fast and without a time of day in it."""
    compressor = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    return compressor.compress(body) + compressor.flush()


def rejected_spans(answer: Answer) -> str | None:
    """What an OTLP receiver says of spans that it left out of a request it took; None where it took all."""
    content = answer.json()
    partial: Any = content.get("partialSuccess") if isinstance(content, dict) else None
    if not isinstance(partial, dict) or not int(partial.get("rejectedSpans") or 0):
        return None
    return str(partial.get("errorMessage") or "rejected without a reason")


def events_body(rows: Iterable[ScoreRow], session: str) -> bytes:
    """Scores for the ingestion endpoint, which refuses compressed bodies."""
    return b'{"batch":[' + b",".join(row.as_event(session) for row in rows) + b"]}"


def list_body(rows: Iterable[ScoreRow]) -> bytes:
    """Scores for the score endpoint of the new contract."""
    return b"[" + b",".join(row.as_element() for row in rows) + b"]"


def batches(rows: Iterable[ScoreRow]) -> Iterator[list[ScoreRow]]:
    """Rows in groups that fit into one request; a row that is too large for that is alone."""
    group: list[ScoreRow] = []
    size = 0
    for row in rows:
        row_size = len(row.body) + 200
        if group and (len(group) == SCORES_AT_ONCE or size + row_size > SCORE_BYTES):
            yield group
            group, size = [], 0
        group.append(row)
        size += row_size
    if group:
        yield group


def _busy(status: Any) -> bool:
    return isinstance(status, int) and (status == 429 or status >= 500)


def _event_reason(error: dict[str, Any]) -> str:
    parts = [str(error[key]) for key in ("message", "error") if error.get(key)]
    return ": ".join(parts)[:500] or f"status {error.get('status')}"
