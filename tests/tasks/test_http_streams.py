"""Streamed responses of an `http` task."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalspec.kinds.http.streams import Event, EventReader, StreamFormat
from evalspec.kinds.observations import read_observations
from evalspec.kinds.outside import MAX_RESPONSE, CallFailed
from evalspec.kinds.tracing import begin_trace
from tests.support.http_service import Reply, Service, as_json, as_text, http_service
from tests.tasks.test_http import ask, failure

SSE = "text/event-stream"
OPENAI = "".join(
    f"data: {data}\n\n"
    for data in (
        '{"choices": [{"delta": {"role": "assistant", "content": ""}}]}',
        '{"choices": [{"delta": {"content": "Pa"}}]}',
        '{"choices": [{"delta": {"content": "ris"}}]}',
        '{"choices": [{"delta": {}, "finish_reason": "stop"}]}',
        "[DONE]",
    )
)
CONTENT = "event.json.choices[0].delta.content | default('')"


@pytest.fixture
def service() -> Iterator[Service]:
    with http_service() as running:
        yield running


def events(body: bytes, form: StreamFormat = "sse", cuts: list[int] | None = None) -> list[Event]:
    reader = EventReader(form)
    found: list[Event] = []
    places = [0, *sorted(cut % (len(body) + 1) for cut in cuts or ()), len(body)]
    for start, end in pairwise(places):
        found += reader.feed(body[start:end])
    return [*found, *reader.finish()]


# The examples of the HTML standard, section 9.2.6.
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("data: YHOO\ndata: +2\ndata: 10\n\n", [Event("YHOO\n+2\n10")]),
        (
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            [Event("first event", id="1"), Event("second event"), Event(" third event")],
        ),
        ("data\n\ndata\ndata\n\ndata:", [Event(""), Event("\n")]),
        ("data:test\n\ndata: test\n\n", [Event("test"), Event("test")]),
        ("event: add\r\ndata: 7\r\n\r\nevent: add\rdata: 8\r\r", [Event("7", "add"), Event("8", "add")]),
        (
            "\ufeffdata: a\u2028b\x0b\n\nretry: 10\nunknown: x\nevent: lost\n\ndata: c\n\n",
            [Event("a\u2028b\x0b"), Event("c")],
        ),
        ("data: never ended\n", []),
        ("", []),
    ],
)
def test_events_as_the_standard_reads_them(body: str, expected: list[Event]) -> None:
    assert events(body.encode()) == expected


@given(
    st.lists(
        st.sampled_from(["data: é", "data", "id: 1", "event: x", ": c", "", "", "\r", "\n"]), max_size=30
    ),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.integers(0, 400), max_size=10),
    st.sampled_from(["sse", "lines"]),
)
def test_it_does_not_matter_how_a_stream_is_cut(
    lines: list[str], end: str, cuts: list[int], form: StreamFormat
) -> None:
    body = end.join(lines).encode()
    assert events(body, form, cuts) == events(body, form)


def test_lines() -> None:
    assert events(b'{"a": 1}\r\n\n  \nlast', "lines") == [Event('{"a": 1}'), Event("last")]
    with pytest.raises(CallFailed, match="not UTF-8"):
        events(b"\xff\n", "lines")


async def test_texts_are_put_together(service: Service) -> None:
    service.script(as_text(OPENAI, kind=SSE))
    trace = begin_trace(("run", "1", 0, "", 1))
    assert await ask(service.url, stream="sse", until="[DONE]", extract=CONTENT) == "Paris"
    assert service.asked[0].headers["accept"] == "text/event-stream"
    (observation,) = read_observations(trace.take())
    assert observation.output == "Paris"
    assert observation.metadata["events"] == 2
    first = observation.completion_start_ns
    assert first is not None
    # Langfuse keeps microseconds of this time.
    assert observation.started_ns - 1000 <= first <= observation.ended_ns


async def test_other_values_are_listed(service: Service) -> None:
    service.script(as_text('{"n": 1}\n\n{"n": null}\n{"n": "two"}', kind="application/jsonl"))
    assert await ask(service.url, stream="lines", extract="event.json.n") == [1, "two"]
    assert await ask(service.url, stream="lines") == [{"n": 1}, {"n": None}, {"n": "two"}]
    service.script(as_text("data: Pa\n\ndata: ris\n\n", kind=SSE))
    assert await ask(service.url, stream="sse") == "Paris"


FAILURES: list[tuple[Reply, dict[str, Any], str, bool]] = [
    (as_text(OPENAI.removesuffix("data: [DONE]\n\n"), kind=SSE), {}, "incomplete_stream", True),
    (as_text(OPENAI.replace("choices", "chances"), kind=SSE), {}, "missing_key", False),
    (as_text("data: {\n\n", kind=SSE), {}, "invalid_json", False),
    (as_text("x" * (MAX_RESPONSE + 1), kind=SSE), {}, "too_large", False),
    (
        Reply(raw=b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\ndata: x\n\n"),
        {},
        "invalid",
        False,
    ),
    (as_json({"error": "busy"}, 503), {}, "http_status", True),
]


@pytest.mark.parametrize(("reply", "more", "kind", "outage"), FAILURES)
async def test_streams_that_fail(
    service: Service, reply: Reply, more: dict[str, Any], kind: str, outage: bool
) -> None:
    service.script(reply)
    found = await failure(service.url, **{"stream": "sse", "until": "[DONE]", "extract": CONTENT, **more})
    assert found.kind.startswith(kind)
    assert found.outage is outage


async def test_a_stream_that_is_cut_off_is_an_outage(service: Service) -> None:
    body = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\ndata: x\n\n\r\n5\r\ndat"
    service.script(Reply(raw=body))
    found = await failure(service.url, stream="sse")
    assert (found.kind, found.outage) == ("connection_failed", True)
