"""What evalspec's own kinds record, read back as observations."""

import asyncio
import json
from contextvars import Context

import pytest

from evalspec.journal.ids import ids_of_call
from evalspec.kinds.observations import read_observations
from evalspec.kinds.tracing import begin_trace, observe

KEY = ("20261123-190501-k3f9qa", "item-0", 0, "", 1)
MOMENT = 1_795_000_000_250_000_000


def test_what_is_recorded_is_read_back() -> None:
    trace = begin_trace(KEY)
    with observe("answer", "generation", input=[{"role": "user", "content": "Hi"}]) as call:
        call.output = "Hello"
        call.metadata = {"try": 1, "note": "text"}
        call.model = "m-1"
        call.parameters = {"temperature": 0}
        call.usage = {"input": 3, "output": 1}
        call.cost = 0.25
        call.completion_start_ns = MOMENT
        call.finish_reason = "stop"
        call.level = "WARNING"
        call.status_message = "slow"
        call.started_ns, call.ended_ns = MOMENT - 1000, MOMENT + 1_000_000_000
    [found] = read_observations(trace.take())
    assert (found.name, found.type) == ("answer", "generation")
    assert (found.input, found.output) == ([{"role": "user", "content": "Hi"}], "Hello")
    assert found.metadata == {"try": 1, "note": "text"}
    assert (found.model, found.usage, found.cost) == ("m-1", {"input": 3, "output": 1}, 0.25)
    assert found.completion_start_ns == pytest.approx(MOMENT, abs=1000)
    assert (found.finish_reason, found.level, found.status_message) == ("stop", "WARNING", "slow")
    assert (found.started_ns, found.ended_ns) == (MOMENT - 1000, MOMENT + 1_000_000_000)


def test_spans_are_those_of_the_call_and_nest() -> None:
    trace = begin_trace(KEY)
    with observe("agent", "agent"):
        with observe("search", "tool"):
            pass
        with observe("fetch", "tool"):
            pass
    trace_id, call = ids_of_call(KEY)
    spans = [json.loads(span.payload) for span in trace.take()]
    assert {span["traceId"] for span in spans} == {trace_id}
    by_name = {span["name"]: span for span in spans}
    assert by_name["agent"]["parentSpanId"] == call
    assert by_name["search"]["parentSpanId"] == by_name["fetch"]["parentSpanId"] == by_name["agent"]["spanId"]
    # An observation ends after those below it, and has an id that says where it is.
    assert [span["name"] for span in spans] == ["search", "fetch", "agent"]


def ids_of_two() -> list[str]:
    trace = begin_trace(KEY)
    for name in ("one", "two"):
        with observe(name):
            pass
    return [span.span_id for span in trace.take()]


def test_ids_are_derived_from_the_place() -> None:
    assert ids_of_two() == ids_of_two()
    assert len(set(ids_of_two())) == 2


def test_an_exception_is_the_level_and_the_message() -> None:
    trace = begin_trace(KEY)
    with pytest.raises(ValueError, match="no city"), observe("weather", "tool"):
        raise ValueError("no city")
    [found] = read_observations(trace.take())
    assert (found.level, found.status_message) == ("ERROR", "ValueError: no city")


def test_what_ends_after_the_call_is_dropped() -> None:
    trace = begin_trace(KEY)
    with observe("late"):
        assert trace.take() == ()
    assert trace.take() == ()


def test_outside_of_a_call_nothing_is_kept() -> None:
    def alone() -> object:
        with observe("nobody", "tool") as observation:
            observation.output = 1
        return observation.output

    trace = begin_trace(KEY)
    assert Context().run(alone) == 1
    assert trace.take() == ()


def test_calls_at_once_keep_their_own() -> None:
    async def one(number: int) -> list[str]:
        trace = begin_trace((*KEY[:2], number, "", 1))
        with observe(f"outer {number}"):
            await asyncio.sleep(0.001 * (3 - number))
            with observe(f"inner {number}"):
                await asyncio.sleep(0)
        return [found.name for found in read_observations(trace.take())]

    async def main() -> list[list[str]]:
        return await asyncio.gather(*(asyncio.create_task(one(number)) for number in range(3)))

    assert asyncio.run(main()) == [[f"outer {number}", f"inner {number}"] for number in range(3)]


def test_the_end_never_comes_before_the_beginning() -> None:
    trace = begin_trace(KEY)
    with observe("clock") as observation:
        observation.started_ns, observation.ended_ns = MOMENT, MOMENT - 5
    [found] = read_observations(trace.take())
    assert found.started_ns == found.ended_ns == MOMENT


def test_text_that_is_no_unicode_survives_in_some_form() -> None:
    trace = begin_trace(KEY)
    with observe("odd", "tool", input={"text": "\ud800", "huge": 2**70}):
        pass
    [found] = read_observations(trace.take())
    assert found.input == {"text": "\\ud800", "huge": str(2**70)}
