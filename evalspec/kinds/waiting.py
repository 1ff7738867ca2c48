"""Waiting for blocking work that one may give up on."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


async def in_daemon_thread(function: Callable[..., T], *arguments: object) -> T:
    """Call a blocking function in a thread of its own.

    Whoever is cancelled meanwhile does not wait for it, and neither does the end of the program, as it would
    with anyio's threads.
    """
    outcome: Future[T] = Future()

    def work() -> None:
        if not outcome.set_running_or_notify_cancel():
            return
        try:
            result = function(*arguments)
        except StopIteration as error:
            # A future cannot raise it: asyncio refuses, and nobody would ever be woken.
            failure = RuntimeError(f"StopIteration: {error}")
            failure.__cause__ = error
            outcome.set_exception(failure)
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            outcome.set_exception(error)
        else:
            outcome.set_result(result)

    threading.Thread(target=copy_context().run, args=(work,), name="evalspec waiting", daemon=True).start()
    return await asyncio.wrap_future(outcome)
