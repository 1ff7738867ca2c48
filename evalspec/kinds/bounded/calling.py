"""Calling a function in a worker process, or in this one where its cost is known to be small."""

import atexit
import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from evalspec.kinds.bounded.outcomes import DEFAULT_LIMITS, Limits, Refused, TooLarge, WorkFailed
from evalspec.kinds.wording import message_of

if TYPE_CHECKING:
    from evalspec.kinds.bounded.pool import Pool


class _Shared:
    """The pool of this process, made when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: Pool | None = None
        self._inherited: list[Pool] = []
        atexit.register(self._at_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def get(self) -> "Pool":
        from evalspec.kinds.bounded.pool import Pool, default_size

        with self._lock:
            if self._pool is None:
                self._pool = Pool(default_size())
            return self._pool

    def take(self) -> "Pool | None":
        with self._lock:
            pool, self._pool = self._pool, None
            return pool

    def _at_exit(self) -> None:
        if (pool := self.take()) is not None:
            pool.kill()

    def _after_fork(self) -> None:
        # Whoever held the lock is not in this process.
        self._lock = threading.Lock()
        if (pool := self.take()) is not None:
            pool.disown()
            self._inherited.append(pool)


_shared = _Shared()


async def run_bounded(
    function: str,
    arguments: Sequence[Any],
    limits: Limits = DEFAULT_LIMITS,
    *,
    preload: Sequence[str] = (),
) -> Any:
    """Call `function` in a worker process; the answer is its value.

    `function` is `"evalspec.some.module:name"`, a plain function of JSON-like values (None, bool, int, float,
    str, list, dict with str as keys, and bytes) that returns one; a tuple it returns arrives as a list. Its
    module is one of evalspec, or of an installed plug-in, which is trusted: it has a group of entry points
    `evalspec.*`. `preload` names modules to import before its time begins, those that the function imports
    itself.

    Raises TooLarge, TookTooLong and WorkFailed; and TypeError where an argument is not JSON-like. A call that
    is cancelled is killed.
    """
    # Here and not above, because workers import this package, too.
    import asyncio

    from evalspec.kinds.bounded.pool import Job
    from evalspec.kinds.bounded.wire import dump_arguments

    job = Job(function, preload, dump_arguments(arguments, limits.bytes), limits)
    pool = _shared.get()
    pool.submit(job)
    try:
        return await asyncio.wrap_future(job.outcome)
    except (asyncio.CancelledError, GeneratorExit):
        pool.abandon(job)
        raise


async def run_limited(
    function: str,
    arguments: Sequence[Any],
    cost: int,
    quick: int,
    limits: Limits = DEFAULT_LIMITS,
    *,
    preload: Sequence[str] = (),
) -> Any:
    """Like `run_bounded`, but in this process, at once and without limits, where `cost` is at most `quick`.

    `cost` is a bound on the work in a unit of the caller's, such as the length of a text or a product of two.
    The exceptions are the same; the value is what the function returned.
    """
    if cost > quick:
        return await run_bounded(function, arguments, limits, preload=preload)
    return _call_here(function, arguments)


async def close_pool() -> None:
    """End all worker processes and wait until they are gone. Work that is under way fails; work that follows
    gets new ones. The end of the program does it, too.
    """
    import asyncio

    if (pool := _shared.take()) is not None:
        pool.kill()
        await asyncio.to_thread(pool.join)


def _call_here(function: str, arguments: Sequence[Any]) -> Any:
    from evalspec.kinds.bounded.functions import find_function

    try:
        return find_function(function)(*arguments)
    except TooLarge:
        raise
    except RecursionError:
        raise TooLarge("the input is nested too deeply") from None
    except MemoryError:
        raise TooLarge("the work needs more memory than there is") from None
    except Refused as error:
        raise WorkFailed("Refused", error.message, error.kind) from error
    # Whatever hostile input makes a library raise ends this call alone.
    except Exception as error:
        raise WorkFailed(type(error).__name__, message_of(error)) from error
