"""A run whose task is a prompt: what is recorded, shown and counted of the models."""

import json
from pathlib import Path
from typing import Any

import pytest

from evalspec.cli import main
from evalspec.evidence.run_factors import run_factors
from evalspec.evidence.score_factors import score_factors
from evalspec.journal.reader import JournalReader
from evalspec.kinds.observations import read_observations
from evalspec.plan.document import load_plan

SPEC = """
evalspec = 1
name = "capitals"

[models.answering]
model = "embedded:rules"
rules = [
  { pattern = "capital of France", answer = "Paris" },
  { pattern = "capital of Italy", answer = "Milan" },
]

[prompts.ask]
type = "inline"
text = "What is the capital of {{ input }}?"

[dataset]
type = "inline"
items = [
  { id = "fr", input = "France", expected_output = "Paris" },
  { id = "it", input = "Italy", expected_output = "Rome" },
  { id = "xx", input = "Nowhere", expected_output = "None" },
]

[task]
type = "prompt"
prompt = "ask"
model = "answering"

[scores.correct]
data_type = "BOOLEAN"

[evaluators.exact]
type = "exact_match"
score = "correct"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".evalspec-root").touch()
    (tmp_path / "capitals.evalspec.toml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    for name in ("LANGFUSE_BASE_URL", "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["run", "capitals.evalspec.toml", "--format", "json", "-q"]) == 3
    summary: dict[str, Any] = json.loads(capsys.readouterr().out)
    return summary


def test_what_the_models_were_asked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = run(capsys)
    (used,) = summary["models"]
    assert used == {
        "name": "answering",
        "use": "subject",
        "model": "embedded:rules",
        "reported": ["embedded:rules (embedded, not a language model)"],
        "requests": 3,
        "input_tokens": 14,  # "user: " and six words, of the two questions that were answered
        "output_tokens": 2,
        "cost": 0.0,
        "unpriced": 0,
        "failed": 1,
        "embedded": True,
    }
    (failure,) = summary["trials"]["failures"]
    assert (failure["kind"], failure["type"], failure["item"]) == ("no_rule", "ModelError", "xx")
    main(["show", "latest"])
    text = " ".join(capsys.readouterr().out.split())
    assert "answering subject 3" in text
    assert "embedded, not a language model" in text


def test_a_generation_is_recorded_below_the_call(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = run(capsys)
    with JournalReader(project / ".evalspec" / "runs" / summary["run"]["id"]) as reader:
        spans = [span for _, span in reader.spans()]
        plan = load_plan(reader.plan_json())
        environment = reader.header().environment
    answered, failed = {}, []
    for observation in read_observations(spans):
        assert (observation.name, observation.type) == ("ask", "generation")
        if observation.level == "ERROR":
            failed.append(observation)
        else:
            answered[observation.output] = observation
    assert set(answered) == {"Paris", "Milan"}
    paris = answered["Paris"]
    assert paris.input == [{"role": "user", "content": "What is the capital of France?"}]
    assert paris.usage == {"input": 7, "output": 1, "total": 8}
    assert paris.cost == 0.0
    assert paris.finish_reason == "stop"
    assert paris.metadata["model_requested"] == "embedded:rules"
    (lost,) = failed
    assert lost.status_message == "ModelError: none of the 2 rules matches the conversation"
    factors = {factor.name: factor for factor in run_factors(plan, environment)}
    assert factors["task.model.answering"].digest == plan.models["answering"].digest
    assert factors["task.model.answering"].role == "subject"
    assert factors["task.prompt.ask"].digest == plan.prompts["ask"].digest
    assert {factor.name for factor in score_factors(plan, "correct")} >= {"evaluator", "attachment"}


def test_a_key_that_is_not_set_is_missed_before_anything_is_done(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = SPEC.replace(
        'model = "embedded:rules"', 'model = "openai:gpt-5-mini"\napi_key_env = "NO_SUCH_KEY"'
    )
    spec = spec[: spec.index("rules = [")] + spec[spec.index("[prompts.ask]") :]
    (project / "capitals.evalspec.toml").write_text(spec)
    assert main(["run", "capitals.evalspec.toml", "-q"]) == 2
    assert "NO_SUCH_KEY" in capsys.readouterr().err
    assert not (project / ".evalspec").exists()
