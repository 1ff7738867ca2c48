"""How a run is asked to stop, from a signal handler, another thread or another task."""

import asyncio
import threading
from collections.abc import Callable

_ASKED = 1
_NOW = 2


class StopSignal:
    """Ends a run early: `request` lets what is under way finish within a short grace, `now` does not.

    Either may be called from anywhere, before or while the run goes on; one signal may serve several runs.
    """

    def __init__(self) -> None:
        self._level = 0
        self._lock = threading.RLock()  # a signal handler may interrupt its own thread
        self._listeners: list[tuple[asyncio.AbstractEventLoop, Callable[[], None]]] = []

    @property
    def requested(self) -> bool:
        """Whether runs should begin nothing new."""
        return self._level >= _ASKED

    @property
    def immediate(self) -> bool:
        """Whether runs should drop what is under way."""
        return self._level >= _NOW

    @property
    def heard(self) -> bool:
        """Whether a run listens, and so will end in an orderly way."""
        return bool(self._listeners)

    def request(self) -> None:
        """Begin nothing new; what is under way may finish."""
        self._raise_to(_ASKED)

    def now(self) -> None:
        """Stop at once."""
        self._raise_to(_NOW)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called on the running event loop at every change, and now if there was one; the
        answer ends that.
        """
        entry = (asyncio.get_running_loop(), listener)
        with self._lock:
            self._listeners.append(entry)
            if self._level:
                entry[0].call_soon(listener)

        def forget() -> None:
            with self._lock:
                self._listeners.remove(entry)

        return forget

    def _raise_to(self, level: int) -> None:
        with self._lock:
            if level <= self._level:
                return
            self._level = level
            for loop, listener in self._listeners:
                loop.call_soon_threadsafe(listener)
