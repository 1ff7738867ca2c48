"""`embedding_similarity`: cosines, what is remembered, and hostile texts."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalspec.evaluators import embedding_cache
from evalspec.evaluators.base import EvaluationError
from evalspec.evaluators.embedding_similarity import MAX_CHARACTERS, MAX_TEXTS, cosine
from evalspec.models import ModelError
from evalspec.models.embedded.hashing import hashed_embedding
from tests.evaluators.judge_parts import built, resolved, scored, subject
from tests.model_server.behaviours import Behaviour, embeddings, status
from tests.model_server.handle import ModelServer

NEAR: Mapping[str, Any] = {"type": "embedding_similarity", "model": "m", "score": "s"}
HASH = {**NEAR, "model": "hash"}

vectors = st.lists(st.floats(-1e150, 1e150), min_size=3, max_size=3).filter(lambda v: math.hypot(*v) > 1e-150)


@given(vectors, vectors)
@settings(max_examples=100, deadline=None)
def test_cosine_laws(one: list[float], other: list[float]) -> None:
    value = cosine(one, other)
    assert -1 <= value <= 1
    assert value == cosine(other, one)
    assert cosine(one, one) == pytest.approx(1)
    assert cosine(one, [-x for x in one]) == pytest.approx(-1)
    assert cosine([x * 2 for x in one], other) == pytest.approx(value, abs=1e-12)


def test_cosine_is_that_of_numpy() -> None:
    rng = np.random.default_rng(7)
    for _ in range(20):
        one, other = rng.normal(size=(2, 40))
        expected = float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))
        assert cosine(one.tolist(), other.tolist()) == pytest.approx(expected)


@pytest.mark.parametrize("vector", [[0.0, 0.0], [math.nan, 1.0], [math.inf, 1.0], []])
def test_a_vector_without_direction_is_a_failure(vector: list[float]) -> None:
    with pytest.raises(EvaluationError) as failure:
        cosine(vector, [1.0] * len(vector))
    assert failure.value.kind == "invalid_embedding"


async def similarity(output: Any, expected: Any, fields: Mapping[str, Any] = HASH, **table: Any) -> Any:
    evaluator, door, _ = built(fields, **table)
    (score,) = await scored(evaluator, door, subject(output, expected))
    return score.value


async def test_the_embedded_model() -> None:
    expected = cosine(hashed_embedding("It is Paris"), hashed_embedding("It is Rome"))
    assert await similarity("It is Paris", "It is Rome") == pytest.approx(expected)


async def test_the_local_model() -> None:
    pytest.importorskip("wordllama")
    local = {"local": {"model": "local:wordllama"}}
    fields = {**NEAR, "model": "local"}
    near = await similarity("The cat sat on the mat.", "A cat was sitting on a rug.", fields, models=local)
    far = await similarity("The cat sat on the mat.", "Interest rates rose in March.", fields, models=local)
    assert near > far + 0.2


async def test_over_http_and_remembered(model_server: ModelServer) -> None:
    model_server.script(embeddings([3.0, 4.0], [4.0, 3.0], [0.0, -1.0]), embeddings([1.0, 0.0]))
    evaluator, door, _ = built(NEAR, models={"m": model_server.fields()})
    async with door:
        for output, expected, value in (
            ("a", ["b", "c"], 24 / 25),  # (3·4 + 4·3) / (5·5), and -0.8 for the other
            ("a", "b", 24 / 25),
            ("c", "c", 1.0),
            ("d", ["b"], 0.8),
        ):
            found: Any = evaluator(subject(output, expected))
            assert (await found)[0].value == pytest.approx(value)
    assert [request.body["input"] for request in model_server.requests] == [["a", "b", "c"], ["d"]]


async def test_what_is_remembered_is_bounded(
    model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding_cache, "MAX_REMEMBERED", 2)
    evaluator, door, _ = built(NEAR, models={"m": model_server.fields()})
    async with door:
        for output, expected in (("aa", "e"), ("o", "e"), ("aa", "e")):
            found: Any = evaluator(subject(output, expected))
            await found
    assert [request.body["input"] for request in model_server.requests] == [["aa", "e"], ["o"], ["aa"]]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (embeddings([1.0], [1.0, 2.0]), "invalid_embedding"),
        (embeddings([0.0, 0.0], [1.0, 0.0]), "invalid_embedding"),
        (embeddings([1.0]), "malformed"),
    ],
    ids=["lengths", "no direction", "too few"],
)
async def test_vectors_that_do_not_fit(model_server: ModelServer, answer: Behaviour, kind: str) -> None:
    model_server.answer_with(lambda request: answer)
    with pytest.raises((EvaluationError, ModelError)) as failure:
        await similarity("a", "b", NEAR, models={"m": model_server.fields()})
    error: Any = failure.value
    assert error.kind == kind


async def test_a_model_that_is_down_is_no_zero(model_server: ModelServer) -> None:
    model_server.answer_with(lambda request: status(503))
    with pytest.raises(ModelError) as failure:
        await similarity("a", "b", NEAR, models={"m": model_server.fields()})
    assert (failure.value.kind, failure.value.outage) == ("server_error", True)


@pytest.mark.parametrize("output", ["a" * 1_000_000, "<" * 1_000_000, "\x00" * (MAX_CHARACTERS + 1)])
async def test_long_texts(output: str) -> None:
    with pytest.raises(EvaluationError) as failure:
        await similarity(output, "a")
    assert failure.value.kind == "too_large"


async def test_odd_texts_and_many() -> None:
    for output in ("", "\ud800", "\x00", "\u202eabc", "[" * MAX_CHARACTERS, " "):
        value = await similarity(output, "a")
        assert -1 <= value <= 1
    with pytest.raises(EvaluationError) as failure:
        await similarity("a", ["b"] * (MAX_TEXTS + 1))
    assert failure.value.kind == "too_large"


def test_mistakes() -> None:
    def codes(**changes: Any) -> list[tuple[str, tuple[str | int, ...]]]:
        _, problems, _ = resolved({**HASH, **changes})
        return [(problem.code, problem.at) for problem in problems]

    assert codes(model="echo") == [("wrong-value", ("model",))]
    assert codes(model="hsh") == [("unknown-model", ("model",))]
    assert codes(threshold=0.5) == [("wrong-value", ("threshold",))]
    assert codes(score=None, scores={"similarity": "s"}, threshold=0.5) == [("wrong-value", ("threshold",))]


def test_what_the_digest_covers() -> None:
    other = {"models": {"hash": {"model": "embedded:hash", "parameters": {"dimensions": 8}}}}
    identities = [
        resolved(fields, **table)[0].identity
        for fields, table in (
            (HASH, {}),
            (HASH, other),
            ({**HASH, "value": "output.a"}, {}),
            ({**HASH, "expected": "input"}, {}),
            ({**HASH, "score": None, "scores": {"passed": "p"}, "threshold": 0.5}, {}),
        )
    ]
    assert len({repr(identity) for identity in identities}) == len(identities)
    renamed = resolved({**HASH, "model": "mine"}, models={"mine": {"model": "embedded:hash"}})[0].identity
    assert renamed == identities[0]
