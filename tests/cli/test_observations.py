"""Evaluators of what a task does, from `@observe` to scores on observations of the server."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from evalspec.journal.reader import JournalReader
from tests.cli.conftest import Project
from tests.emulator.handle import EmulatorServer

Use = Callable[[Any], None]
SPEC = """\
evalspec = 1
name = "agent"

[dataset]
type = "file"
path = "capitals.jsonl"

[task]
type = "python"
callable = "agent:answer"

[scores.found]
data_type = "BOOLEAN"
[scores.length]
data_type = "NUMERIC"
[scores.last_tool]
data_type = "CATEGORICAL"
categories = ["search", "fetch"]
[scores.searched]
data_type = "BOOLEAN"
[scores.right_call]
data_type = "BOOLEAN"
[scores.tokens]
data_type = "NUMERIC"
[scores.usd]
data_type = "NUMERIC"
[scores.steps]
data_type = "NUMERIC"
[scores.failed]
data_type = "NUMERIC"
[scores.quick]
data_type = "BOOLEAN"
[scores.passed]
data_type = "BOOLEAN"

[evaluators.found]
type = "exact_match"
value = "observation.output.found"
expected = "true"
score = "found"
attach = { to = "observation", type = "tool", match = "each", on_none = "skip" }

[evaluators.length]
type = "expression"
value = "observation.output.words | length"
score = "length"
attach = { to = "observation", name = "search", match = "each", on_none = "skip" }

[evaluators.last_tool]
type = "expression"
value = "observation.name"
score = "last_tool"
attach = { to = "observation", type = "tool", match = "last", on_none = "skip" }

[evaluators.searched]
type = "tool_sequence"
names = ["search", "fetch"]
order = "in_order"
score = "searched"

[evaluators.right_call]
type = "tool_arguments"
name = "search"
expected = "{'query': input}"
score = "right_call"

[evaluators.tokens]
type = "token_usage"
score = "tokens"

[evaluators.usd]
type = "cost"
score = "usd"

[evaluators.steps]
type = "step_count"
score = "steps"

[evaluators.failed]
type = "error_spans"
score = "failed"

[evaluators.quick]
type = "latency"
max = "1h"
scores = { passed = "quick" }

[evaluators.passed]
type = "all"
of = ["found", "searched", "scores.failed == 0"]
score = "passed"
"""
CODE = """\
from langfuse import get_client, observe


@observe(as_type="tool")
def search(query):
    return {"found": True, "words": query.split()}


@observe(as_type="tool")
def fetch(number):
    if number == 0:
        raise LookupError("nothing there")
    return {"found": number > 1, "words": []}


@observe(as_type="generation")
def think(words):
    get_client().update_current_generation(
        usage_details={"input": words, "output": 1}, cost_details={"total": words / 8}
    )


def answer(question):
    words = question.split()
    if len(words) == 1:
        return question
    think(len(words))
    search(query=question)
    try:
        fetch(number=len(words) - 2)
    except LookupError:
        pass
    return question
