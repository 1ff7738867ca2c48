"""`autoevals`: what is checked without it, what its digest covers, and scorers that ask models."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import autoevals
import pytest
from autoevals.score import Scorer as AutoevalsScorer

from evalspec.diagnostics import Severity
from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.autoevals import KIND, AutoevalsFields
from evalspec.evaluators.autoevals_scorers import SCORERS, TABLE_VERSION
from evalspec.evaluators.base import EvaluationError, ScoreValue, Subject
from evalspec.kinds.importing import LoadError
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Problem, Resolved, Resolving
from evalspec.kinds.tracing import begin_trace
from evalspec.models import ModelError
from evalspec.plan.model import PlanModel
from evalspec.plan.values import Item
from tests.model_server.behaviours import embeddings, status, structured, text
from tests.model_server.handle import ModelServer
from tests.models.parts import models_of

MODEL = PlanModel(model="openai:test-model", digest="sha256:" + "1" * 64)
OTHER = PlanModel(model="openai:test-model", digest="sha256:" + "2" * 64)


def resolved(known: PlanModel = MODEL, /, **fields: Any) -> tuple[Resolved, list[Problem]]:
    root = Path("/nowhere")
    resolving = Resolving(root, root, cast(Any, None), {}, root, models={"m": known})
    model_of = AutoevalsFields.model_validate({"type": "autoevals", "score": "s", **fields})
    return KIND.resolve(model_of, resolving), resolving.problems


def test_the_table_is_that_of_the_installed_version() -> None:
    """Who takes another version of autoevals has to look through the table."""
    from importlib.metadata import version

    assert version("autoevals") == TABLE_VERSION
    left_out = {"LevenshteinScorer", "Moderation", "OpenAILLMClassifier", "SpecFileClassifier"}
    found = {
        name
        for name, value in vars(autoevals).items()
        if isinstance(value, type) and issubclass(value, AutoevalsScorer) and value is not AutoevalsScorer
    }
    assert found - left_out >= set(SCORERS)
    assert {name for name in found if not name.startswith(("Open", "Scorer"))} - left_out == set(SCORERS)


LEVENSHTEIN = {"scorer": "Levenshtein"}
FAITHFULNESS = {"scorer": "Faithfulness", "model": "m"}
MISTAKES: list[tuple[dict[str, Any], str, tuple[str | int, ...], str]] = [
    ({"scorer": "Levenstein"}, "wrong-value", ("scorer",), "Levenshtein"),
    (
        {**LEVENSHTEIN, "inputs": {"ouput": "output"}},
        "unknown-field",
        ("inputs", "ouput"),
        "output",
    ),
    ({**LEVENSHTEIN, "inputs": {"output": "outptu"}}, "undefined-name", ("inputs", "output"), ""),
    ({"scorer": "Levenshtein", "arguments": {"x": 1}}, "unknown-field", ("arguments", "x"), "no `arguments`"),
    ({"scorer": "Levenshtein", "model": "m"}, "wrong-value", ("model",), "no `model`"),
    ({"scorer": "Factuality"}, "missing-field", (), "`model`"),
    ({"scorer": "Factuality", "model": "n"}, "unknown-model", ("model",), ""),
    ({"scorer": "Factuality", "model": "m", "embeddings": "m"}, "wrong-value", ("embeddings",), ""),
    (
        {"scorer": "Factuality", "model": "m", "arguments": {"tempereture": 0}},
        "unknown-field",
        ("arguments", "tempereture"),
        "temperature",
    ),
    ({"scorer": "ClosedQA", "model": "m"}, "missing-field", (), "criteria"),
    (
        {"scorer": "Faithfulness", "model": "m", "inputs": {"input": "input"}},
        "missing-field",
        ("inputs",),
        "",
    ),
    ({"scorer": "AnswerSimilarity"}, "missing-field", (), "`embeddings`"),
    ({"scorer": "LLMClassifier", "model": "m"}, "missing-field", (), "prompt_template"),
    (
        {"scorer": "ValidJSON", "arguments": {"schema": {"$ref": "http://127.0.0.1:1/x"}}},
        "invalid-schema",
        ("arguments", "schema", "$ref"),
        "",
    ),
]


@pytest.mark.parametrize(("fields", "code", "at", "words"), MISTAKES)
def test_mistakes(fields: dict[str, Any], code: str, at: tuple[str | int, ...], words: str) -> None:
    problem = resolved(**fields)[1][0]
    assert (problem.code, problem.at) == (code, at)
    assert words in " ".join((problem.message, problem.expected or "", problem.suggestion or ""))


def test_without_autoevals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [])
    (problem,) = resolved(scorer="Levenshtein")[1]
    assert (problem.code, problem.at) == ("missing-extra", ("type",))
    assert problem.expected == "`pip install 'evalspec[autoevals]'`"
    monkeypatch.setattr("evalspec.evaluators.extras.find_spec", lambda module: None)
    with pytest.raises(LoadError, match="pip install 'evalspec"):
        KIND.build({**LEVENSHTEIN, "inputs": {}}, Loading(Path(), (), Path()))


def test_with_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalspec.kinds.distributions.version", lambda name: "0.9.0")
    found, (problem,) = resolved(scorer="Poetry", model="m", inputs={"verse": "output"})
    assert (problem.code, problem.severity) == ("wrong-value", Severity.WARNING)
    assert found.fields["inputs"] == {"verse": "output"}
    assert KIND.moved(
        {"distribution": {"name": "autoevals", "version": "0.4.1"}}, Loading(Path(), (), Path())
    ) == ["`autoevals` is installed in version 0.9.0 instead of 0.4.1"]


def test_what_the_digest_covers(monkeypatch: pytest.MonkeyPatch) -> None:
    fields: dict[str, Any] = {"scorer": "Factuality", "model": "m"}
    identity = resolved(**fields)[0].identity
    assert resolved(**fields, inputs={"output": "output"})[0].identity == identity
    for other in (
        resolved(**fields, inputs={"output": "output.answer"}),
        resolved(**fields, arguments={"use_cot": False}),
        resolved(OTHER, **fields),
        resolved(**{**fields, "scorer": "Sql"}),
    ):
        assert other[0].identity != identity
    monkeypatch.setattr("evalspec.kinds.distributions.version", lambda name: "0.9.0")
    assert resolved(**fields)[0].identity != identity


Ask = Callable[..., Any]


@pytest.fixture
def ask(model_server: ModelServer) -> Ask:
    async def run(scorer: str, subject: Subject, **fields: Any) -> tuple[Sequence[ScoreValue], Any]:
        plan, problems = resolved(scorer=scorer, **fields)
        assert problems == []
        async with models_of(model_server) as models:
            loading = Loading(Path(), (), Path(), models=models)
            evaluator = EVALUATORS["autoevals"].build(plan.fields, loading)
            trace = begin_trace(("run", "1", 0, "", 1))
            found: Any = evaluator(subject)
            return await found, (trace.take(), models.totals())

    return run


SUBJECT = Subject(Item("1", "Capital of France?", "Paris", {"passages": "Paris is in France."}), "Paris.")


async def test_a_judge_answers_in_a_structure(ask: Ask, model_server: ModelServer) -> None:
    model_server.script(structured({"reasons": "They agree.", "choice": "C"}))
    found, (spans, totals) = await ask("Factuality", SUBJECT, model="m")
    # The choice C, that both are the same, is worth 1 (autoevals' templates/factuality.yaml).
    assert list(found) == [ScoreValue(1, "", "They agree.", {"choice": "C"})]
    (request,) = model_server.requests
    assert "Capital of France?" in request.body["messages"][0]["content"]
    assert request.body["model"] == "test-model"
    assert "tools" not in request.body
    assert len(spans) == 1
    assert totals["judge"]["m"]["requests"] == 1


async def test_an_answer_that_does_not_fit_is_asked_for_again(ask: Ask, model_server: ModelServer) -> None:
    model_server.script(structured({"choice": "Z"}), structured({"choice": "B"}))
    arguments = {"use_cot": False, "temperature": 0.5}
    found, _ = await ask("Factuality", SUBJECT, model="m", arguments=arguments)
    assert [value.value for value in found] == [0.6]
    assert len(model_server.requests) == 2
    assert model_server.requests[0].body["temperature"] == 0.5


async def test_a_template_of_ones_own(ask: Ask, model_server: ModelServer) -> None:
    model_server.script(structured({"choice": "rude"}))
    arguments = {
        "prompt_template": "Is {{output}} kind to {{whom}}?",
        "choice_scores": {"rude": 0.25, "kind": 1},
        "use_cot": False,
    }
    inputs = {"whom": "'Ann'"}
    found, _ = await ask("LLMClassifier", SUBJECT, model="m", arguments=arguments, inputs=inputs)
    assert [value.value for value in found] == [0.25]
    assert "Is Paris. kind to Ann?" in model_server.requests[0].body["messages"][0]["content"]


async def test_one_of_the_ragas_scorers(ask: Ask, model_server: ModelServer) -> None:
    model_server.script(
        structured({"statements": ["Paris is a city.", "Paris is red."]}),
        structured(
            {
                "faithfulness": [
                    {"statement": "Paris is a city.", "reason": "r", "verdict": 1},
                    {"statement": "Paris is red.", "reason": "r", "verdict": 0},
                ]
            }
        ),
    )
    found, (spans, _) = await ask("Faithfulness", SUBJECT, model="m", inputs={"context": "metadata.passages"})
    assert [value.value for value in found] == [0.5]
    assert len(spans) == 2


async def test_embeddings(ask: Ask, model_server: ModelServer) -> None:
    # The cosine of (1, 0) and (0.9, sqrt(0.19)) is 0.9; above 0.7 that is 0.2 / 0.3.
    model_server.script(embeddings([1.0, 0.0]), embeddings([0.9, 0.19**0.5]))
    found, (spans, _) = await ask("EmbeddingSimilarity", SUBJECT, embeddings="m")
    assert found[0].value == pytest.approx(2 / 3)
    assert len(spans) == 2
    # Nothing is remembered for whoever asks next.
    model_server.script(embeddings([1.0, 0.0]), embeddings([1.0, 0.0]))
    found, _ = await ask("EmbeddingSimilarity", SUBJECT, embeddings="m", arguments={"expected_min": 0.5})
    assert found[0].value == pytest.approx(1.0)
    assert len(model_server.requests) == 4


async def test_failures_are_no_zero(ask: Ask, model_server: ModelServer) -> None:
    model_server.script(*[status(500)] * 3)
    with pytest.raises(ModelError) as outage:
        await ask("Factuality", SUBJECT, model="m")
    assert (outage.value.kind, outage.value.outage) == ("server_error", True)
    model_server.script(*[text("I would rather not")] * 3)
    with pytest.raises(ModelError) as refusal:
        await ask("Factuality", SUBJECT, model="m")
    assert refusal.value.kind == "malformed"
    model_server.script(structured({"statements": []}), structured({"faithfulness": []}))
    with pytest.raises(EvaluationError) as failure:
        await ask(
            "Faithfulness", Subject(Item("1", "?", None, None), "x"), model="m", inputs={"context": "3"}
        )
    assert failure.value.kind == "evaluation_failed"
