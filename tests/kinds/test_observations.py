"""Observations read from spans: in Langfuse's words, OpenTelemetry's and OpenInference's."""

from typing import Any

import orjson
import pytest

from evalspec.journal.otlp import attributes_json
from evalspec.journal.records import SpanRecord
from evalspec.kinds.observations import Observation, read_observations

START = 1_795_000_000_000_000_000


def span(
    span_id: str = "a" * 16,
    parent: str | None = "f" * 16,
    name: str = "call",
    start: int = START,
    seconds: float = 1.5,
    status: dict[str, Any] | None = None,
    **attributes: Any,
) -> dict[str, Any]:
    content = {
        "attributes": attributes_json({key.replace("__", "."): value for key, value in attributes.items()}),
        "traceId": "0" * 32,
        "spanId": span_id,
        "name": name,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + round(seconds * 1e9)),
        "status": status or {},
    }
    return content if parent is None else {**content, "parentSpanId": parent}


def record(content: dict[str, Any], scope: str | None = None) -> SpanRecord:
    """As the journal keeps it: a span of another scope than Langfuse's is wrapped."""
    wrapped = content if scope is None else {"scope": {"name": scope}, "spans": [content]}
    return SpanRecord(content["spanId"], orjson.dumps(wrapped))


def read(scope: str | None = None, **fields: Any) -> Observation:
    [found] = read_observations([record(span(**fields), scope)])
    return found


LANGFUSE: dict[str, Any] = {
    "langfuse__observation__type": "GENERATION",
    "langfuse__observation__input": '{"q": [1, 2]}',
    "langfuse__observation__output": "plain text",
    "langfuse__observation__level": "WARNING",
    "langfuse__observation__status_message": "slow",
    "langfuse__observation__model__name": "m-1",
    "langfuse__observation__metadata": '{"team": "a", "n": 1}',
    "langfuse__observation__metadata__n": "2",
    "langfuse__observation__usage_details": '{"input": 3, "output": 4.0, "prompt_tokens_details": {"x": 1}}',
    "langfuse__observation__cost_details": '{"input": 0.25, "output": 0.5}',
    "langfuse__observation__completion_start_time": '"2026-11-18T11:06:40.500000Z"',
    "gen_ai__response__finish_reasons": ["stop", "length"],
}


def test_langfuse_attributes() -> None:
    found = read(**LANGFUSE)
    assert found.type == "generation"
    assert (found.input, found.output) == ({"q": [1, 2]}, "plain text")
    assert (found.level, found.status_message, found.model) == ("WARNING", "slow", "m-1")
    assert found.metadata == {"team": "a", "n": 2}
    assert found.usage == {"input": 3, "output": 4}
    assert found.cost == 0.75
    assert found.finish_reason == "stop"
    assert found.duration == 1.5
    # 2026-11-18T11:06:40Z is 1,795,000,000 seconds after 1970.
    assert found.completion_start_ns == pytest.approx(START + 500_000_000, abs=1000)
    assert found.as_dict() == {
        "name": "call",
        "type": "generation",
        "input": {"q": [1, 2]},
        "output": "plain text",
        "metadata": {"team": "a", "n": 2},
        "level": "WARNING",
        "duration": 1.5,
    }


def test_a_total_cost_is_the_cost() -> None:
    assert read(langfuse__observation__cost_details='{"input": 1, "total": 0.5}').cost == 0.5
    assert read(gen_ai__usage__cost=0.125).cost == 0.125
    assert read().cost is None


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({}, "span"),
        ({"gen_ai__request__model": "m"}, "generation"),
        ({"gen_ai__operation__name": "chat"}, "generation"),
        ({"gen_ai__operation__name": "execute_tool"}, "tool"),
        ({"gen_ai__operation__name": "invoke_agent"}, "agent"),
        ({"gen_ai__operation__name": "embeddings"}, "embedding"),
        ({"openinference__span__kind": "RETRIEVER"}, "retriever"),
        ({"openinference__span__kind": "LLM"}, "generation"),
        ({"openinference__span__kind": "OTHER"}, "span"),
        ({"langfuse__observation__type": "tool", "gen_ai__operation__name": "chat"}, "tool"),
    ],
)
def test_types(attributes: dict[str, Any], kind: str) -> None:
    assert read("some.instrumentation", **attributes).type == kind


def test_opentelemetry_conventions() -> None:
    tool = read(
        "agents",
        name="execute_tool weather",
        gen_ai__operation__name="execute_tool",
        gen_ai__tool__name="weather",
        gen_ai__tool__call__arguments='{"city": "Oslo"}',
        gen_ai__tool__call__result="rain",
    )
    assert (tool.name, tool.type, tool.input, tool.output) == ("weather", "tool", {"city": "Oslo"}, "rain")
    model = read(
        gen_ai__operation__name="chat",
        gen_ai__request__model="alias",
        gen_ai__response__model="m-1",
        gen_ai__usage__input_tokens=7,
        gen_ai__usage__output_tokens=2,
    )
    assert (model.model, model.usage) == ("m-1", {"input": 7, "output": 2})


def test_a_status_of_error_is_the_level() -> None:
    failed = read(status={"code": 2, "message": "no such city"})
    assert (failed.level, failed.status_message) == ("ERROR", "no such city")
    assert read(status={"code": 1}).level == "DEFAULT"


def test_broken_attributes_are_left_as_they_are() -> None:
    found = read(
        langfuse__observation__input="{broken",
        langfuse__observation__usage_details="[1]",
        langfuse__observation__completion_start_time="soon",
        langfuse__observation__metadata="3",
        gen_ai__response__finish_reasons="stop",
    )
    assert found.input == "{broken"
    assert (found.usage, found.completion_start_ns, found.finish_reason) == (None, None, None)
    assert found.metadata == {}


def test_order_and_repetitions() -> None:
    """In the order of beginning; what was recorded twice counts as recorded last."""
    late, early = span("1" * 16, start=START + 5), span("2" * 16, start=START)
    again = span("1" * 16, start=START + 5, name="again")
    found = read_observations([record(late), record(early), record(again)])
    assert [(one.id[0], one.name) for one in found] == [("2", "call"), ("1", "again")]


def test_what_is_below_a_replaced_span_is_left_out() -> None:
    first, second = "a" * 16, "b" * 16
    spans = [
        record(span("1" * 16, first)),
        record(span("2" * 16, "1" * 16)),
        record(span("3" * 16, second)),
        record(span("4" * 16, "5" * 16)),
        record(span("5" * 16, "4" * 16)),
        record(span("6" * 16, None)),
    ]
    kept = [one.id[0] for one in read_observations(spans, {first})]
    assert kept == ["3", "4", "5", "6"]


def test_the_end_never_comes_before_the_beginning() -> None:
    assert read(seconds=-3).duration == 0
