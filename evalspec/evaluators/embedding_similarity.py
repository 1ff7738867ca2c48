"""`embedding_similarity`: how near two texts are in the space of an embedding model."""

import math
from collections.abc import Mapping, Sequence
from operator import mul
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import (
    BOOLEAN,
    EvaluationError,
    EvaluatorFields,
    EvaluatorKind,
    ScoreValue,
    Subject,
    Yields,
)
from evalspec.evaluators.embedding_cache import embeddings_of
from evalspec.evaluators.expressions import check_expression, compile_lookup, own_fields
from evalspec.evaluators.judge_fields import check_threshold_used
from evalspec.evaluators.plain import text, texts
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "EmbeddingSimilarityFields", "cosine"]

MAX_CHARACTERS: Final = 100_000
"""The most characters of one text."""

MAX_TEXTS: Final = 100
"""The most texts that one is compared with."""

_SIMILARITY: Final = Yields(frozenset({"NUMERIC"}), (-1.0, 1.0))
_NO_EMBEDDINGS: Final = ("embedded:echo", "embedded:rules", "embedded:overlap")


class EmbeddingSimilarityFields(EvaluatorFields):
    """The cosine of the angle between the embeddings of `value` and `expected`.

        [models.embedding]
        model = "openai:text-embedding-3-small"

        [evaluators.near]
        type = "embedding_similarity"
        model = "embedding"
        threshold = 0.8
        scores = { similarity = "similarity", passed = "near" }

    1 is the same direction, 0 none in common, -1 the opposite; it is not scaled, only rounding errors beyond
    -1 and 1 are cut off. What counts as near depends on the model, so a threshold is worth only what it was
    measured with. Where `expected` is a list of texts the nearest of them counts. Equal texts are embedded
    once while they are remembered, 1,024 of them in a run.

    The evaluation fails with the model's failure (`rate_limited`, `timeout`, …), with `not_text` for what
    is no text, with `missing_expected`, with `empty_expected` for a list without texts, with `too_large`
    beyond 100,000 characters or 100 texts, and with `invalid_embedding` where the vectors have different
    lengths, none at all, or numbers that are not finite.
    """

    type: Literal["embedding_similarity"] = "embedding_similarity"
    model: str = Field(description="Name of an embedding model, from `[models]`.", examples=["embedding"])
    value: str = Field(
        "output", description="Expression for the text that is judged.", examples=["output.answer"]
    )
    expected: str = Field(
        "expected_output",
        description="Expression for the text it is compared with, or for a list of texts.",
        examples=["expected_output.answer"],
    )
    threshold: float | None = Field(
        None, ge=-1, le=1, description="`passed` is whether the similarity is at least this.", examples=[0.8]
    )
    score: str | None = Field(None, description="Name of the one score it gives: `similarity`.")
    scores: dict[Literal["similarity", "passed"], str] | None = Field(
        None,
        description="Several scores, by key, instead of `score`; `passed` needs a `threshold`.",
        examples=[{"similarity": "similarity", "passed": "near"}],
    )


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of the angle between two vectors of one length, from -1 to 1.

    Raises EvaluationError `invalid_embedding` for a vector that has no direction.
    """
    lengths = math.hypot(*one), math.hypot(*other)
    if not all(0 < length < math.inf for length in lengths):
        raise EvaluationError("invalid_embedding", "an embedding has no direction")
    # Divided first, so that the products of very large or small numbers stay numbers.
    product = math.fsum(map(mul, (x / lengths[0] for x in one), (y / lengths[1] for y in other)))
    return min(1.0, max(-1.0, product))


class _EmbeddingSimilarity:
    blocking = False
    observes = True

    def __init__(self, fields: Mapping[str, Any], loading: Loading) -> None:
        self._models = loading.door()
        self._model: str = fields["model"]
        self._value = compile_lookup("value", fields["value"])
        self._expected = compile_lookup("expected", fields["expected"])
        self._threshold: float | None = fields.get("threshold")
        self._keys: Sequence[str] = fields.get("keys", ())

    async def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        scope = subject.scope()
        value = _bounded(text("value", self._value(scope)))
        expected = [_bounded(one) for one in texts("expected", self._expected(scope))]
        if not expected:
            raise EvaluationError("empty_expected", "`expected` is a list without texts")
        if len(expected) > MAX_TEXTS:
            message = f"`expected` has {len(expected)} texts; {MAX_TEXTS} are compared at most"
            raise EvaluationError("too_large", message)
        first, *others = await embeddings_of(self._models, self._model, [value, *expected])
        similarity = max(cosine(first, other) for other in others)
        if not self._keys:
            return [ScoreValue(similarity)]
        found: dict[str, float | bool] = {"similarity": similarity}
        if self._threshold is not None:
            found["passed"] = similarity >= self._threshold
        return [ScoreValue(found[key], key) for key in self._keys]


def _bounded(one: str) -> str:
    if len(one) > MAX_CHARACTERS:
        message = f"a text has {len(one)} characters; {MAX_CHARACTERS} are embedded at most"
        raise EvaluationError("too_large", message)
    # Half a surrogate pair cannot be sent.
    return one.encode("utf-8", "replace").decode()


def _resolve(fields: EmbeddingSimilarityFields, resolving: Resolving) -> Resolved:
    check_expression(fields, resolving, "value")
    check_expression(fields, resolving, "expected")
    model = resolving.model(("model",), fields.model)
    if model is not None and model.model in _NO_EMBEDDINGS:
        message = f"`{model.model}` answers and makes no embeddings"
        expected = "an embedding model, such as `embedded:hash` or `local:wordllama`"
        resolving.report("wrong-value", message, ("model",), expected=expected)
    if fields.threshold is not None:
        check_threshold_used(fields.scores, resolving)
    kept, identity = own_fields(fields)
    identity["model"] = model.digest if model is not None else ""
    if fields.scores:
        kept["keys"] = identity["keys"] = sorted(fields.scores)
    return Resolved(kept, identity)


def _yields(fields: EmbeddingSimilarityFields) -> Mapping[str, Yields]:
    keys = {"similarity": _SIMILARITY}
    if fields.threshold is not None:
        keys["passed"] = BOOLEAN
    return {"": _SIMILARITY, **keys}


def _build(fields: dict[str, Any], loading: Loading) -> _EmbeddingSimilarity:
    return _EmbeddingSimilarity(fields, loading)


KIND = EvaluatorKind(
    type="embedding_similarity",
    fields=EmbeddingSimilarityFields,
    semantics=1,
    yields=_yields,
    resolve=_resolve,
    build=_build,
    reads=lambda fields: (fields.value, fields.expected),
    group="semantic",
)
