"""Calling user code on the event loop: timed, bounded, in a context of its own, whatever it raises."""

import asyncio
import contextvars
import math
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from types import CoroutineType, coroutine
from typing import Any

import anyio
from anyio.lowlevel import checkpoint

from evalspec.journal.ids import CallKey
from evalspec.journal.records import SpanRecord
from evalspec.kinds.tracing import CallTrace, begin_trace
from evalspec.runner.ports import Captured, SpanCapture
from evalspec.runner.watchdog import TimedCall, Watchdog

Clock = Callable[[], int]
"""Nanoseconds since 1970, UTC."""


class Call(TimedCall):
    """One call of user code: what is called, then what came of it.

    `error` is what it raised; `timed_out` that it took too long, `abandoned` that it goes on in its thread.
    """

    started_ns = 0
    ended_ns = 0
    value: Any = None
    error: BaseException | None = None
    abandoned = False
    spans: tuple[SpanRecord, ...] = ()
    observes = False
    """Whether what is called records observations of its own."""
    _captured: Captured | None = None
    _trace: CallTrace | None = None
    _mark = 0

    def __init__(self, function: Callable[[], Any], context: contextvars.Context, clock: Clock) -> None:
        self.function = function
        self.context = context
        self._clock = clock

    def begin(self, capture: SpanCapture | None, key: CallKey | None) -> None:
        """Start the clock, and make the call's span the current one in its context."""
        self.started_ns = self._clock()
        self._mark = time.perf_counter_ns()
        if key is not None:
            if capture is not None:
                self._captured = self.context.run(capture.attach, key)
            if self.observes:
                nesting = None if self._captured is None else self._captured.below
                self._trace = self.context.run(begin_trace, key, nesting)

    def end(self) -> None:
        """Stop the clock, and take the spans. The end never comes before the start, whatever clocks do."""
        self.ended_ns = self.started_ns + time.perf_counter_ns() - self._mark
        if self._captured is not None:
            self.spans = self._captured.take()
        if self._trace is not None:
            self.spans += self._trace.take()

    def outlasted(self, seconds: float) -> bool:
        """Whether its time is over, told by the watchdog or by the clock: a call that blocks the event loop
        blocks the watchdog, too."""
        return self.timed_out or time.perf_counter_ns() - self._mark > seconds * 1e9

    def abandon(self) -> None:
        """Give up on a call that goes on in its thread."""
        self.timed_out = self.abandoned = True
        self.end()


async def call_on_loop(
    call: Call,
    seconds: float | None,
    watchdog: Watchdog,
    capture: SpanCapture | None = None,
    key: CallKey | None = None,
) -> None:
    """Call a function that returns a value or something to await, and give it so many seconds. Only a
    cancellation of the run gets out."""
    try:
        call.begin(capture, key)
        if seconds is not None:
            watchdog.watch(call, seconds)
        try:
            value = call.context.run(call.function)
        except GeneratorExit as error:
            raise _ClosedItself(error) from error
        if type(value) is CoroutineType:
            value = await _driven(call.context, value)
        elif hasattr(type(value), "__await__"):
            value = await _driven(call.context, _awaited(value))
        if seconds is not None and call.outlasted(seconds):
            # It made something of being cancelled, or let nobody cancel it, but too late.
            call.timed_out = True
            _forget_cancellations()
        else:
            call.value = value
    except GeneratorExit:
        raise
    except BaseException as error:
        if _run_is_cancelled():
            # Whatever the user code made of its cancellation is not its result.
            await checkpoint()
            raise
        _forget_cancellations()
        if not call.timed_out:
            call.error = error.error if isinstance(error, _ClosedItself) else error
    finally:
        if seconds is not None:
            watchdog.forget(call)
        call.end()


def _run_is_cancelled() -> bool:
    """Whether a scope around this task is cancelled, as opposed to user code cancelling itself."""
    return anyio.current_effective_deadline() == -math.inf


def _forget_cancellations() -> None:
    """A cancellation by the watchdog, or by user code of the task it runs in, ends the call and not the
    worker.
    """
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()


class _ClosedItself(Exception):
    """User code raised GeneratorExit, which from anywhere else means that the worker is being closed."""

    def __init__(self, error: GeneratorExit) -> None:
        self.error = error
        super().__init__()


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value


@coroutine
def _driven(context: contextvars.Context, steps: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Run a coroutine in this task, in another context: what it sets there does not reach the next call."""
    run, send = context.run, steps.send
    closing = False
    try:
        waited = run(send, None)
        while True:
            try:
                answer = yield waited
            except GeneratorExit:
                closing = True
                run(steps.close)
                raise
            except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the coroutine
                waited = run(steps.throw, error)
            else:
                waited = run(send, answer)
    except StopIteration as stop:
        return stop.value
    except GeneratorExit as error:
        if closing:
            raise
        raise _ClosedItself(error) from error
