"""Limits, with a clock that moves only when somebody sleeps."""

import asyncio
import math
from collections.abc import Callable

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalspec.models.limits import LONGEST_PAUSE, Gate, Window
from tests.models.parts import Clock


def gate_of(
    clock: Clock, concurrency: int | None = None, requests: int | None = None, tokens: int | None = None
) -> Gate:
    return Gate(concurrency, requests, tokens, clock, clock.sleep)


async def passed(gate: Gate, times: int, tokens: int = 0) -> None:
    for _ in range(times):
        async with gate.passage(tokens):
            pass


async def test_without_limits_nobody_waits() -> None:
    clock = Clock()
    await passed(gate_of(clock), 100, tokens=10**9)
    assert clock.slept == []


async def test_requests_of_the_last_minute_count() -> None:
    clock = Clock()
    gate = gate_of(clock, requests=2)
    await passed(gate, 1)
    clock.now += 10
    await passed(gate, 2)
    # The third waits until the first is a minute old, not for a minute.
    assert clock.slept == [50.0]
    await passed(gate, 1)
    assert clock.slept == [50.0, 10.0]


async def test_tokens_count_as_estimated_until_they_are_known() -> None:
    clock = Clock()
    gate = gate_of(clock, tokens=100)
    async with gate.passage(60) as first:
        pass
    gate.used(first, 20)
    await passed(gate, 1, tokens=80)
    assert clock.slept == []
    await passed(gate, 1, tokens=1)
    assert clock.slept == [60.0]


async def test_tokens_beyond_the_estimate_hold_back_the_next() -> None:
    clock = Clock()
    gate = gate_of(clock, tokens=100)
    async with gate.passage(10) as first:
        gate.used(first, 100)
    clock.now += 1
    await passed(gate, 1, tokens=1)
    assert clock.slept == [59.0]


async def test_a_request_larger_than_the_limit_passes_alone() -> None:
    clock = Clock()
    gate = gate_of(clock, tokens=100)
    await passed(gate, 1, tokens=1)
    await passed(gate, 1, tokens=500)
    assert clock.slept == [60.0]


def test_a_correction_after_a_minute_changes_nothing() -> None:
    window = Window(10)
    entry = window.use(10, 0.0)
    window.correct(entry, 5, 61.0)
    assert window.delay(10, 61.0) == 0.0


@given(
    st.integers(1, 20),
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 25), st.integers(0, 25)), max_size=30),
)
def test_no_minute_has_more_than_the_limit(limit: int, steps: list[tuple[float, int, int]]) -> None:
    window, now = Window(limit), 0.0
    counted: list[tuple[float, int]] = []
    for pause, amount, true in steps:
        now += pause
        now += window.delay(amount, now)
        # Rounding can leave the last of a delay to be waited for once more.
        now += window.delay(amount, now) and math.ulp(now + 60) * 4
        entry = window.use(amount, now)
        window.correct(entry, min(true, amount), now)
        counted.append((now, min(true, amount)))
    for end, _ in counted:
        inside = [amount for moment, amount in counted if end - 60 + 1e-6 < moment <= end]
        assert sum(inside) <= limit or len([one for one in inside if one]) == 1


async def run_all(gate: Gate, number: int, body: Callable[[int], None], hold: anyio.Event) -> None:
    async def one(index: int) -> None:
        async with gate.passage(0):
            body(index)
            await hold.wait()

    async with anyio.create_task_group() as group:
        for index in range(number):
            group.start_soon(one, index)
            await anyio.lowlevel.checkpoint()
        await settled()
        hold.set()


async def settled() -> None:
    for _ in range(20):
        await anyio.lowlevel.checkpoint()


async def test_concurrency_is_first_come_first_served() -> None:
    gate = gate_of(Clock(), concurrency=2)
    inside: list[int] = []
    seen: list[list[int]] = []
    hold = anyio.Event()

    async def watch() -> None:
        await settled()
        seen.append(list(inside))

    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        await run_all(gate, 5, inside.append, hold)
    assert seen == [[0, 1]]
    assert inside == [0, 1, 2, 3, 4]


async def test_a_waiter_that_is_cancelled_leaves_the_queue() -> None:
    gate = gate_of(Clock(), concurrency=1)
    order: list[str] = []

    async def one(name: str) -> None:
        async with gate.passage(0):
            order.append(name)

    async with anyio.create_task_group() as group, gate.passage(0):
        scope = anyio.CancelScope()

        async def cancelled() -> None:
            with scope:
                await one("cancelled")

        group.start_soon(cancelled)
        await settled()
        group.start_soon(one, "next")
        await settled()
        scope.cancel()
        await settled()
        assert order == []
    assert order == ["next"]
    await passed(gate, 1)


async def test_a_waiter_that_is_cancelled_in_its_turn_passes_it_on() -> None:
    gate = gate_of(Clock(), concurrency=1)
    order: list[str] = []

    async def one(name: str) -> None:
        async with gate.passage(0):
            order.append(name)

    async with gate.passage(0):
        # asyncio's own cancellation: anyio's spares a task that is about to go on.
        first = asyncio.create_task(one("cancelled"))
        second = asyncio.create_task(one("next"))
        await settled()
    first.cancel()
    with anyio.fail_after(5):
        await second
    assert first.cancelled()
    assert order == ["next"]
    await passed(gate, 1)


async def test_one_429_holds_everybody_back() -> None:
    clock = Clock()
    gate = gate_of(clock, concurrency=4)
    async with gate.passage(0) as ticket:
        gate.refused(ticket, 7.0)
    await passed(gate, 2)
    assert clock.slept == [7.0]


@pytest.mark.parametrize(("asked", "waited"), [(500.0, LONGEST_PAUSE), (None, None), (0.0, None)])
async def test_the_pause_is_what_was_asked_up_to_two_minutes(
    asked: float | None, waited: float | None
) -> None:
    clock = Clock()
    gate = gate_of(clock)
    async with gate.passage(0) as ticket:
        gate.refused(ticket, asked)
    await passed(gate, 1)
    assert clock.slept == ([] if waited is None else [waited])


async def test_a_429_halves_and_rounds_of_successes_add_one() -> None:
    gate = gate_of(Clock(), concurrency=8)
    async with gate.passage(0) as ticket:
        gate.refused(ticket, None)
    assert gate.allowed == 4
    grown = []
    for _ in range(4 + 5 + 6 + 7 + 8):
        gate.succeeded()
        grown.append(gate.allowed)
    # Four successes for the fifth place, five for the sixth, and never more than there were.
    assert grown == [4] * 3 + [5] * 5 + [6] * 6 + [7] * 7 + [8] * 9


async def test_requests_that_were_refused_together_count_once() -> None:
    gate = gate_of(Clock(), concurrency=8)
    async with gate.passage(0) as one, gate.passage(0) as two:
        gate.refused(one, None)
        gate.refused(two, None)
        assert gate.allowed == 4
    async with gate.passage(0) as later:
        gate.refused(later, None)
    assert gate.allowed == 2
    for _ in range(5):
        async with gate.passage(0) as ticket:
            gate.refused(ticket, None)
    assert gate.allowed == 1


async def test_without_a_limit_half_of_what_was_under_way_remains() -> None:
    gate = gate_of(Clock())
    assert math.isinf(gate.allowed)
    tickets = [gate.passage(0) for _ in range(6)]
    entered = [await ticket.__aenter__() for ticket in tickets]
    gate.refused(entered[0], None)
    assert gate.allowed == 3
    for ticket in tickets:
        await ticket.__aexit__(None, None, None)
