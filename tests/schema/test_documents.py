"""Plans and run summaries as they are written follow their published schemas."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from evalspec.cli import main
from evalspec.schema.build import plan_schema, run_schema
from tests.support.editing import QUICKSTART

Json = dict[str, Any]
Evalspec = Callable[..., tuple[int, str]]

SPEC = """\
evalspec = 1
name = "halves"
tags = ["numbers"]

[dataset]
type = "inline"
where = "input < 4"
sample = { size = 3, seed = 1 }
items = [
    { id = "one", input = 1, expected_output = 0.5 },
    { id = "two", input = 2, expected_output = 1 },
    { id = "three", input = 3, expected_output = "odd" },
    { id = "four", input = 4, expected_output = 2 },
]

[task]
type = "python"
callable = "halves:half"
env = ["HALVES_OF"]
repeats = 2
timeout = "30s"

[scores.right]
data_type = "BOOLEAN"
on_task_failure = "worst"

[scores.near]
data_type = "NUMERIC"
min = 0
max = 1

[scores.size]
data_type = "CATEGORICAL"
categories = { small = 0, big = 1 }
good = ["big"]

[scores.remark]
data_type = "TEXT"

[evaluators.right]
type = "exact_match"
score = "right"

[evaluators.near]
type = "python"
callable = "halves:near"
score = "near"

[evaluators.both]
type = "python"
callable = "halves:both"
scores = { size = "size", remark = "remark" }

[aggregates.share]
function = "rate"
score = "right"

[aggregates.tail]
function = "percentile"
percentile = 90
score = "near"

[aggregates.best]
function = "python"
callable = "halves:best"
data_type = "TEXT"

[gates.enough]
aggregate = "share"
min = 0.9

[gates.covered]
aggregate = "tail"
max = 2
min_coverage = 0.5

[limits]
retries = 0
deadline = "5m"

[run]
metadata = { why = { deep = [1, 2] } }
"""

CODE = """\
def half(input):
    if input == 3:
        raise ValueError("odd")
    return input / 2


def near(output, expected_output):
    if output == 1:
        raise RuntimeError("cannot say")
    return abs(output - expected_output)


def both(output):
    return {"size": "big" if output >= 1 else "small", "remark": None}


def best(item_results):
    return "two"
"""


@pytest.fixture
def evalspec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Evalspec:
    """The command line in a project of its own; the exit code and what was printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALSPEC_STORE", str(tmp_path / "store"))
    (tmp_path / ".evalspec-root").touch()
    (tmp_path / "halves.evalspec.toml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "halves.py").write_text(CODE, encoding="utf-8")

    def run(*arguments: str) -> tuple[int, str]:
        code = main(arguments)
        return code, capsys.readouterr().out

    return run


def faults(schema: Json, document: Json) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in Draft7Validator(schema).iter_errors(document)]


def compiled(evalspec: Evalspec, spec: str) -> Json:
    assert evalspec("plan", spec, "-o", "plan.json") == (0, "")
    plan: Json = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    return plan


@pytest.mark.parametrize("spec", [str(QUICKSTART / "quickstart.evalspec.toml"), "halves.evalspec.toml"])
def test_plans_follow_their_schema(evalspec: Evalspec, spec: str) -> None:
    assert faults(plan_schema(), compiled(evalspec, spec)) == []


def test_summaries_of_runs_follow_their_schema(evalspec: Evalspec) -> None:
    code, printed = evalspec("run", "halves.evalspec.toml", "--backend", "local", "--format", "json")
    summary = json.loads(printed)
    assert code == summary["exit_code"] != 0
    assert summary["items"]["failed"] == 1
    assert summary["trials"]["failures"]
    assert summary["scores"]["near"]["failures"]
    assert summary["aggregates"]["share"]["per_trial"]
    assert faults(run_schema(), summary) == []
    assert evalspec("show", summary["run"]["id"], "--format", "json")[1]


def test_what_is_no_plan_is_refused(evalspec: Evalspec) -> None:
    plan = compiled(evalspec, "halves.evalspec.toml")
    for key in plan_schema()["required"]:
        assert faults(plan_schema(), {name: value for name, value in plan.items() if name != key}), key
    assert faults(plan_schema(), {**plan, "evalspec_plan": 2})
    assert faults(plan_schema(), {**plan, "digest": "sha256:0"})
    assert faults(plan_schema(), {**plan, "more": 1})
    dataset = plan["dataset"]
    assert faults(plan_schema(), {**plan, "dataset": {**dataset, "items": [["one"]]}})


def test_everything_that_is_always_written_is_required(evalspec: Evalspec) -> None:
    summary = json.loads(evalspec("run", "halves.evalspec.toml", "--backend", "local", "--format", "json")[1])
    assert set(run_schema()["required"]) <= set(summary)
    for part in ("run", "items", "scores", "aggregates", "gates", "publication", "reasons", "exit_code"):
        assert part in run_schema()["required"]
        assert faults(run_schema(), {name: value for name, value in summary.items() if name != part})
