"""Time limits of worker processes: one thread that kills those whose time is over.

It is a thread and not a timer of an event loop, because a loop that is held up by user code would hold up the
limits, and because a pool serves several loops.
"""

import math
import threading
import time
from typing import Protocol


class Killable(Protocol):
    """What can be ended at its time limit."""

    def kill(self, *, overdue: bool) -> None: ...


class Watchdog:
    """Kills what takes longer than it may. Its thread does not keep a program from ending."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: dict[Killable, float] = {}
        self._awake_at = math.inf
        self._thread: threading.Thread | None = None
        self._closed = False

    def watch(self, watched: Killable, seconds: float) -> None:
        """Give it so many seconds from now on, in place of what it had."""
        due = time.monotonic() + seconds
        with self._changed:
            self._due[watched] = due
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="evalspec watchdog", daemon=True)
                self._thread.start()
            elif due < self._awake_at:
                self._changed.notify()

    def forget(self, watched: Killable) -> None:
        """Give it all the time there is."""
        with self._changed:
            self._due.pop(watched, None)

    def close(self) -> None:
        """Watch nothing any more."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _look(self) -> None:
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                for watched in [watched for watched, due in self._due.items() if due <= now]:
                    del self._due[watched]
                    watched.kill(overdue=True)
                # It is not woken where a limit is lifted, so it may find nothing to do.
                self._awake_at = min(self._due.values(), default=math.inf)
                self._changed.wait(None if self._awake_at == math.inf else max(0.0, self._awake_at - now))