"""
ITEMS = ["one", "one two", "one two three", "one two three four"]


@pytest.fixture
def agent(project: Project) -> Project:
    project.write("capitals.evalspec.toml", SPEC)
    project.write("agent.py", CODE)
    project.items([(text, text) for text in ITEMS])
    return project


def run(project: Project, *more: str) -> Any:
    """Run the spec in a process of its own: the Langfuse client is one per process."""
    command = [sys.executable, "-m", "evalspec", "run", "capitals.evalspec.toml", "--format", "json", *more]
    done = subprocess.run(
        command, cwd=project.folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 3, done.stderr + done.stdout
    return json.loads(done.stdout)


def by_item(server: EmulatorServer, name: str) -> dict[str, Any]:
    """The values of a score by the input of the item, with the names of the observations they are on."""
    dump = server.admin.dump()
    spans = {span["span_id"]: span for span in dump["spans"]}
    roots = {
        span["trace_id"]: json.loads(span["content"])["input"]
        for span in dump["spans"]
        if span["parent_id"] is None
    }
    found: dict[str, Any] = {}
    for row in dump["scores"]:
        if row["name"] == name:
            content = json.loads(row["content"])
            span = spans[content["observation_id"]]
            assert span["trace_id"] == content["trace_id"]
            found.setdefault(roots[span["trace_id"]], []).append((span["name"], content["value"]))
    return {item: sorted(values) for item, values in found.items()}


def test_scores_land_on_the_observations_they_are_about(
    agent: Project, use: Use, either_emulator: EmulatorServer
) -> None:
    use(either_emulator)
    summary = run(agent)
    publication = summary["publication"]
    assert publication["sent"] == publication["confirmed"]
    assert publication["refused"] == publication["pending"] == 0
    # The second item's fetch failed, and has no output to look at; the first called no tool.
    assert by_item(either_emulator, "found") == {
        "one two three": [("fetch", False), ("search", True)],
        "one two three four": [("fetch", True), ("search", True)],
    }
    assert by_item(either_emulator, "length") == {
        "one two": [("search", 2)],
        "one two three": [("search", 3)],
        "one two three four": [("search", 4)],
    }
    last = by_item(either_emulator, "last_tool")
    assert last == {item: [("fetch", "fetch")] for item in ITEMS[1:]}
    # Scores of the item as a whole are on its root observation, as ever.
    assert {values[0][0] for values in by_item(either_emulator, "steps").values()} == {"experiment-item-run"}


EXPECTED: dict[str, dict[str, Any]] = {
    # No tool and no model was called.
    "one": {
        "found": "skipped",
        "length": "skipped",
        "last_tool": "skipped",
        "searched": 0.0,
        "right_call": 0.0,
        "tokens": "no_usage",
        "usd": "no_cost",
        "steps": 0.0,
        "failed": 0.0,
        "quick": 1.0,
        # Kleene's logic: what was not searched was not passed, whatever was found.
        "passed": 0.0,
    },
    # The tool that failed has no output.
    "one two": {
        "found": "missing_key",
        "length": 2.0,
        "last_tool": "fetch",
        "searched": 1.0,
        "right_call": 1.0,
        "tokens": 3.0,
        "usd": 0.25,
        "steps": 3.0,
        "failed": 1.0,
        "quick": 1.0,
        "passed": "missing_score",
    },
    "one two three": {
        "found": 0.0,
        "length": 3.0,
        "last_tool": "fetch",
        "searched": 1.0,
        "right_call": 1.0,
        "tokens": 4.0,
        "usd": 0.375,
        "steps": 3.0,
        "failed": 0.0,
        "quick": 1.0,
        "passed": 0.0,
    },
    "one two three four": {
        "found": 1.0,
        "length": 4.0,
        "last_tool": "fetch",
        "searched": 1.0,
        "right_call": 1.0,
        "tokens": 5.0,
        "usd": 0.5,
        "steps": 3.0,
        "failed": 0.0,
        "quick": 1.0,
        "passed": 1.0,
    },
}


def recorded(project: Project) -> dict[str, dict[str, Any]]:
    """What is recorded by item and evaluator: the value, `skipped`, or the kind of the failure."""
    [folder] = (project.folder / ".evalspec" / "runs").iterdir()
    found: dict[str, dict[str, Any]] = {}
    with JournalReader(folder) as reader:
        for row in reader.trials():
            for record in reader.evaluations(row.position, row.trial):
                failed = record.failure.kind if record.failure else "skipped"
                value = record.scores[0].value if record.scores else failed
                found.setdefault(row.item_id, {})[record.evaluator] = value
    return found


def test_what_a_task_did_is_judged(agent: Project) -> None:
    summary = run(agent, "--backend", "local")
    assert recorded(agent) == EXPECTED
    found, passed = summary["scores"]["found"], summary["scores"]["passed"]
    assert (found["expected"], found["scored"], found["failed"], found["skipped"]) == (4, 2, 1, 1)
    assert (passed["scored"], passed["failed"], passed["skipped"]) == (3, 1, 0)
