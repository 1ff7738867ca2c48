"""The stream of what is left to do: a little of it at a time, read from the journal off the event loop."""

from collections import deque
from collections.abc import Iterator

import anyio
from anyio.to_thread import run_sync

from evalspec.journal.journal import Journal
from evalspec.journal.reader import JournalReader
from evalspec.journal.rows import Unfinished

_TRIALS_AHEAD = 256
_BYTES_AHEAD = 4 * 2**20


class Feed:
    """Hands trials to the workers, in order."""

    def __init__(self, journal: Journal, repeats: int, *, retry_errors: bool) -> None:
        self._journal = journal
        self._repeats = repeats
        self._retry_errors = retry_errors
        self._ready: deque[Unfinished] = deque()
        self._refilling = anyio.Lock()
        self._limiter = anyio.CapacityLimiter(1)
        self._reader: JournalReader | None = None
        self._source: Iterator[Unfinished] | None = None
        self._closed = False
        self.exhausted = False

    async def next(self) -> Unfinished | None:
        """The next trial; None when there is none left or the feed is closed."""
        while not self._closed:
            if self._ready:
                return self._ready.popleft()
            if self.exhausted:
                return None
            async with self._refilling:
                await self._refill()
        return None

    def close(self) -> None:
        """Hand out nothing more."""
        self._closed = True

    async def release(self) -> None:
        """Let go of the journal."""
        self._closed = True
        if self._reader is not None:
            await run_sync(self._reader.close, limiter=self._limiter)

    @property
    def drained(self) -> bool:
        """Whether everything there was has been handed out."""
        return self.exhausted and not self._ready

    async def _refill(self) -> None:
        if self._ready or self.exhausted or self._closed:
            return  # somebody else did, while this worker waited
        trials, exhausted = await run_sync(self._read, limiter=self._limiter)
        self._ready.extend(trials)
        self.exhausted = exhausted

    def _read(self) -> tuple[list[Unfinished], bool]:
        if self._source is None:
            self._reader = self._journal.reader()
            self._source = self._reader.unfinished(self._repeats, retry_errors=self._retry_errors)
        trials: list[Unfinished] = []
        size = 0
        for trial in self._source:
            trials.append(trial)
            size += trial.size
            if len(trials) >= _TRIALS_AHEAD or size >= _BYTES_AHEAD:
                return trials, False
        return trials, True
