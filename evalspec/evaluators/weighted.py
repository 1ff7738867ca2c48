"""`weighted`: the weighted mean of several scores."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import (
    NUMBER,
    EvaluationError,
    EvaluatorKind,
    OneScoreFields,
    ScoreValue,
    Subject,
)
from evalspec.evaluators.expressions import own_fields
from evalspec.kinds.fields import meanings
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving
from evalspec.templates.paths import format_path

__all__ = ["KIND", "WeightedFields"]

_NUMBERS: Final = ("NUMERIC", "BOOLEAN")


class WeightedFields(OneScoreFields):
    """The mean of several scores, each with a weight.

        [scores.correct]
        data_type = "BOOLEAN"

        [scores.similarity]
        data_type = "NUMERIC"

        [evaluators.quality]
        type = "weighted"
        weights = { correct = 3, similarity = 1 }
        score = "quality"

    It is the sum of weight times score over the sum of the weights; a BOOLEAN score counts as 1 or 0. So it
    lies between the smallest and the largest of them, and from 0 to 1 only where they all do. A category or
    text cannot be weighted. Where an evaluator failed to give one of them, this one fails with
    `missing_score`.
    """

    type: Literal["weighted"] = "weighted"
    weights: dict[str, Annotated[float, Field(gt=0)]] = Field(
        min_length=1,
        description="The weight of each score, by its name.",
        examples=[{"correct": 3, "similarity": 1}],
    )
    on_skipped: Literal["skip", "ignore"] = Field(
        "skip",
        description="What becomes of it where one of the scores was skipped.",
        json_schema_extra=meanings(
            skip="The item is skipped.",
            ignore="The mean is that of the others; where there is no other, the item is skipped.",
        ),
    )


class _Weighted:
    blocking = False

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._weights: Mapping[str, float] = fields["weights"]
        self._ignores = fields["on_skipped"] == "ignore"

    def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        given = {name: subject.scores.get(name) for name in self._weights}
        found = {name: _number(name, value) for name, value in given.items() if value is not None}
        if not found or (len(found) < len(given) and not self._ignores):
            return (ScoreValue(None),)
        return (ScoreValue(weighted_mean([(value, self._weights[name]) for name, value in found.items()])),)


def weighted_mean(pairs: Sequence[tuple[float, float]]) -> float:
    """The mean of pairs of value and weight, never outside of the values."""
    heaviest = max(weight for _, weight in pairs)
    total = math.fsum(weight / heaviest for _, weight in pairs)
    # Shares first: no product is larger than its value, so that no sum is too large for a number.
    mean = math.fsum(value * (weight / heaviest / total) for value, weight in pairs)
    return min(max(mean, min(value for value, _ in pairs)), max(value for value, _ in pairs))


def _number(name: str, value: float | bool | str) -> float:
    if isinstance(value, str):
        raise EvaluationError("not_a_number", f"the score `{name}` is {value!r:.80} and not a number")
    return float(value)


def _resolve(fields: WeightedFields, resolving: Resolving) -> Resolved:
    for name in fields.weights:
        resolving.score(("weights", name), name, key=True)
        resolving.score_type(("weights", name), name, _NUMBERS, "a NUMERIC or BOOLEAN score", key=True)
    return Resolved(*own_fields(fields))


def _build(fields: dict[str, Any], loading: Loading) -> _Weighted:
    return _Weighted(fields)


KIND = EvaluatorKind(
    type="weighted",
    fields=WeightedFields,
    semantics=1,
    yields=lambda fields: {"": NUMBER},
    resolve=_resolve,
    build=_build,
    reads=lambda fields: tuple(format_path(("scores", name)) for name in fields.weights),
    group="composed",
)
