"""Many callers, callers that give up, and event loops that come and go."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import anyio
import pytest

from evalspec.kinds.bounded import Limits, TookTooLong, WorkFailed, close_pool
from evalspec.kinds.bounded.outcomes import DEFAULT_LIMITS
from evalspec.kinds.bounded.pool import Job, Pool, default_size
from evalspec.kinds.bounded.wire import dump_arguments
from tests.kinds.bounded.calls import PATIENT, call, children, is_alive, pid_in, until

pytestmark = pytest.mark.usefixtures("pool")


async def wait_for(path: Path) -> int:
    return await asyncio.to_thread(pid_in, path)


async def test_many_callers_share_few_workers() -> None:
    answers = await asyncio.gather(*(call("echo_all", number, "x" * number) for number in range(300)))
    assert answers == [[number, "x" * number] for number in range(300)]
    assert 1 <= len(children()) <= default_size()


async def test_one_caller_after_the_other_needs_one_worker() -> None:
    workers = {await call("pid") for _ in range(50)}
    assert len(workers) == 1
    assert children() == workers


async def test_waiting_for_a_worker_does_not_count() -> None:
    # Each loops until it is killed: the last ones wait for much longer than a call may take.
    limits, longer = Limits(seconds=0.5), Limits(seconds=1)
    loops = [call("loop", limits=limits) for _ in range(3 * default_size())]
    outcomes = await asyncio.gather(*loops, call("echo", "done", limits=longer), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes[:-1]] == [TookTooLong] * 3 * default_size()
    assert outcomes[-1] == "done"


async def test_the_event_loop_goes_on_meanwhile(tmp_path: Path) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(call, "linger", str(tmp_path / "pid"))
        await wait_for(tmp_path / "pid")
        assert await call("echo", 1) == 1
        group.cancel_scope.cancel()


async def test_a_cancelled_call_is_killed_and_the_pool_goes_on(tmp_path: Path) -> None:
    calls = [
        asyncio.create_task(call("linger", str(tmp_path / str(number)))) for number in range(default_size())
    ]
    workers = [await wait_for(tmp_path / str(number)) for number in range(default_size())]
    waiting = asyncio.create_task(call("linger", str(tmp_path / "waiting")))
    await anyio.sleep(0.01)
    for task in (waiting, *calls):
        task.cancel()
    outcomes = await asyncio.gather(waiting, *calls, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {asyncio.CancelledError}
    assert await call("echo", "next") == "next"
    until(lambda: not any(map(is_alive, workers)))
    assert not (tmp_path / "waiting").exists()


async def test_a_time_limit_of_the_caller_ends_the_work(tmp_path: Path) -> None:
    with anyio.move_on_after(0.5) as scope:
        await call("linger", str(tmp_path / "pid"))
    assert scope.cancelled_caught
    assert await call("echo", 1) == 1


async def test_calls_that_are_cancelled_at_any_moment_disturb_no_other() -> None:
    async def impatient(number: int) -> None:
        with anyio.move_on_after(number / 20_000):
            assert await call("echo", number) == number

    for number in range(0, 60, 3):
        await asyncio.gather(impatient(number), impatient(number + 1))
        assert await call("echo", -number) == -number


def test_event_loops_one_after_the_other() -> None:
    async def pid() -> Any:
        return await call("pid")

    async def abandoned() -> None:
        task = asyncio.create_task(call("loop"))
        await asyncio.sleep(0.05)
        assert not task.done()

    first = asyncio.run(pid())
    assert asyncio.run(pid()) == first
    asyncio.run(abandoned())
    assert isinstance(asyncio.run(pid()), int)
    assert anyio.run(pid)
    asyncio.run(close_pool())


def test_event_loops_at_the_same_time() -> None:
    answers: dict[int, list[Any]] = {}

    async def work(number: int) -> list[Any]:
        return await asyncio.gather(*(call("echo", [number, turn]) for turn in range(20)))

    def run(number: int) -> None:
        answers[number] = asyncio.run(work(number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: [[number, turn] for turn in range(20)] for number in range(4)}


async def test_work_under_way_fails_where_the_pool_is_closed(tmp_path: Path) -> None:
    calls = [
        asyncio.create_task(call("linger", str(tmp_path / str(number)))) for number in range(default_size())
    ]
    for number in range(default_size()):
        await wait_for(tmp_path / str(number))
    waiting = asyncio.create_task(call("echo", 1))
    await anyio.sleep(0.01)
    await close_pool()
    outcomes = await asyncio.gather(waiting, *calls, return_exceptions=True)
    assert all(isinstance(outcome, WorkFailed) for outcome in outcomes)
    assert {getattr(outcome, "type", None) for outcome in outcomes} == {"WorkerDied"}
    assert children() == set()


async def test_a_closed_pool_takes_nothing() -> None:
    pool = Pool(2)
    pool.kill()
    job = Job("evalspec_misbehaving:pid", (), dump_arguments([], 100), DEFAULT_LIMITS)
    pool.submit(job)
    with pytest.raises(WorkFailed, match="closed"):
        job.outcome.result(timeout=30)
    pool.join()


async def test_a_long_call_does_not_hold_up_a_short_one(tmp_path: Path) -> None:
    long = asyncio.create_task(call("linger", str(tmp_path / "pid"), limits=PATIENT))
    await wait_for(tmp_path / "pid")
    assert await asyncio.gather(*(call("echo", number) for number in range(20))) == list(range(20))
    long.cancel()
    with pytest.raises(asyncio.CancelledError):
        await long
