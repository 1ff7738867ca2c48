"""`ragas` as far as it needs no Ragas, which has an environment of its own: `make foreign`."""

from pathlib import Path
from typing import Any, cast

import pytest

from evalspec.diagnostics import Severity
from evalspec.evaluators.ragas import KIND, RagasFields
from evalspec.evaluators.ragas_metrics import TABLE_VERSION
from evalspec.kinds.importing import LoadError
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Problem, Resolved, Resolving
from evalspec.plan.model import PlanModel

MODEL = PlanModel(model="openai:test-model", digest="sha256:" + "1" * 64)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> str:
    """As if Ragas were there."""
    monkeypatch.setattr("evalspec.kinds.distributions.version", lambda name: TABLE_VERSION)
    return TABLE_VERSION


def resolved(**fields: Any) -> tuple[Resolved, list[Problem]]:
    root = Path("/nowhere")
    resolving = Resolving(root, root, cast(Any, None), {}, root, models={"m": MODEL})
    made = RagasFields.model_validate({"type": "ragas", "score": "s", **fields})
    return KIND.resolve(made, resolving), resolving.problems


RECALL = {"metric": "FactualCorrectness", "model": "m"}
MISTAKES: list[tuple[dict[str, Any], str, tuple[str | int, ...], str]] = [
    ({**RECALL, "metric": "FactualCorectness"}, "wrong-value", ("metric",), "FactualCorrectness"),
    ({"metric": "FactualCorrectness"}, "missing-field", (), "`model`"),
    ({**RECALL, "embeddings": "m"}, "wrong-value", ("embeddings",), "no `embeddings`"),
    ({**RECALL, "metric": "AnswerRelevancy"}, "missing-field", (), "`embeddings`"),
    ({**RECALL, "inputs": {"output": "output"}}, "unknown-field", ("inputs", "output"), "`response`"),
    ({**RECALL, "inputs": {"response": "outptu"}}, "undefined-name", ("inputs", "response"), "output"),
    ({**RECALL, "arguments": {"mod": "f1"}}, "unknown-field", ("arguments", "mod"), "mode"),
    ({**RECALL, "metric": "Faithfulness"}, "missing-field", (), "`retrieved_contexts`"),
]


@pytest.mark.parametrize(("fields", "code", "at", "words"), MISTAKES)
def test_mistakes(
    installed: str, fields: dict[str, Any], code: str, at: tuple[str | int, ...], words: str
) -> None:
    problem = resolved(**fields)[1][0]
    assert (problem.code, problem.at) == (code, at)
    assert words in " ".join((problem.message, problem.expected or "", problem.suggestion or ""))


def test_without_ragas() -> None:
    (problem,) = resolved(**RECALL)[1]
    assert (problem.code, problem.at) == ("missing-extra", ("type",))
    assert problem.expected == "`pip install 'evalspec[ragas]'`"
    with pytest.raises(LoadError, match=r"evalspec\[ragas\]"):
        KIND.build({**RECALL, "inputs": {}}, Loading(Path(), (), Path()))


def test_with_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalspec.kinds.distributions.version", lambda name: "5.0.0")
    _, (problem,) = resolved(metric="NewMetric", model="m")
    assert problem.severity is Severity.WARNING
    pin = {"distribution": {"name": "ragas", "version": TABLE_VERSION}}
    assert KIND.moved(pin, Loading(Path(), (), Path())) == [
        f"`ragas` is installed in version 5.0.0 instead of {TABLE_VERSION}"
    ]


def test_what_the_digest_covers(installed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = resolved(**RECALL)[0].identity
    assert identity["model"] == MODEL.digest
    assert identity["inputs"] == {"response": "output", "reference": "expected_output"}
    assert resolved(**RECALL, inputs={"response": "output"})[0].identity == identity
    assert resolved(**RECALL, arguments={"mode": "recall"})[0].identity != identity
    monkeypatch.setattr("evalspec.kinds.distributions.version", lambda name: "5.0.0")
    assert resolved(**RECALL)[0].identity != identity
