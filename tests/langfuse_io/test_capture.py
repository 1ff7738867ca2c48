"""User code's own spans. The Langfuse client is one per process, so this runs in processes of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evalspec.journal.ids import ids_of_call
from evalspec.journal.otlp import any_value, to_json
from tests.emulator.handle import REPOSITORY, EmulatorServer

KEY = ("20261123-190501-k3f9qa", "item-0", 0, "", 1)
TRACE, SPAN = ids_of_call(KEY)
START = f"""
import asyncio, json, logging, sys, threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from opentelemetry import context
from evalspec.langfuse_io.capture import SpanCapture
from evalspec.langfuse_io.settings import settings_from
logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
KEY = {KEY!r}

@contextmanager
def attached(key=KEY):
    before = context.get_current()
    yield capture.attach(key)
    context.attach(before)

def tell(captured):
    print(json.dumps([json.loads(span.payload) for span in captured.take()]))
"""


def run_python(code: str, environ: dict[str, str] | None = None) -> list[Any]:
    """What a fresh process tells, line by line; it must not write to stderr."""
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", START + code],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={"PYTHONPATH": str(REPOSITORY), "PATH": "/usr/bin:/bin", **(environ or {})},
        timeout=60,
    )
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""
    return [json.loads(line) for line in process.stdout.splitlines()]


def attributes(span: dict[str, Any]) -> dict[str, Any]:
    return {pair["key"]: next(iter(pair["value"].values())) for pair in span["attributes"]}


Told = dict[str, list[Any]]
SCENARIOS = """
from langfuse import get_client, observe
from opentelemetry import trace
from evalspec.langfuse_io import capture as module
capture = SpanCapture(None)

def begin(name):
    print(json.dumps({"scenario": name}))

begin("decorated_functions_nest_without_keys_or_network")

@observe(as_type="generation", name="model")
def inner(question):
    get_client().update_current_generation(model="m-1", usage_details={"input": 3})
    return question.upper()

@observe
def outer(question):
    return inner(question)

with attached() as captured:
    assert outer("why?") == "WHY?"
tell(captured)
outer("after the item")
with attached() as another:
    pass
assert another.take() == ()

begin("concurrent_items_do_not_mix")

@observe
async def step(number):
    await asyncio.sleep(0.01 * (number % 3))
    return number

async def item(number):
    with attached((*KEY[:4], number + 1)) as captured:
        await asyncio.gather(step(number), asyncio.to_thread(work, number))
    spans = [json.loads(span.payload) for span in captured.take()]
    return [(span["name"], span["traceId"], span["parentSpanId"]) for span in spans]

@observe
def work(number):
    return number

async def main():
    return await asyncio.gather(*(item(number) for number in range(20)))

print(json.dumps(asyncio.run(main())))

begin("spans_that_end_after_they_were_taken_are_dropped")

with attached() as captured:
    late = get_client().start_observation(name="late")
    get_client().start_observation(name="in time").end()
    later = get_client().start_observation(name="after, and before they are taken")
later.end()
tell(captured)
late.end()
with attached() as unused:
    unused.take()
    outer("begun when it was over")
tell(unused)
tell(captured)

begin("other_instrumentations_are_filtered_as_langfuse_does")

with attached() as captured:
    with trace.get_tracer("pydantic-ai", "9.1").start_as_current_span("agent") as span:
        span.set_attribute("n", 3)
        span.set_attribute("many", ["a", "b"])
        span.add_event("said", {"x": 1.5})
    trace.get_tracer("urllib").start_span("http").end()
    with trace.get_tracer("mine").start_as_current_span("call") as span:
        span.set_attribute("gen_ai.request.model", "m")
tell(captured)

begin("exceptions_are_recorded_as_errors")

@observe
def broken():
    raise ValueError("no such country")

with attached() as captured:
    try:
        broken()
    except ValueError:
        pass
tell(captured)

begin("too_many_spans_are_counted")
module.MAX_SPANS = 3
with attached() as captured:
    for number in range(10):
        get_client().start_observation(name=f"n{number}").end()
tell(captured)
"""


@pytest.fixture(scope="module")
def told() -> Told:
    """What each scenario told, all run in one process without keys."""
    found: Told = {}
    for line in run_python(SCENARIOS):
        if isinstance(line, dict):
            current = found[line["scenario"]] = []
        else:
            current.append(line)
    return found


def test_decorated_functions_nest_without_keys_or_network(told: Told) -> None:
    [spans] = told["decorated_functions_nest_without_keys_or_network"]
    inner, outer = spans

    assert (inner["name"], outer["name"]) == ("model", "outer")
    assert outer["traceId"] == inner["traceId"] == TRACE
    assert outer["parentSpanId"] == SPAN
    assert inner["parentSpanId"] == outer["spanId"]
    assert attributes(inner)["langfuse.observation.type"] == "generation"
    assert attributes(inner)["langfuse.observation.model.name"] == "m-1"
    assert attributes(outer)["langfuse.observation.output"] == "WHY?"
    for span in spans:
        assert not any("app_root" in key or "evalspec" in key for key in attributes(span))


def test_concurrent_items_do_not_mix(told: Told) -> None:
    [items] = told["concurrent_items_do_not_mix"]
    for number, spans in enumerate(items, 1):
        trace, span = ids_of_call((*KEY[:4], number))
        assert sorted(spans) == [["step", trace, span], ["work", trace, span]]


def test_spans_that_end_after_they_were_taken_are_dropped(told: Told) -> None:
    first, begun_later, second = told["spans_that_end_after_they_were_taken_are_dropped"]
    assert [span["name"] for span in first] == ["in time", "after, and before they are taken"]
    assert begun_later == second == []


def test_langfuse_may_be_imported_late_and_in_user_code() -> None:
    [spans] = run_python("""
