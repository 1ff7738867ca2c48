"""A plan is a document of its own: it survives being written, refuses to be changed, and needs no spec."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import evalspec
from evalspec import SpecError
from tests.compiler.project import SPEC, changed, compiled, write_project, write_spec

FULL = changed(
    SPEC,
    {
        "/description": "Refunds, and “quotes”.",
        "/tags": ["shop"],
        "/dataset/sample": {"size": 4, "seed": 3},
        "/scores/correct/description": "The right decision.",
        "/scores/tone/categories": {"curt": -0.5, "polite": 1},
        "/aggregates/total": {"function": "python", "callable": "parcels.judging:summary"},
        "/limits": {"deadline": "20m", "max_errors": 3},
        "/run": {"name": "{{ spec }}", "metadata": {"@items@": "@items@", "depth": {"a": [1, 2.5]}}},
    },
)


@pytest.mark.parametrize("tree", [SPEC, FULL], ids=["small", "full"])
def test_a_plan_survives_being_written(tmp_path: Path, tree: dict[str, Any]) -> None:
    plan = compiled(write_spec(write_project(tmp_path), tree))
    saved = tmp_path / "plan.json"
    evalspec.save_plan(plan, saved)
    again = evalspec.load_plan(saved)
    assert again == plan
    before = saved.read_bytes()
    evalspec.save_plan(again, saved)
    assert saved.read_bytes() == before
    assert json.loads(before)["evalspec_plan"] == 1
    # One item a line, so that a review sees which one changed.
    ids = [item.id for item in plan.dataset.items]
    lines = before.decode().splitlines()
    assert [sum(f'["{item_id}"' in line for line in lines) for item_id in ids] == [1] * len(ids)


TAMPERED: list[tuple[str, Any, str]] = [
    ("/gates/good_enough/min", 0.5, "plan-digest-mismatch"),
    ("/task/timeout", 1.0, "plan-digest-mismatch"),
    ("/task/digest", "sha256:" + "0" * 64, "plan-digest-mismatch"),
    ("/dataset/items/0/0", "another", "plan-digest-mismatch"),
    ("/dataset/items/0/1", "sha256:" + "0" * 64, "plan-digest-mismatch"),
    ("/evaluators/exact/fields/value", "expected_output.answer", "plan-digest-mismatch"),
    ("/scores/correct/direction", "lower", "plan-digest-mismatch"),
    ("/evalspec_plan", 2, "plan-version"),
    ("/evalspec_plan", "1", "plan-version"),
    ("/task/repeats", "1", "plan-format"),
    ("/surprise", True, "plan-format"),
    ("/dataset/items", [["a"]], "plan-format"),
    ("/digest", "md5:1", "plan-format"),
]


@pytest.mark.parametrize(("pointer", "value", "code"), TAMPERED)
def test_a_plan_that_was_changed_is_refused(tmp_path: Path, pointer: str, value: Any, code: str) -> None:
    saved = tmp_path / "plan.json"
    evalspec.save_plan(compiled(write_spec(write_project(tmp_path), SPEC)), saved)
    saved.write_text(json.dumps(changed(json.loads(saved.read_text()), {pointer: value})))
    with pytest.raises(SpecError) as caught:
        evalspec.load_plan(saved)
    assert [item.code for item in caught.value.diagnostics] == [code]


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"{}", b'"plan"', b"\xff\xfe", b"[" * 5000])
def test_what_is_no_plan_is_refused(tmp_path: Path, text: bytes) -> None:
    saved = tmp_path / "plan.json"
    saved.write_bytes(text)
    with pytest.raises(SpecError) as caught:
        evalspec.load_plan(saved)
    assert [item.code for item in caught.value.diagnostics] == ["plan-format"]


def test_people_may_rename_a_plan(tmp_path: Path) -> None:
    saved = tmp_path / "plan.json"
    plan = compiled(write_spec(write_project(tmp_path), SPEC))
    evalspec.save_plan(plan, saved)
    tree = {**json.loads(saved.read_text()), "name": "other", "description": "Another text.", "tags": ["x"]}
    saved.write_text(json.dumps(tree))
    assert evalspec.load_plan(saved).digest == plan.digest


RUN = """
import sys
import anyio
import evalspec

plan = evalspec.load_plan(sys.argv[1])
result = anyio.run(evalspec.run, plan, evalspec.RunOptions(start=sys.argv[1], backend="local"))
assert result.summary.aggregates["accuracy"].scored == 6, result.summary
for name in ("source", "spec", "compiler", "schema"):
    assert not [module for module in sys.modules if f"{module}.".startswith(f"evalspec.{name}.")], name
"""
COMMAND = """
import sys
from evalspec.cli import main

code = main(["run", sys.argv[1], "--backend", "local", "--quiet"])
assert code == 0, code
for name in ("source", "spec", "compiler", "schema"):
    assert not [module for module in sys.modules if f"{module}.".startswith(f"evalspec.{name}.")], name
"""


@pytest.mark.parametrize("program", [RUN, COMMAND], ids=["python", "command line"])
def test_a_plan_runs_without_what_reads_specs(tmp_path: Path, program: str) -> None:
    spec = write_spec(write_project(tmp_path), SPEC)
    saved = tmp_path / "plan.json"
    evalspec.save_plan(compiled(spec), saved)
    spec.unlink()
    done = subprocess.run(
        [sys.executable, "-c", program, str(saved)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
