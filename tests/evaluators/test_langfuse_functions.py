"""Functions written for `Langfuse.run_experiment`, in the form of its documentation, work unchanged."""

import json
from pathlib import Path

import pytest

from evalspec.cli import main

FUNCTIONS = """
from langfuse import Evaluation


def answer(*, item, **kwargs):
    return item["input"].title()


def accuracy(*, input, output, expected_output, metadata, **kwargs):
    if expected_output and expected_output.lower() in output.lower():
        return Evaluation(name="accuracy", value=1.0, comment="Correct answer found")
    return Evaluation(name="accuracy", value=0.0, comment=f"not for {metadata['continent']}")


async def shape(*, input, output, **kwargs):
    return [
        Evaluation(name="length", value=len(output)),
        Evaluation(name="same", value=input == output, metadata={"input": input}),
    ]


def average(*, item_results, **kwargs):
    values = [
        evaluation.value
        for result in item_results
        for evaluation in result.evaluations
        if evaluation.name == "accuracy"
    ]
    return Evaluation(name="avg_accuracy", value=sum(values) / len(values), comment="of all items")
"""

SPEC = {
    "evalspec": 1,
    "name": "sdk",
    "dataset": {
        "type": "inline",
        "items": [
            {"id": "a", "input": "paris", "expected_output": "Paris", "metadata": {"continent": "Europe"}},
            {"id": "b", "input": "accra", "expected_output": "Dakar", "metadata": {"continent": "Africa"}},
        ],
    },
    "task": {"type": "python", "callable": "written_for_langfuse:answer"},
    "scores": {
        "accuracy": {"data_type": "NUMERIC", "min": 0, "max": 1},
        "length": {"data_type": "NUMERIC"},
        "same": {"data_type": "BOOLEAN"},
    },
    "evaluators": {
        "accuracy": {"type": "python", "callable": "written_for_langfuse:accuracy", "score": "accuracy"},
        "shape": {
            "type": "python",
            "callable": "written_for_langfuse:shape",
            "scores": {"length": "length", "same": "same"},
        },
    },
    "aggregates": {"avg_accuracy": {"function": "python", "callable": "written_for_langfuse:average"}},
}


def test_they_work_unchanged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".evalspec-root").touch()
    (tmp_path / "written_for_langfuse.py").write_text(FUNCTIONS)
    path = tmp_path / "sdk.evalspec.json"
    path.write_text(json.dumps(SPEC))
    assert main(["run", str(path), "--backend", "local", "--format", "json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["items"]["completed"] == 2
    # Paris is right, Accra is not Dakar; both have five letters, and neither is written as it was asked.
    assert {name: score["value"] for name, score in summary["scores"].items()} == {
        "accuracy": 0.5,
        "length": 5,
        "same": 0,
    }
    assert summary["aggregates"]["avg_accuracy"]["value"] == 0.5
