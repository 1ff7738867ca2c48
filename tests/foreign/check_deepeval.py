"""DeepEval itself, as evalspec calls it: `python -m tests.foreign.check_deepeval` in its environment."""

import inspect
import os
import socket
from importlib.metadata import version
from typing import Any, NoReturn

from evalspec.evaluators.base import ScoreValue
from evalspec.evaluators.deepeval_metrics import INPUTS, METRICS, TABLE_VERSION
from tests.foreign.calling import judged, problems, subject

QUESTION = subject(
    "Paris. The sky is green.",
    input="Capital of France?",
    expected_output="Paris.",
    metadata={"passages": ["Paris is the capital of France."]},
)


def _no_network(*arguments: Any) -> NoReturn:
    raise AssertionError(f"a connection to {arguments[1:]} was opened")


def check_names() -> None:
    """The table says what the installed version has."""
    import deepeval.metrics
    from deepeval.test_case import LLMTestCase

    assert version("deepeval") == TABLE_VERSION
    assert set(INPUTS) <= LLMTestCase.model_fields.keys()
    for name, metric in METRICS.items():
        found = getattr(deepeval.metrics, name)
        taken = inspect.signature(found.__init__).parameters
        assert set(metric.arguments) <= set(taken), name
        assert set(metric.required) <= set(metric.arguments), name
        assert metric.chat == ("model" in taken), name
        needs = {part.value for part in getattr(found, "_required_params", ()) if hasattr(part, "value")}
        assert needs == set(metric.inputs), (name, needs)


def check_mistakes() -> None:
    """What is checked when a spec is compiled."""
    assert problems("deepeval", metric="Faithfulness", model="m") == ["wrong-value"]
    assert problems("deepeval", metric="ToxicityMetric") == ["missing-field"]
    assert problems("deepeval", metric="ExactMatchMetric") == []


def check_scores() -> None:
    """One of two statements is relevant; the reason is asked for and becomes the comment."""
    verdicts = [{"verdict": "yes"}, {"verdict": "no", "reason": "It is not about a capital."}]
    # Prompts hold the words of the other requests as well: the first rule that fits is the one that answers.
    rules = [
        {"pattern": "(?i)score is", "answer": {"reason": "Half of it."}},
        {"pattern": "verdicts", "answer": {"verdicts": verdicts}},
        {"pattern": "statements", "answer": {"statements": ["Paris.", "The sky is green."]}},
    ]
    found = judged("deepeval", rules, QUESTION, metric="AnswerRelevancyMetric", model="m")
    assert found == (ScoreValue(0.5, comment="Half of it."), 3), found
    steps = [{"pattern": "(?i)score", "answer": {"score": 7, "reason": "Short."}}]
    found = judged(
        "deepeval",
        steps,
        QUESTION,
        metric="GEval",
        model="m",
        inputs={"actual_output": "output"},
        arguments={"name": "brief", "evaluation_steps": ["Is it brief?"]},
    )
    # From 0 to 10, divided by 10.
    assert found == (ScoreValue(0.7, comment="Short."), 1), found
    exact, observations = judged("deepeval", [], QUESTION, metric="ExactMatchMetric")
    assert isinstance(exact, ScoreValue)
    assert (exact.value, observations) == (0, 0)


def check_failures() -> None:
    """Bad data and a bad answer fail, and are no zero."""
    fields: dict[str, Any] = {"metric": "ToxicityMetric", "model": "m"}
    tools = {"metric": "ArgumentCorrectnessMetric", "model": "m", "inputs": {"tools_called": "output"}}
    assert judged("deepeval", [], subject("none", input="x"), **tools)[0] == "evaluation_failed"
    assert judged("deepeval", [], subject(3, input="x"), **fields)[0] == "not_text"


def main() -> None:
    """Run every check; nothing may open a connection."""
    socket.socket.connect = _no_network  # type: ignore[method-assign]
    check_mistakes()
    check_failures()
    check_scores()
    check_names()
    assert os.environ["DEEPEVAL_TELEMETRY_OPT_OUT"] == "1"
    print(f"DeepEval {TABLE_VERSION}: names, mistakes, scores, failures; no connection was opened")


if __name__ == "__main__":
    main()
