"""The digest of a `prompt` task changes with what decides its answers, and with nothing else."""

from pathlib import Path
from typing import Any

import pytest

from evalspec.api.verifying import moved_parts
from evalspec.api.workspace import Workspace
from evalspec.plan.document import dump_plan, load_plan
from evalspec.plan.model import Plan
from tests.compiler.project import DELETED, changed, compiled, write_spec
from tests.tasks.asking import spec_of

TOOLS = """LIMIT = 3

def look(country):
    return country[:LIMIT]

def other(country):
    return country
"""
LOOK = {
    "name": "look",
    "description": "Looks it up.",
    "parameters": {"type": "object", "properties": {"country": {"type": "string"}}},
    "callable": "digested_tools:look",
}
WORDS = "The capital of {{ place }}?"
BASE = spec_of(
    {
        "type": "prompt",
        "prompt": "ask",
        "model": "answering",
        "variables": {"place": "input.country"},
        "parameters": {"temperature": 0},
        "tools": [LOOK],
    },
    prompts={"ask": {"type": "inline", "text": WORDS}},
    models={
        "answering": {
            "model": "openai:gpt-5-mini-2026-01-01",
            "parameters": {"seed": 7},
            "base_url": "http://127.0.0.1:11434/v1",
            "api_key_env": "GATEWAY_KEY",
        }
    },
)


def plan_of(root: Path, tree: dict[str, Any], syntax: str = "json", seed: int = 1) -> Plan:
    (root / ".evalspec-root").touch()
    if not (root / "digested_tools.py").exists():
        (root / "digested_tools.py").write_text(TOOLS)
    return compiled(write_spec(root, tree, syntax, seed))


DECIDING: list[dict[str, Any]] = [
    {"/prompts/ask/text": "What is the capital of {{ place }}?"},
    {"/prompts/ask": {"type": "inline", "messages": [{"role": "system", "content": WORDS}]}},
    {"/models/answering/model": "openai:gpt-5-2026-01-01"},
    {"/models/answering/parameters/seed": 8},
    {"/models/answering/base_url": DELETED},
    {"/task/variables/place": "input.question"},
    {"/task/parameters/temperature": 1},
    {"/task/schema": {"type": "object"}},
    {"/task/tools": DELETED},
    {"/task/tools/0/name": "find"},
    {"/task/tools/0/description": "Finds it."},
    {"/task/tools/0/parameters/properties/country/type": "integer"},
    {"/task/tools/0/callable": "digested_tools:other"},
    {"/task/tools/0/callable": DELETED},
    {"/task/max_steps": 3},
    {"/task/stream": True},
    {"/task/returns": "messages"},
]  # fmt: skip

IDLE: list[dict[str, Any]] = [
    {"/prompts/ask/description": "Asks."},
    {"/prompts/ask": {"type": "inline", "messages": [{"role": "user", "content": WORDS}]}},
    {"/models/answering/api_key_env": "OTHER_KEY"},
    {"/models/answering/timeout": "5s"},
    {"/models/answering/concurrency": 2},
    {"/models/answering/requests_per_minute": 60},
    {"/models/answering/price": {"input": 1, "output": 2}},
    {"/models/answering/description": "Answers."},
    {"/models/spare": {"model": "embedded:echo"}},
    {"/task/description": "The assistant."},
    {"/task/max_steps": 10},
    {"/task/stream": False},
    {"/task/repeats": 2},
    {"/task/timeout": "5s"},
]  # fmt: skip


@pytest.mark.parametrize("changes", DECIDING, ids=[next(iter(change)) for change in DECIDING])
def test_what_decides_the_answers(tmp_path: Path, changes: dict[str, Any]) -> None:
    before, after = plan_of(tmp_path, BASE), plan_of(tmp_path, changed(BASE, changes))
    assert before.task.digest != after.task.digest
    assert before.digest != after.digest


@pytest.mark.parametrize("changes", IDLE, ids=[next(iter(change)) for change in IDLE])
def test_what_does_not(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert plan_of(tmp_path, BASE).task.digest == plan_of(tmp_path, changed(BASE, changes)).task.digest


def test_names_of_prompts_and_models_do_not_count(tmp_path: Path) -> None:
    renamed = changed(
        BASE,
        {
            "/prompts": {"question": BASE["prompts"]["ask"]},
            "/models": {"candidate": BASE["models"]["answering"]},
            "/task/prompt": "question",
            "/task/model": "candidate",
        },
    )
    assert plan_of(tmp_path, BASE).task.digest == plan_of(tmp_path, renamed).task.digest


def test_the_code_of_a_tool_belongs_to_the_task(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, BASE)
    assert list(plan.task.codes) == ["tools.look"]
    module = tmp_path / "digested_tools.py"
    for text, moves in (
        (f"# Tools.\n{TOOLS}", False),
        (TOOLS.replace("return country\n", "return None\n"), False),
        (TOOLS.replace("LIMIT = 3", "LIMIT = 4"), True),
    ):
        module.write_text(text)
        assert (plan_of(tmp_path, BASE).task.digest != plan.task.digest) is moves
        loading = Workspace.at(tmp_path, root=tmp_path).loading(plan)
        moved = moved_parts(plan, loading, {})
        assert bool(moved) is moves
        assert all(
            sentence.startswith("the code of the task's `tools.look` has changed") for sentence in moved
        )


@pytest.mark.parametrize("syntax", ["json", "toml"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_layout_and_spelling_do_not_count(tmp_path: Path, syntax: str, seed: int) -> None:
    first = plan_of(tmp_path, BASE)
    (tmp_path / "spec.evalspec.json").unlink()
    again = plan_of(tmp_path, BASE, syntax, seed)
    assert (again.task.digest, again.digest) == (first.task.digest, first.digest)


def test_a_saved_plan_has_everything(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, BASE)
    again = load_plan(dump_plan(plan), path="plan.json")
    assert (again.task, again.prompts, again.models) == (plan.task, plan.prompts, plan.models)
    assert again.prompts["ask"].messages[0].content == "The capital of {{ place }}?"
    assert again.models["answering"].fields["api_key_env"] == "GATEWAY_KEY"
