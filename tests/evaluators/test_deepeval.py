"""`deepeval` as far as it needs no DeepEval, which has an environment of its own: `make foreign`."""

from pathlib import Path
from typing import Any, cast

import pytest

from evalspec.diagnostics import Severity
from evalspec.evaluators.deepeval import KIND, DeepevalFields
from evalspec.evaluators.deepeval_metrics import TABLE_VERSION
from evalspec.kinds.importing import LoadError
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Problem, Resolved, Resolving
from evalspec.plan.model import PlanModel

MODEL = PlanModel(model="openai:test-model", digest="sha256:" + "1" * 64)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> str:
    """As if DeepEval were there."""
    monkeypatch.setattr("evalspec.kinds.distributions.version", lambda name: TABLE_VERSION)
    return TABLE_VERSION


def resolved(**fields: Any) -> tuple[Resolved, list[Problem]]:
    root = Path("/nowhere")
    resolving = Resolving(root, root, cast(Any, None), {}, root, models={"m": MODEL})
    made = DeepevalFields.model_validate({"type": "deepeval", "score": "s", **fields})
    return KIND.resolve(made, resolving), resolving.problems


TOXICITY = {"metric": "ToxicityMetric", "model": "m"}
MISTAKES: list[tuple[dict[str, Any], str, tuple[str | int, ...], str]] = [
    ({**TOXICITY, "metric": "ToxicMetric"}, "wrong-value", ("metric",), "ToxicityMetric"),
    ({"metric": "ToxicityMetric"}, "missing-field", (), "`model`"),
    ({"metric": "ExactMatchMetric", "model": "m"}, "wrong-value", ("model",), "no `model`"),
    ({**TOXICITY, "inputs": {"output": "output"}}, "unknown-field", ("inputs", "output"), "actual_output"),
    ({**TOXICITY, "inputs": {"input": "inptu"}}, "undefined-name", ("inputs", "input"), "input"),
    ({**TOXICITY, "arguments": {"threshold": 1}}, "unknown-field", ("arguments", "threshold"), "strict_mode"),
    ({**TOXICITY, "metric": "MisuseMetric"}, "missing-field", (), "`domain`"),
    ({**TOXICITY, "metric": "FaithfulnessMetric"}, "missing-field", (), "`retrieval_context`"),
    ({**TOXICITY, "metric": "GEval", "arguments": {"name": "x"}}, "missing-field", (), "`inputs`"),
]


@pytest.mark.parametrize(("fields", "code", "at", "words"), MISTAKES)
def test_mistakes(
    installed: str, fields: dict[str, Any], code: str, at: tuple[str | int, ...], words: str
) -> None:
    problem = resolved(**fields)[1][0]
    assert (problem.code, problem.at) == (code, at)
    assert words in " ".join((problem.message, problem.expected or "", problem.suggestion or ""))


def test_without_deepeval() -> None:
    (problem,) = resolved(**TOXICITY)[1]
    assert (problem.code, problem.at) == ("missing-extra", ("type",))
    assert problem.expected == "`pip install 'evalspec[deepeval]'`"
    with pytest.raises(LoadError, match=r"evalspec\[deepeval\]"):
        KIND.build({**TOXICITY, "inputs": {}}, Loading(Path(), (), Path()))


def test_with_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalspec.kinds.distributions.version", lambda name: "5.0.0")
    _, (problem,) = resolved(metric="NewMetric", model="m")
    assert problem.severity is Severity.WARNING
    pin = {"distribution": {"name": "deepeval", "version": TABLE_VERSION}}
    assert KIND.moved(pin, Loading(Path(), (), Path())) == [
        f"`deepeval` is installed in version 5.0.0 instead of {TABLE_VERSION}"
    ]


def test_what_the_digest_covers(installed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = resolved(**TOXICITY)[0].identity
    assert identity["model"] == MODEL.digest
    assert identity["inputs"] == {"input": "input", "actual_output": "output"}
    assert resolved(**TOXICITY, inputs={"input": "input"})[0].identity == identity
    assert resolved(**TOXICITY, arguments={"strict_mode": True})[0].identity != identity
    monkeypatch.setattr("evalspec.kinds.distributions.version", lambda name: "5.0.0")
    assert resolved(**TOXICITY)[0].identity != identity
