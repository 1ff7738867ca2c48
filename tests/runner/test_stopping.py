"""How a run ends early: limits, interrupts, a journal that cannot be written, cancellation from outside."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from evalspec.diagnostics.errors import JournalError
from evalspec.evaluators.base import Subject
from evalspec.journal.journal import Journal
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import RunStatus
from evalspec.plan.values import Item
from evalspec.runner import StopSignal, execute
from tests.runner.parts import FunctionEvaluator, FunctionTask, carry_out, echo, folder_of, is_expected
from tests.support.plans import make_plan
from tests.support.runs import create_run, results_of

pytestmark = pytest.mark.anyio


def status_of(store: Path) -> RunStatus:
    with JournalReader(folder_of(store)) as reader:
        return reader.status()


async def test_the_deadline_ends_a_run_that_can_go_on(tmp_path: Path) -> None:
    async def slow(item: Item, trial: int) -> Any:
        await anyio.sleep(60 if item.input["n"] >= 2 else 0)
        return item.input

    plan = make_plan(6, limits={"deadline": 0.3, "concurrency": 2})
    outcome = await carry_out(tmp_path, plan, slow)
    assert (outcome.completed, outcome.stopped_by) == (False, "deadline")
    assert outcome.done <= 2
    done = outcome.done
    assert status_of(tmp_path) is RunStatus.INTERRUPTED
    outcome = await carry_out(tmp_path, plan, echo)
    assert (outcome.completed, outcome.done) == (True, 6 - done)
    undisturbed = tmp_path / "undisturbed"
    await carry_out(undisturbed, plan, echo)
    assert results_of(folder_of(tmp_path)) == results_of(folder_of(undisturbed))


async def test_too_many_errors_end_a_run_that_can_go_on(tmp_path: Path) -> None:
    async def fails(item: Item, trial: int) -> Any:
        await anyio.lowlevel.checkpoint()
        raise ValueError("no")

    plan = make_plan(50, limits={"max_errors": 3, "concurrency": 2})
    outcome = await carry_out(tmp_path, plan, fails)
    assert (outcome.completed, outcome.stopped_by) == (False, "max_errors")
    assert 3 <= outcome.failed <= 4  # what was under way ended as well
    outcome = await carry_out(tmp_path, plan, echo)
    assert outcome.completed
    assert outcome.done == 50 - 4 or outcome.done == 50 - 3


async def test_failed_evaluations_are_errors_too(tmp_path: Path) -> None:
    def fails(subject: Subject) -> float:
        raise ValueError("no")

    plan = make_plan(50, limits={"max_errors": 2, "concurrency": 1})
    outcome = await carry_out(tmp_path, plan, evaluators={"exact": fails})
    assert (outcome.stopped_by, outcome.done) == ("max_errors", 2)


async def test_an_interrupt_lets_what_is_under_way_finish(tmp_path: Path) -> None:
    stop = StopSignal()

    async def asks(item: Item, trial: int) -> Any:
        if item.input["n"] == 3:
            stop.request()
        await anyio.sleep(0.05)
        return item.input

    plan = make_plan(20, limits={"concurrency": 2})
    outcome = await carry_out(tmp_path, plan, asks, stop=stop)
    assert (outcome.completed, outcome.stopped_by) == (False, "interrupt")
    assert outcome.done == 4
    with JournalReader(folder_of(tmp_path)) as reader:
        assert reader.publication_counts().spans.complete == 4
    assert status_of(tmp_path) is RunStatus.INTERRUPTED


async def test_the_grace_ends(tmp_path: Path) -> None:
    stop = StopSignal()

    async def never(item: Item, trial: int) -> Any:
        stop.request()
        await anyio.sleep(60)

    outcome = await carry_out(tmp_path, make_plan(3), never, stop=stop, grace=0.1)
    assert (outcome.completed, outcome.stopped_by, outcome.done, outcome.failed) == (False, "interrupt", 0, 0)


@pytest.mark.parametrize("blocking", [False, True])
async def test_a_second_interrupt_ends_the_run_at_once(tmp_path: Path, blocking: bool) -> None:
    stop = StopSignal()
    release = threading.Event()

    async def never(item: Item, trial: int) -> Any:
        if item.input["n"] == 1:
            stop.request()
            stop.now()
        await anyio.sleep(60 if item.input["n"] else 0)
        return item.input

    def blocks(item: Item, trial: int) -> Any:
        if item.input["n"] == 1:
            stop.request()
            stop.now()
        if item.input["n"]:
            release.wait(10)
        return item.input

    plan = make_plan(5, limits={"concurrency": 1})
    outcome = await carry_out(tmp_path, plan, blocks if blocking else never, blocking=blocking, stop=stop)
    release.set()
    assert (outcome.completed, outcome.stopped_by, outcome.done) == (False, "interrupt", 1)
    assert outcome.abandoned_threads == int(blocking)
    with JournalReader(folder_of(tmp_path)) as reader:
        assert reader.trial_counts().failed == 0


async def test_what_user_code_makes_of_an_interrupt_is_no_result(tmp_path: Path) -> None:
    stop = StopSignal()

    async def hides(item: Item, trial: int) -> Any:
        stop.now()
        try:
            await anyio.sleep(60)
        except anyio.get_cancelled_exc_class():
            raise ValueError("something else") from None

    outcome = await carry_out(tmp_path, make_plan(3), hides, stop=stop)
    assert (outcome.stopped_by, outcome.failed) == ("interrupt", 0)


async def test_a_stop_before_the_start(tmp_path: Path) -> None:
    stop = StopSignal()
    stop.request()
    outcome = await carry_out(tmp_path, make_plan(500, limits={"concurrency": 1}), stop=stop)
    assert (outcome.completed, outcome.stopped_by) == (False, "interrupt")
    assert outcome.done <= 1


async def test_a_stop_that_comes_when_all_is_done_stops_nothing(tmp_path: Path) -> None:
    stop = StopSignal()

    async def asks(item: Item, trial: int) -> Any:
        stop.request()
        return item.input

    outcome = await carry_out(tmp_path, make_plan(1), asks, stop=stop)
    assert (outcome.completed, outcome.stopped_by) == (True, None)


async def test_a_stop_from_another_thread(tmp_path: Path) -> None:
    stop = StopSignal()
    started = threading.Event()

    async def waits(item: Item, trial: int) -> Any:
        started.set()
        await anyio.sleep(60)

    def ask() -> None:
        started.wait(10)
        stop.now()

    thread = threading.Thread(target=ask)
    thread.start()
    outcome = await carry_out(tmp_path, make_plan(3), waits, stop=stop)
    thread.join()
    assert outcome.stopped_by == "interrupt"


async def test_a_cancelled_run_leaves_the_journal_in_order(tmp_path: Path) -> None:
    plan = make_plan(5, limits={"concurrency": 1})

    async def slow(item: Item, trial: int) -> Any:
        await anyio.sleep(60 if item.input["n"] == 2 else 0)
        return item.input

    with anyio.move_on_after(0.3) as scope:
        await carry_out(tmp_path, plan, slow)
    assert scope.cancelled_caught
    assert status_of(tmp_path) is RunStatus.INTERRUPTED
    with JournalReader(folder_of(tmp_path)) as reader:
        done = reader.trial_counts().completed
        assert done <= 2
        assert reader.trial_counts().failed == 0
    outcome = await carry_out(tmp_path, plan)
    assert (outcome.completed, outcome.done) == (True, 5 - done)


async def test_a_journal_that_cannot_be_written_ends_the_run(tmp_path: Path) -> None:
    plan = make_plan(3000)
    journal = create_run(tmp_path, plan)
    pages = await asyncio.wrap_future(
        journal.submit(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
    )
    limit = f"PRAGMA max_page_count = {pages + 5}"
    await asyncio.wrap_future(journal.submit(lambda connection: connection.execute(limit).fetchone()))
    with journal, pytest.raises(JournalError, match="cannot be written: database or disk is full"):
        await execute(
            plan,
            journal,
            task=FunctionTask(echo),
            evaluators={"exact": FunctionEvaluator(is_expected)},
        )
    outcome = await carry_out(tmp_path, plan)
    assert outcome.completed
    with JournalReader(folder_of(tmp_path)) as reader:
        assert reader.trial_counts().completed == 3000


async def test_evaluators_must_be_those_of_the_plan(tmp_path: Path) -> None:
    journal: Journal = create_run(tmp_path, make_plan(1))
    with journal, pytest.raises(ValueError, match="not those of the plan"):
        await execute(make_plan(1), journal, task=FunctionTask(echo), evaluators={})
