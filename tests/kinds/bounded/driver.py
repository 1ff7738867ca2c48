"""Programs that use bounded work and end in several ways; run as a process by the tests."""

import asyncio
import os
import sys
from typing import Any

from evalspec.kinds.bounded import Limits, WorkFailed, run_bounded
from tests.kinds.bounded.calls import until

LONG = Limits(seconds=600)


async def call(name: str, *arguments: Any) -> Any:
    return await run_bounded(f"evalspec_misbehaving:{name}", arguments, LONG)


async def _linger(function: str, marker: str) -> None:
    """One worker is idle, one is busy; then wait to be killed."""
    first = await call("pid")
    busy = asyncio.create_task(call(function, marker))
    print(first, flush=True)
    await busy


async def _end(marker: str) -> None:
    """End while a worker is idle."""
    print(await call("pid"), flush=True)


async def _abandon(marker: str) -> None:
    """End while work goes on."""
    busy = asyncio.create_task(call("linger", marker))
    await asyncio.to_thread(until, lambda: os.path.exists(marker))
    print(busy.done(), flush=True)


async def _fork(marker: str) -> None:
    """A child made by fork gets workers of its own, and leaves its parent's alone."""
    before = await call("pid")
    child = os.fork()
    if child == 0:
        os._exit(0 if _other_worker(before) else 1)
    _, status = await asyncio.to_thread(os.waitpid, child, 0)
    print(os.waitstatus_to_exitcode(status), await call("pid") == before, flush=True)


def _other_worker(before: int) -> bool:
    # The loop that is running belongs to the parent.
    asyncio._set_running_loop(None)
    asyncio.set_event_loop_policy(None)
    found: int = asyncio.new_event_loop().run_until_complete(call("pid"))
    return found != before


async def _die_again_and_again(marker: str) -> None:
    """Without a worker that could start, calls fail and do not hang."""
    sys.executable = marker
    try:
        await call("pid")
    except WorkFailed as error:
        print(error.type, error.message.partition(":")[0], flush=True)


if __name__ == "__main__":
    installed, what, *rest = sys.argv[1:]
    sys.path.append(installed)
    asyncio.run(globals()[f"_{what}"](*rest))
