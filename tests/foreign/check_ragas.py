"""Ragas itself, as evalspec calls it: `python -m tests.foreign.check_ragas` in its environment."""

import inspect
import os
import socket
from importlib.metadata import version
from typing import Any, NoReturn

from evalspec.evaluators.base import ScoreValue
from evalspec.evaluators.ragas_metrics import METRICS, TABLE_VERSION
from tests.foreign.calling import judged, problems, subject

QUESTION = subject(
    "Paris. The sky is green.",
    input="Capital of France?",
    expected_output="Paris. The sky is green.",
    metadata={"passages": ["Paris is the capital of France."]},
)
FAITHFUL: dict[str, Any] = {
    "metric": "Faithfulness",
    "model": "m",
    "inputs": {"retrieved_contexts": "metadata.passages"},
}


def _no_network(*arguments: Any) -> NoReturn:
    raise AssertionError(f"a connection to {arguments[1:]} was opened")


def check_names() -> None:
    """The table says what the installed version has."""
    import ragas.metrics.collections as collections

    assert version("ragas") == TABLE_VERSION
    for name, metric in METRICS.items():
        found = getattr(collections, name)
        taken = inspect.signature(found.__init__).parameters
        assert set(metric.arguments) <= set(taken), name
        assert "llm" in taken, name
        assert metric.embeddings == ("embeddings" in taken), name
        given = inspect.signature(found.ascore).parameters.values()
        needed = [one.name for one in given if one.default is one.empty and one.name != "self"]
        assert sorted(needed) == sorted(metric.inputs), (name, needed)


def check_mistakes() -> None:
    """What is checked when a spec is compiled."""
    assert problems("ragas", metric="Faithfullness", model="m") == ["wrong-value"]
    assert problems("ragas", metric="AnswerRelevancy", model="m") == ["missing-field"]
    assert problems("ragas", **FAITHFUL) == []


def check_scores() -> None:
    """One of two statements follows from the passages; the same question is as relevant as can be."""
    verdicts = [
        {"statement": "Paris.", "reason": "It is there.", "verdict": 1},
        {"statement": "The sky is green.", "reason": "It is not there.", "verdict": 0},
    ]
    # Prompts hold the words of the other requests as well: the first rule that fits is the one that answers.
    rules = [
        {"pattern": "(?i)verdict", "answer": {"statements": verdicts}},
        {"pattern": "(?i)statements", "answer": {"statements": ["Paris.", "The sky is green."]}},
    ]
    found = judged("ragas", rules, QUESTION, **FAITHFUL)
    assert found == (ScoreValue(0.5), 2), found
    # The question that is made of the answer is the one that was asked, so they point the same way.
    rules = [{"pattern": "", "answer": {"question": "Capital of France?", "noncommittal": 0}}]
    fields: dict[str, Any] = {"metric": "AnswerRelevancy", "model": "m", "embeddings": "e"}
    alike, observations = judged("ragas", rules, QUESTION, **fields, arguments={"strictness": 1})
    assert isinstance(alike, ScoreValue), alike
    assert isinstance(alike.value, float)
    assert abs(alike.value - 1) < 1e-9
    assert observations == 3


def check_failures() -> None:
    """Nothing to divide by and bad data fail, and are no zero."""
    rules = [{"pattern": "", "answer": {"statements": []}}]
    assert judged("ragas", rules, QUESTION, **FAITHFUL)[0] == "invalid_result"
    wrong = {**FAITHFUL, "inputs": {"retrieved_contexts": "3"}}
    assert judged("ragas", rules, subject("", input="x"), **wrong)[0] == "evaluation_failed"


def main() -> None:
    """Run every check; nothing may open a connection."""
    socket.socket.connect = _no_network  # type: ignore[method-assign]
    check_mistakes()
    check_failures()
    check_scores()
    check_names()
    assert os.environ["RAGAS_DO_NOT_TRACK"] == "true"
    print(f"Ragas {TABLE_VERSION}: names, mistakes, scores, failures; no connection was opened")


if __name__ == "__main__":
    main()
