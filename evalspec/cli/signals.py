"""Ctrl-C and SIGTERM end a run cleanly: once to finish what is under way, twice to stop at once."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from evalspec.cli.output import say
from evalspec.runner import StopSignal


@asynccontextmanager
async def stopping_on_signals(stop: StopSignal) -> AsyncIterator[None]:
    """Within this context the first signal asks a run to stop, and the next one tells it to."""

    async def watch() -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            ready.set()
            asked = False
            async for _ in signals:
                if not asked:
                    say("stopping: what is under way may finish; once more to stop at once")
                    stop.request()
                else:
                    stop.now()
                asked = True

    ready = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        await ready.wait()
        try:
            yield
        finally:
            group.cancel_scope.cancel()
