"""Spans that user code makes with the Langfuse SDK within observations of ours nest under those. The Langfuse
client is one per process, so this runs in a process of its own.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evalspec.journal.ids import ids_of_call
from evalspec.journal.reader import JournalReader
from evalspec.plan.document import dump_plan
from tests.emulator.handle import REPOSITORY, EmulatorServer
from tests.tasks.asking import caller, decoded, of, spec_of

CODE = """
import asyncio
from langfuse import get_client, observe
from opentelemetry import trace

@observe(as_type="retriever")
def search(query):
    get_client().update_current_span(metadata={"index": "small"})
    return "Paris"

@observe(as_type="tool", name="inner")
def look(country):
    return search(country)

@observe(as_type="tool", name="inner later")
async def look_later(country):
    await asyncio.sleep(0)
    return await asyncio.to_thread(search, country)

def find(input):
    with trace.get_tracer("langfuse-sdk").start_as_current_span("plain"):
        return search(input["country"])

def fails(input):
    with get_client().start_as_current_observation(name="doomed"):
        raise ValueError("no such country")
"""
RUN = """
import anyio, pathlib, sys
import evalspec

folder = pathlib.Path(sys.argv[1])
plan = evalspec.load_plan(folder / "plan.json")
result = anyio.run(evalspec.run, plan, evalspec.RunOptions(start=folder, root=folder))
print(result.folder)
"""
LOOK = {"parameters": {"type": "object", "properties": {"country": {"type": "string"}}}}
RULES = [
    {"pattern": "Spain", "answer": "Madrid."},
    {"pattern": "(France)", "tool": "look", "arguments": {"country": "\\1"}},
    {"pattern": "Paris", "answer": "It is Paris."},
]
ASK = {"type": "prompt", "prompt": "ask", "model": "answering"}


def run_in_process(root: Path, task: dict[str, Any], environ: dict[str, str] | None = None) -> Path:
    """Run a task for one item in a process of its own; the folder of the run."""
    (root / "nested.py").write_text(CODE)
    tree = spec_of(
        task,
        prompts={"ask": {"type": "inline", "text": "{{ input.country }}"}},
        models={"answering": {"model": "embedded:rules", "rules": RULES}},
        limits={"retries": 0},
    )
    (root / "plan.json").write_bytes(dump_plan(caller(root, tree).plan))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN, str(root)],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(REPOSITORY), "PATH": "/usr/bin:/bin", **(environ or {})},
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return Path(done.stdout.strip())


def ran(root: Path, task: dict[str, Any]) -> list[dict[str, Any]]:
    """The spans of the task's call."""
    with JournalReader(run_in_process(root, task)) as reader:
        (trial,) = reader.next_unpublished(0, 10)
        call = ids_of_call((reader.header().run_id, "france", 0, "", 1))
    spans = decoded(trial.task_spans)
    names = {span["spanId"]: span["name"] for span in spans} | {call[1]: "call"}
    assert {span["traceId"] for span in spans} == {call[0]}
    return [{**span, "parent": names.get(span["parentSpanId"], "?")} for span in spans]


def parents(spans: list[dict[str, Any]]) -> dict[str, str]:
    return {span["name"]: span["parent"] for span in spans}


@pytest.mark.parametrize(("function", "inner"), [("look", "inner"), ("look_later", "inner later")])
def test_in_the_function_of_a_tool(tmp_path: Path, function: str, inner: str) -> None:
    spans = ran(tmp_path, {**ASK, "tools": [{**LOOK, "name": "look", "callable": f"nested:{function}"}]})
    assert parents(spans) == {"search": inner, inner: "look", "look": "call", "ask": "call"}
    assert len(spans) == 5
    tool = next(span for span in spans if span["name"] == "look")
    assert (of(tool, "type"), of(tool, "output")) == ("tool", "Paris")
    found = next(span for span in spans if span["name"] == "search")
    assert (of(found, "type"), of(found, "metadata.index")) == ("retriever", "small")


def test_in_the_steps_of_a_chain(tmp_path: Path) -> None:
    find = {"name": "find", "type": "python", "callable": "nested:find"}
    again = {**find, "name": "again", "input": "input"}
    spans = ran(tmp_path, {"type": "chain", "steps": [find, {**ASK, "name": "answer"}, again]})
    places = [(span["name"], span["parent"]) for span in spans if span["name"] in ("plain", "search")]
    assert sorted(places) == [("plain", "again"), ("plain", "find"), ("search", "plain"), ("search", "plain")]
    assert parents(spans)["ask"] == "answer"


def test_under_a_step_that_fails_and_on_the_server(tmp_path: Path, emulator: EmulatorServer) -> None:
    fails = {"name": "find", "type": "python", "callable": "nested:fails"}
    run_in_process(tmp_path, {"type": "chain", "steps": [fails]}, emulator.env())
    rows = {row["name"]: row for row in emulator.admin.dump()["spans"]}
    assert rows["doomed"]["parent_id"] == rows["find"]["span_id"]
    assert rows["find"]["parent_id"] == rows["experiment-item-task"]["span_id"]
    assert json.loads(rows["doomed"]["content"])["level"] == "ERROR"
