"""Threads for blocking user code. Like anyio's, except that they do not keep a program from ending: a call
that never returns is abandoned, and nobody may have to wait for it.
"""

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue

import anyio

Job = Callable[[], None]


class AllThreadsStuck(Exception):
    """Every thread is held by a call that was abandoned, and none of them ends."""


class Threads:
    """At most `size` threads that work at once; a job that was abandoned counts until it ends.

    To be used from one event loop. `patience` is how many seconds to wait for a thread while all are stuck.
    """

    def __init__(self, size: int, patience: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._slots = anyio.Semaphore(size, fast_acquire=True)
        self._size = size
        self._patience = patience
        self._idle: list[SimpleQueue[Job | None]] = []
        self._abandoned: set[int] = set()
        self._jobs = 0
        self._closed = False

    @property
    def stuck(self) -> int:
        """Abandoned jobs that still go on."""
        return len(self._abandoned)

    async def start(self, job: Job) -> int:
        """Have `job`, which must not raise, run in a thread as soon as one is free; the answer is its number.

        Raises AllThreadsStuck.
        """
        await self._take_slot()
        self._jobs += 1
        number = self._jobs

        def run() -> None:
            job()
            self._tell(number)

        if self._idle:
            self._idle.pop().put(run)
        else:
            inbox: SimpleQueue[Job | None] = SimpleQueue()
            inbox.put(run)
            threading.Thread(target=self._work, args=(inbox,), name="evalspec call", daemon=True).start()
        return number

    def abandon(self, number: int) -> None:
        """Note that nobody waits for a job any more."""
        self._abandoned.add(number)

    def close(self) -> None:
        """Let idle threads end; those that are busy end with their job."""
        self._closed = True
        for inbox in self._idle:
            inbox.put(None)
        self._idle.clear()

    async def _take_slot(self) -> None:
        try:
            self._slots.acquire_nowait()
        except anyio.WouldBlock:
            await self._wait_for_slot()

    async def _wait_for_slot(self) -> None:
        while True:
            with anyio.move_on_after(self._patience):
                await self._slots.acquire()
                return
            if len(self._abandoned) >= self._size:
                raise AllThreadsStuck

    def _work(self, inbox: "SimpleQueue[Job | None]") -> None:
        while (job := inbox.get()) is not None:
            job()
            if not self._tell_idle(inbox):
                return

    def _tell(self, number: int) -> None:
        """From a job's thread: its slot is free."""
        self._call_soon(lambda: self._release(number))

    def _release(self, number: int) -> None:
        self._abandoned.discard(number)
        self._slots.release()

    def _tell_idle(self, inbox: "SimpleQueue[Job | None]") -> bool:
        return self._call_soon(lambda: self._park(inbox))

    def _park(self, inbox: "SimpleQueue[Job | None]") -> None:
        if self._closed:
            inbox.put(None)
        else:
            self._idle.append(inbox)

    def _call_soon(self, callback: Callable[[], None]) -> bool:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:  # the loop has ended while an abandoned call went on
            return False
        return True
