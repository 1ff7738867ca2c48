"""Every way in which bounded work can end, and that the next call is none the worse for it."""

import os
import signal
from pathlib import Path

import pytest

from evalspec.kinds.bounded import Limits, TookTooLong, TooLarge, WorkFailed, run_bounded, run_limited
from tests.kinds.bounded.calls import PATIENT, call, is_alive, until

pytestmark = pytest.mark.usefixtures("pool")

BRIEF = Limits(seconds=0.1)


async def test_work_happens_in_another_process_that_is_used_again() -> None:
    first, second = await call("count"), await call("count")
    assert first[0] == second[0] != os.getpid()
    assert [first[1], second[1]] == [1, 2]


async def test_an_endless_loop_is_killed() -> None:
    before = await call("pid")
    with pytest.raises(TookTooLong, match=r"more than 0\.1 seconds"):
        await call("loop", limits=BRIEF)
    assert not is_alive(before)
    assert await call("pid") != before


async def test_c_code_that_holds_the_lock_of_the_interpreter_is_killed(tmp_path: Path) -> None:
    with pytest.raises(TookTooLong):
        await call("loop_in_c", str(tmp_path / "pid"), limits=Limits(seconds=1))
    assert not is_alive(int((tmp_path / "pid").read_text()))


async def test_what_the_work_started_is_killed_with_it(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    with pytest.raises(TookTooLong):
        await call("start_a_child_and_loop", str(marker), limits=Limits(seconds=2))
    until(lambda: not is_alive(int(marker.read_text())))


async def test_time_begins_with_the_function_and_not_with_the_call() -> None:
    limits = Limits(seconds=1)
    # The import alone takes longer.
    assert await run_bounded("evalspec_misbehaving:echo", [1], limits, preload=["slow_to_import"]) == 1


async def test_memory_has_an_end() -> None:
    limits = Limits(seconds=30, memory=64 * 1024 * 1024)
    assert await call("take_memory", 32 * 1024 * 1024, limits=limits) == 32 * 1024 * 1024
    with pytest.raises(TooLarge, match="more memory"):
        await call("take_memory", 65 * 1024 * 1024, limits=limits)
    assert await call("take_memory", 32 * 1024 * 1024, limits=limits) == 32 * 1024 * 1024


async def test_a_worker_that_keeps_memory_is_replaced() -> None:
    limits = Limits(seconds=30, memory=64 * 1024 * 1024)
    little = 8 * 1024 * 1024
    first = await call("keep_memory", little, limits=limits)
    assert await call("keep_memory", little, limits=limits) == first
    assert await call("keep_memory", 3 * little, limits=limits) == first
    assert await call("keep_memory", little, limits=limits) != first


async def test_a_recursion_that_is_too_deep() -> None:
    assert await call("recurse", 100) == 100
    with pytest.raises(TooLarge, match="nested too deeply"):
        await call("recurse", 1_000_000)


async def test_trees_that_are_too_deep() -> None:
    with pytest.raises(TooLarge, match="nested too deeply"):
        await call("nested", 100_000)
    tree: list[object] = []
    for _ in range(100_000):
        tree = [tree]
    with pytest.raises(TooLarge, match="nested too deeply"):
        await call("echo", tree)


async def test_input_beyond_the_limit_does_not_get_into_a_worker() -> None:
    limits = Limits(bytes=1_000, seconds=30)
    assert await call("echo", "x" * 900, limits=limits) == "x" * 900
    with pytest.raises(TooLarge, match="more than 1,000 bytes"):
        await call("echo", "x" * 1_000, limits=limits)
    with pytest.raises(TooLarge, match="more than 1,000 bytes"):
        # Two bytes each in UTF-8.
        await call("echo", "é" * 500, limits=limits)
    with pytest.raises(TooLarge, match="more than 1,000 bytes"):
        await call("echo", list(range(1_000)), limits=limits)


async def test_an_answer_beyond_the_limit() -> None:
    with pytest.raises(TooLarge, match="the answer has more than 67,108,864 bytes"):
        await call("long_text", 40_000_000)


async def test_a_crash_ends_the_call_alone() -> None:
    with pytest.raises(WorkFailed, match="ended by SIGSEGV") as crashed:
        await call("crash")
    assert crashed.value.type == "WorkerDied"
    with pytest.raises(WorkFailed, match="ended with status 7") as left:
        await call("leave", 7)
    assert left.value.type == "WorkerDied"
    assert await call("echo", "still there") == "still there"


async def test_a_worker_that_was_killed_while_it_was_idle_is_not_noticed() -> None:
    before = await call("pid")
    os.kill(before, signal.SIGKILL)
    assert await call("pid") != before


async def test_what_the_function_raises() -> None:
    before = await call("pid")
    for name, arguments, outcome in [
        ("fail", ["no such thing"], ("LookupError", "no such thing", None)),
        ("fail_unspeakably", [], ("Unspeakable", "Unspeakable", None)),
        ("leave_politely", [], ("SystemExit", "enough", None)),
        ("refuse", ["not_sql", "that is no SQL"], ("Refused", "that is no SQL", "not_sql")),
    ]:
        with pytest.raises(WorkFailed) as failed:
            await call(name, *arguments)
        assert (failed.value.type, failed.value.message, failed.value.kind) == outcome
    with pytest.raises(TooLarge, match="2,000 words"):
        await call("find_too_large", "there are more than 2,000 words")
    assert await call("pid") == before


@pytest.mark.parametrize("text", ["x", "é", "\ud800"])
async def test_prints_disturb_nobody(text: str) -> None:
    if text == "\ud800":
        with pytest.raises(WorkFailed) as failed:
            await call("print_much", text)
        assert failed.value.type == "UnicodeEncodeError"
    else:
        assert await call("print_much", text) == ""
    assert await call("echo", 1) == 1


async def test_noise_in_the_pipes_ends_the_worker() -> None:
    before = await call("pid")
    with pytest.raises(WorkFailed, match="does not keep to the protocol") as failed:
        await call("disturb")
    assert failed.value.type == "WorkerDied"
    assert not is_alive(before)
    assert await call("echo", 1) == 1


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("os:getpid", "`os` is neither a module of evalspec nor of an installed plug-in"),
        ("evalspecious:run", "neither a module of evalspec"),
        ("bystander:greet", "neither a module of evalspec"),
        ("evalspec.kinds.wording:os.getpid", "not of the form"),
        ("evalspec.kinds.wording", "not of the form"),
        ("evalspec.kinds.wording:re", "has no function `re`"),
        ("evalspec.kinds.wording:nothing", "has no function `nothing`"),
    ],
)
async def test_what_may_not_be_called(function: str, message: str) -> None:
    for calling in (run_bounded(function, [], PATIENT), run_limited(function, [], 1, 1)):
        with pytest.raises(WorkFailed, match=message) as failed:
            await calling
        assert failed.value.type == "NotAllowed"


