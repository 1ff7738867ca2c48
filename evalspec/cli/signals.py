"""Ctrl-C and SIGTERM end a run cleanly: once to finish what is under way, twice to stop at once. Before the
run has begun there is nothing to finish.
"""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from evalspec.cli.output import say
from evalspec.runner import StopSignal

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopping_on_signals(stop: StopSignal) -> Iterator[None]:
    """Within this context, on the running event loop, the first signal asks a run to stop and the next tells
    it to. While no run listens the current task is cancelled.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None

    def on_signal() -> None:
        if not stop.heard:
            task.cancel()
        elif stop.requested:
            stop.now()
        else:
            say("stopping: what is under way may finish; once more to stop at once")
            stop.request()

    for number in SIGNALS:
        loop.add_signal_handler(number, on_signal)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
