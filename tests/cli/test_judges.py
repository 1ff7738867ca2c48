"""Whole runs with judges: over HTTP, with failures, published, and compared with an earlier run."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import Project
from tests.emulator.handle import EmulatorServer
from tests.model_server.app import Received
from tests.model_server.behaviours import Behaviour, held, status, structured
from tests.model_server.handle import ModelServer

JUDGED = """
[models.judge]
model = "openai:gpt-test"
base_url = "{url}"
price = {{ input = 1000000, output = 0 }}

[scores.right]
data_type = "BOOLEAN"

[evaluators.judged]
type = "llm_judge"
model = "judge"
rubric = "correctness"
score = "right"
"""

PAIRED = """
[models.judge]
model = "embedded:rules"
rules = [
  {{ pattern = '(?s)<first>\\n(Berlin|Rome)\\n', answer = {{ reasoning = "true", verdict = "first" }} }},
  {{ pattern = '(?s)<second>\\n(Berlin|Rome)\\n', answer = {{ reasoning = "true", verdict = "second" }} }},
  {{ pattern = "user", answer = {{ reasoning = "no idea", verdict = "tie" }} }},
]

[scores.against]
data_type = "CATEGORICAL"
categories = {{ loss = 0, tie = 0.5, win = 1 }}

[evaluators.better]
type = "pairwise"
model = "judge"
baseline = {{ run = "{run}" }}
score = "against"
"""


def verdict(request: Received) -> Behaviour:
    """True where the output is the expected one; one item's judge is refused."""
    asked = request.body["messages"][-1]["content"]
    if "Spain" in asked:
        return status(400)
    output = asked.partition("<output>\n")[2].partition("\n")[0]
    expected = asked.partition("<expected_output>\n")[2].partition("\n")[0]
    return structured({"reasoning": f"It is {expected}.", "verdict": output == expected})


@pytest.fixture
def judged(project: Project, model_server: ModelServer) -> Project:
    """The project with a judge on the model server."""
    project.edit("[gates.good_enough]", JUDGED.format(url=model_server.base_url) + "\n[gates.good_enough]")
    return project


def test_judgements_are_scores_and_failures_are_none(judged: Project, model_server: ModelServer) -> None:
    model_server.script(status(429, retry_after="0"), status(500))
    model_server.answer_with(verdict)
    printed = judged("run", "capitals.evalspec.toml", "--format", "json", "--quiet")
    assert printed.code == 3
    score = printed.json["scores"]["right"]
    assert (score["scored"], score["failed"], score["value"]) == (3, 1, pytest.approx(2 / 3))
    assert [failure["kind"] for failure in score["failures"]] == ["refused"]
    shown = judged("show", "latest", "--item", "germany", "--format", "json").json
    (item,) = shown["results"]["items"]
    assert "It is Berlin." in json.dumps(item)
    # The other evaluators of the item whose judge failed have scored it.
    assert printed.json["scores"]["correct"]["scored"] == 4
    again = judged("resume", "latest", "--retry-errors", "--format", "json", "--quiet")
    assert again.json["scores"]["right"]["failed"] == 1


def test_the_judges_generations_are_published_below_the_evaluation(
    judged: Project, model_server: ModelServer, emulator: EmulatorServer, use: Callable[[Any], None]
) -> None:
    use(emulator)
    judged.items([("France", "Paris")])
    model_server.answer_with(verdict)
    printed = judged("run", "capitals.evalspec.toml", "--format", "json", "--quiet", "--require-published")
    assert printed.code == 0
    spans = {row["span_id"]: row for row in emulator.admin.dump()["spans"]}
    (generation,) = [row for row in spans.values() if row["type"] == "GENERATION"]
    evaluation = spans[generation["parent_id"]]
    assert (evaluation["type"], evaluation["name"]) == ("EVALUATOR", "judged")
    assert evaluation["trace_id"] == generation["trace_id"]
    assert generation["name"] == "correctness@1"
    told = json.loads(generation["content"])
    assert (told["model"], told["usage"]["input"], told["cost"]) == ("gpt-test", 10, {"total": 10.0})
    assert json.loads(told["output"]) == {"reasoning": "It is Paris.", "verdict": True}
    assert [message["role"] for message in json.loads(told["input"])] == ["system", "user"]
    (score,) = [
        json.loads(row["content"]) for row in emulator.admin.dump()["scores"] if row["name"] == "right"
    ]
    assert (score["value"], score["comment"]) == (1, "It is Paris.")


