"""Time limits of calls on the event loop: one timer for all of them, because a timer and a cancel scope for
each would cost more than many a call.
"""

import asyncio

_AGAIN_SECONDS = 0.1
"""A call that goes on although it was cancelled is cancelled again after this long."""


class TimedCall:
    """What the watchdog needs to know about a call."""

    timed_out = False


class Watchdog:
    """Cancels the tasks whose call takes too long, and marks the call as `timed_out`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._watched: dict[TimedCall, tuple[float, asyncio.Task[object]]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, call: TimedCall, seconds: float) -> None:
        """Give the call that the current task is about to make so many seconds."""
        task = asyncio.current_task()
        assert task is not None  # it is called by a worker
        due = self._loop.time() + seconds
        self._watched[call] = (due, task)
        if self._timer is None or due < self._timer.when():
            self._set(due)

    def forget(self, call: TimedCall) -> None:
        """The call has ended, if it began."""
        self._watched.pop(call, None)

    def close(self) -> None:
        """Watch nothing any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _set(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        self._timer = None
        now = self._loop.time()
        for call, (due, task) in self._watched.items():
            if due <= now:
                call.timed_out = True
                task.cancel()
                self._watched[call] = (now + _AGAIN_SECONDS, task)
        if self._watched:
            self._set(min(due for due, _ in self._watched.values()))
