"""Blocking calls of one trial, one after the other in one thread; each with its own time and failure."""

import asyncio
import threading
import time
from collections.abc import Sequence

import anyio

from evalspec.journal.ids import CallKey
from evalspec.runner.calls import Call
from evalspec.runner.ports import SpanCapture
from evalspec.runner.threads import Threads

BlockingCall = tuple[Call, CallKey | None]


class _Hop:
    """Calls on their way through a thread; shared between it and the event loop."""

    def __init__(self, calls: Sequence[BlockingCall], capture: SpanCapture | None) -> None:
        self._calls = calls
        self._capture = capture
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._abandoned = False
        self._current = 0
        self._since: float | None = None
        self.done = anyio.Event()

    def run(self) -> None:
        """In the thread."""
        for index, (call, key) in enumerate(self._calls):
            value, error = None, None
            try:
                with self._lock:
                    if self._abandoned:
                        return
                    self._current, self._since = index, time.monotonic()
                    call.begin(self._capture, key)
                value = call.context.run(call.function)
            except BaseException as raised:  # noqa: BLE001 - whatever user code raises fails its item alone
                error = raised
            with self._lock:
                if self._abandoned:
                    return
                self._since = None
                call.value, call.error = value, error
                call.end()
        try:
            self._loop.call_soon_threadsafe(self.done.set)
        except RuntimeError:  # the loop has ended: nobody waits
            return

    def time_left(self, seconds: float) -> float:
        """Seconds until the call under way has to be done."""
        with self._lock:
            return seconds if self._since is None else self._since + seconds - time.monotonic()

    def give_up_late(self, seconds: float) -> int | None:
        """Give up on the call under way if it has had its time; the answer is its index."""
        with self._lock:
            if self._since is None or self._since + seconds > time.monotonic():
                return None
            return self._give_up()

    def give_up(self) -> int | None:
        """Begin no further call; the index of the one under way, if there is one."""
        with self._lock:
            return self._give_up()

    def _give_up(self) -> int | None:
        self._abandoned = True
        if self._since is None:
            return None
        self._calls[self._current][0].abandon()
        return self._current


class BlockingCaller:
    """Runs blocking calls in threads. `abandoned` counts the calls that were given up."""

    def __init__(self, threads: Threads, capture: SpanCapture | None) -> None:
        self._threads = threads
        self._capture = capture
        self.abandoned = 0

    async def run(self, calls: Sequence[BlockingCall], seconds: float | None) -> None:
        """Make all calls in one thread; `seconds` is the limit for each. After a call that takes too long the
        rest go on in another thread. Raises AllThreadsStuck.
        """
        while calls:
            hop = _Hop(calls, self._capture)
            job = await self._threads.start(hop.run)
            try:
                stuck = await self._wait(hop, seconds)
            except BaseException:
                # The run is cancelled; the thread cannot be.
                if hop.give_up() is not None:
                    self._give_up(job)
                raise
            if stuck is None:
                return
            self._give_up(job)
            calls = calls[stuck + 1 :]

    def _give_up(self, job: int) -> None:
        self._threads.abandon(job)
        self.abandoned += 1

    async def _wait(self, hop: _Hop, seconds: float | None) -> int | None:
        """Wait for all calls; the index of one that took too long, or None."""
        if seconds is None:
            await hop.done.wait()
            return None
        while True:
            with anyio.move_on_after(max(0.001, hop.time_left(seconds))):
                await hop.done.wait()
                return None
            stuck = hop.give_up_late(seconds)
            if stuck is not None:
                return stuck