def test_judges_have_a_budget_of_their_own(judged: Project, model_server: ModelServer) -> None:
    model_server.answer_with(lambda request: structured({"reasoning": "r", "verdict": True}))
    judged.edit("[gates.good_enough]", "[limits]\njudges = { requests = 3 }\n[gates.good_enough]")
    printed = judged("run", "capitals.evalspec.toml", "--format", "json", "--quiet")
    assert printed.code == 3
    score = printed.json["scores"]["right"]
    assert (score["scored"], score["failed"], score["value"]) == (3, 1, 1.0)
    assert [failure["kind"] for failure in score["failures"]] == ["budget_exceeded"]
    assert len(model_server.requests) == 3


def test_a_run_against_an_earlier_one(project: Project) -> None:
    first = project("run", "capitals.evalspec.toml", "--format", "json", "--quiet")
    run = first.json["run"]["id"]
    project.write("answers.py", project.folder.joinpath("answers.py").read_text().replace("Bonn", "Berlin"))
    project.edit("[gates.good_enough]", PAIRED.format(run=run) + "\n[gates.good_enough]")
    second = project("run", "capitals.evalspec.toml", "--format", "json", "--quiet")
    assert second.code == 0
    # Germany has become right; the other answers are the same as before.
    assert second.json["scores"]["against"]["distribution"] == {"loss": 0, "tie": 3, "win": 1}
    assert project("plan", "capitals.evalspec.toml", "-o", "plan.json").code == 0
    outputs = json.loads((project.folder / "plan.json").read_text())["evaluators"]["better"]["fields"][
        "baseline"
    ]
    assert outputs["run"] == run
    assert outputs["outputs"].startswith("sha256:")


def test_a_baseline_that_moved_is_named(project: Project) -> None:
    project.write(
        "old.jsonl", "".join(f'{{"id": "{name}", "output": "?"}}\n' for name in ("france", "italy"))
    )
    spec = PAIRED.replace('run = "{run}"', 'path = "old.jsonl"').format()
    project.edit("[gates.good_enough]", spec + "\n[gates.good_enough]")
    assert project("plan", "capitals.evalspec.toml", "-o", "plan.json").code == 0
    project.write("old.jsonl", '{"id": "france", "output": "!"}\n')
    moved = project("run", "plan.json", "--format", "json", "--quiet")
    assert moved.code == 6
    assert "the recorded outputs in `old.jsonl` changed" in moved.out


def test_a_run_does_not_wait_for_judges_that_never_answer(
    project: Project, model_server: ModelServer
) -> None:
    never = threading.Event()
    model_server.answer_with(lambda request: held(never))
    section = JUDGED.format(url=model_server.base_url)
    other = section.partition("[models.judge]")[2].partition("[scores.right]")[0]
    section = section.replace('model = "judge"', 'models = ["judge", "other"]') + f"[models.other]{other}"
    project.edit("[gates.good_enough]", section + "\n[limits]\ntimeout = 0.2\n[gates.good_enough]")
    printed = project("run", "capitals.evalspec.toml", "--format", "json", "--quiet")
    never.set()
    assert printed.code == 3
    failures = printed.json["scores"]["right"]["failures"]
    assert [(failure["kind"], failure["count"]) for failure in failures] == [("timeout", 4)]
    assert printed.json["scores"]["correct"]["scored"] == 4