capture = SpanCapture(None)
assert "langfuse" not in sys.modules

def task():
    import langfuse.openai  # noqa: F401
    return None

def user_code():
    from langfuse import observe
    return observe(lambda: 1, name="lazy")()

with attached() as captured:
    user_code()
tell(captured)
import langfuse
assert type(langfuse.__loader__).__name__ == "SourceFileLoader"
""")
    assert [span["name"] for span in spans] == ["lazy"]


def test_other_instrumentations_are_filtered_as_langfuse_does(told: Told) -> None:
    [spans] = told["other_instrumentations_are_filtered_as_langfuse_does"]
    agent, call = spans
    assert agent["scope"] == {"name": "pydantic-ai", "version": "9.1"}
    [span] = agent["spans"]
    assert next(iter(span)) == "attributes"
    assert span["parentSpanId"] == SPAN
    assert {"key": "n", "value": {"intValue": "3"}} in span["attributes"]
    assert span["events"][0]["name"] == "said"
    assert call["scope"]["name"] == "mine"


def test_exceptions_are_recorded_as_errors(told: Told) -> None:
    [[span]] = told["exceptions_are_recorded_as_errors"]
    assert (
        span["status"] == {"code": 2, "message": "ValueError: no such country"} or span["status"]["code"] == 2
    )
    assert attributes(span)["langfuse.observation.level"] == "ERROR"


def test_too_many_spans_are_counted(told: Told) -> None:
    [spans] = told["too_many_spans_are_counted"]
    assert [span["name"] for span in spans] == ["n0", "n1", "n2", "spans not recorded"]
    notice = spans[-1]
    assert "7 further spans" in attributes(notice)["langfuse.observation.status_message"]
    assert (notice["traceId"], notice["parentSpanId"]) == (TRACE, SPAN)


def test_a_client_that_was_there_first_is_joined() -> None:
    [spans] = run_python(
        """
from langfuse import Langfuse, observe
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

class Nowhere(SpanExporter):
    def export(self, spans):
        return SpanExportResult.SUCCESS

Langfuse(public_key="pk-1", secret_key="sk-1", base_url="http://127.0.0.1:9", span_exporter=Nowhere())
import os
capture = SpanCapture(settings_from(os.environ))
with attached() as captured:
    observe(lambda: 1, name="mine")()
tell(captured)
""",
        {
            "LANGFUSE_BASE_URL": "http://127.0.0.1:9",
            "LANGFUSE_PUBLIC_KEY": "pk-1",
            "LANGFUSE_SECRET_KEY": "sk-1",
        },
    )
    assert [span["name"] for span in spans] == ["mine"]
    assert not any("app_root" in key for key in attributes(spans[0]))


def test_only_what_belongs_to_no_item_is_sent_by_the_sdk(emulator: EmulatorServer) -> None:
    run_python(
        """
import os
capture = SpanCapture(settings_from(os.environ))
from langfuse import get_client, observe
with attached() as captured:
    observe(lambda: 1, name="in the item")()
observe(lambda: 1, name="elsewhere")()
get_client().flush()
tell(captured)
""",
        emulator.env(),
    )
    assert [row["name"] for row in emulator.admin.dump()["spans"]] == ["elsewhere"]


def test_a_local_run_sends_nothing_although_there_are_keys(emulator: EmulatorServer) -> None:
    run_python(
        """
import os
capture = SpanCapture(settings_from(os.environ), publish=False)
from langfuse import Langfuse, observe
mine = Langfuse()
with attached() as captured:
    observe(lambda: 1, name="in the item")()
observe(lambda: 1, name="elsewhere")()
mine.flush()
assert len(captured.take()) == 1
""",
        emulator.env(),
    )
    assert emulator.admin.dump()["spans"] == []


def test_nothing_heavy_is_imported_for_code_that_does_not_trace(tmp_path: Path) -> None:
    told = run_python("""
capture = SpanCapture(None)
with attached() as captured:
    pass
captured.take()
print(json.dumps(sorted({"langfuse", "opentelemetry.sdk.trace", "httpx"} & set(sys.modules))))
""")
    assert told == [[]]


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("a", {"stringValue": "a"}),
        (True, {"boolValue": True}),
        (2**60, {"intValue": str(2**60)}),
        (1.5, {"doubleValue": 1.5}),
        (float("nan"), {"stringValue": "nan"}),
        (b"\xff", {"stringValue": "\\xff"}),
        ((1, "x"), {"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "x"}]}}),
        ({"k": None}, {"kvlistValue": {"values": [{"key": "k", "value": {}}]}}),
    ],
)
def test_attribute_values(value: Any, encoded: dict[str, Any]) -> None:
    assert any_value(value) == encoded


def test_texts_that_are_no_unicode_survive_in_some_form() -> None:
    assert (
        to_json({"a\ud800": ["b\udfff", 2**70]}) == b'{"a\\\\ud800":["b\\\\udfff","1180591620717411303424"]}'
    )


def test_a_context_that_is_left_behind_keeps_no_spans() -> None:
    told = run_python("""
import contextvars, gc, weakref
capture = SpanCapture(None)
from langfuse import get_client
kept = []
with attached() as captured:
    kept.append(contextvars.copy_context())
    span = get_client().start_observation(name="much")
    span.end()
    gone = weakref.ref(span._otel_span)
    del span
assert len(captured.take()) == 1
gc.collect()
print(json.dumps(gone() is None))
""")
    assert told == [True]
