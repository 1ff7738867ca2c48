"""A pool of worker processes, each owned by a thread of this process that talks to it.

The threads make the pool independent of event loops: several may wait for it, one after the other or at once.
They are daemons, so nobody waits for them at the end of the program.
"""

import os
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from evalspec.kinds.bounded.outcomes import WORKER_DIED, Limits, TookTooLong, TooLarge, WorkFailed
from evalspec.kinds.bounded.process import NotBegun, WorkerProcess
from evalspec.kinds.bounded.watchdog import Watchdog


class Job:
    """One call on its way through the pool. Nobody waits for its outcome once it is abandoned."""

    def __init__(self, function: str, preload: Sequence[str], arguments: bytes, limits: Limits) -> None:
        self.function = function
        self.preload = preload
        self.arguments = arguments
        self.limits = limits
        self.outcome: Future[Any] = Future()
        # It is cancelled by `Pool.abandon` alone.
        self.outcome.set_running_or_notify_cancel()
        self.abandoned = False
        self.process: WorkerProcess | None = None

    def end(self, result: Any) -> None:
        """Tell whoever waits for it: a value, or what it failed with."""
        if self.abandoned:
            return
        if isinstance(result, _Failed):
            self.outcome.set_exception(result.error)
        else:
            self.outcome.set_result(result)


@dataclass(frozen=True, slots=True)
class _Failed:
    error: Exception


class _Owner:
    """What the pool knows of a thread that owns a worker process."""

    def __init__(self) -> None:
        self.inbox: SimpleQueue[Job | None] = SimpleQueue()
        self.process: WorkerProcess | None = None


class Pool:
    """At most `size` worker processes, each started when there is work and no other is free."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._watchdog = Watchdog()
        self._idle: list[_Owner] = []
        self._threads: dict[_Owner, threading.Thread] = {}
        self._waiting: deque[Job] = deque()
        self._closed = False

    def submit(self, job: Job) -> None:
        """Have it done as soon as a worker is free; does not block."""
        with self._lock:
            if self._closed:
                job.end(_Failed(_closed()))
            elif self._idle:
                # The one that was busy last has what it needs in its caches.
                self._idle.pop().inbox.put(job)
            elif len(self._threads) < self._size:
                owner = _Owner()
                owner.inbox.put(job)
                thread = threading.Thread(
                    target=self._work, args=(owner,), name="evalspec worker", daemon=True
                )
                thread.start()
                self._threads[owner] = thread
            else:
                self._waiting.append(job)

    def abandon(self, job: Job) -> None:
        """Do not begin it, or kill the process that is at it; does not block."""
        with self._lock:
            job.abandoned = True
            with suppress(ValueError):  # it does not wait any more
                self._waiting.remove(job)
            if job.process is not None:
                job.process.kill()

    def kill(self) -> None:
        """End all processes, and fail what waits. The pool takes no more work."""
        with self._lock:
            self._closed = True
            waiting, self._waiting = self._waiting, deque()
            for owner in self._threads:
                if owner.process is not None:
                    owner.process.kill()
            for owner in self._idle:
                owner.inbox.put(None)
            self._idle.clear()
        for job in waiting:
            job.end(_Failed(_closed()))
        self._watchdog.close()

    def join(self) -> None:
        """Wait until all processes are gone, after `kill`."""
        for thread in list(self._threads.values()):
            thread.join()

    def disown(self) -> None:
        """In a child made by fork, which has the pool's pipes and none of its threads."""
        for owner in self._threads:
            if owner.process is not None:
                owner.process.disown()

    def _work(self, owner: _Owner) -> None:
        while (job := owner.inbox.get()) is not None:
            while job is not None:
                result = self._carry_out(job, owner)
                # Free before anybody hears of it, or else they would find nobody free and start another.
                following = self._next(owner)
                job.end(result)
                job = following
        if owner.process is not None:
            owner.process.close()

    def _next(self, owner: _Owner) -> Job | None:
        """Work that waits; where there is none, the owner is idle from now on."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            if self._closed:
                owner.inbox.put(None)
            else:
                self._idle.append(owner)
            return None

    def _carry_out(self, job: Job, owner: _Owner) -> Any:
        """The value, or a _Failed."""
        try:
            try:
                return self._call(job, owner)
            except NotBegun:
                # It may have been killed while it was idle, such as for want of memory.
                return self._call(job, owner)
        except (TooLarge, TookTooLong, WorkFailed) as error:
            return _Failed(error)
        except NotBegun as error:
            return _Failed(WorkFailed(WORKER_DIED, str(error)))
        except Exception as error:  # noqa: BLE001 - whatever the system refuses, nobody may wait for ever
            return _Failed(WorkFailed(WORKER_DIED, f"a worker process cannot be used: {error}"))

    def _call(self, job: Job, owner: _Owner) -> Any:
        process = owner.process or WorkerProcess(self._watchdog)
        with self._lock:
            owner.process = process
            if self._closed:
                raise _closed()
            if job.abandoned:
                return None
            job.process = process
        try:
            return process.call(job.function, job.preload, job.arguments, job.limits)
        except (TooLarge, TookTooLong, WorkFailed, NotBegun):
            raise
        except BaseException:
            process.kill()
            raise
        finally:
            with self._lock:
                job.process = None
                worn = not process.usable
                if worn:
                    owner.process = None
            if worn:
                process.close()


def _closed() -> WorkFailed:
    return WorkFailed(WORKER_DIED, "the pool of workers was closed")


def default_size() -> int:
    """As many workers as processors, and two at least, so that one slow call does not hold up all others."""
    return max(2, os.cpu_count() or 2)