async def test_a_module_that_is_not_there() -> None:
    with pytest.raises(WorkFailed, match=r"evalspec\.nothing") as failed:
        await run_bounded("evalspec.nothing:at_all", [], PATIENT)
    assert failed.value.type == "ModuleNotFoundError"
    with pytest.raises(WorkFailed, match="no_such_library") as failed:
        await run_bounded("evalspec_misbehaving:echo", [1], PATIENT, preload=["no_such_library"])
    assert failed.value.type == "ModuleNotFoundError"


async def test_arguments_that_do_not_fit_fail_there() -> None:
    with pytest.raises(WorkFailed, match="missing 1 required positional argument") as failed:
        await call("echo")
    assert failed.value.type == "TypeError"


async def test_what_is_cheap_is_done_here() -> None:
    function = "evalspec_misbehaving:pid"
    assert await run_limited(function, [], 10, 10) == os.getpid()
    assert await run_limited(function, [], 11, 10, PATIENT) != os.getpid()


@pytest.mark.parametrize("cost", [1, 2])
async def test_here_and_there_it_ends_the_same_way(cost: int) -> None:
    async def run(name: str, *arguments: object) -> object:
        return await run_limited(f"evalspec_misbehaving:{name}", arguments, cost, 1, PATIENT)

    assert await run("echo", {"a": [1, None]}) == {"a": [1, None]}
    with pytest.raises(WorkFailed) as refused:
        await run("refuse", "not_sql", "no SQL")
    assert (refused.value.type, refused.value.message, refused.value.kind) == ("Refused", "no SQL", "not_sql")
    with pytest.raises(WorkFailed) as failed:
        await run("fail", "nothing")
    assert (failed.value.type, failed.value.message, failed.value.kind) == ("LookupError", "nothing", None)
    with pytest.raises(TooLarge, match="nested too deeply"):
        await run("recurse", 1_000_000)
    with pytest.raises(TooLarge, match="too many"):
        await run("find_too_large", "too many")
    with pytest.raises(TooLarge, match="more memory"):
        await run("take_memory", 2**62)
