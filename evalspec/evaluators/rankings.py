"""What evaluators of retrieval share: what was retrieved, in its order, and what is relevant."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import Field

from evalspec.evaluators.base import EvaluationError, EvaluatorKind, OneScoreFields, Yields
from evalspec.evaluators.expressions import type_name
from evalspec.evaluators.plain import Measure, Measured, plain_kind

__all__ = ["Id", "RankingFields", "ranking_kind"]

Id = str | int | float
"""The id of a document: text or a number. `1` and `1.0` are the same, `1` and `"1"` are not."""


class RankingFields(OneScoreFields):
    """Fields of an evaluator of retrieval."""

    value: str = Field(
        "output",
        description="Expression for the ids of what was retrieved, the best first. An id that comes again "
        "counts once, where it came first.",
        examples=["output.documents | map(attribute='id') | list"],
    )
    expected: str = Field(
        "expected_output",
        description="Expression for what is relevant: a list of ids, or an object of id and gain, of which "
        "those above 0 are relevant (its ids are text, as keys are).",
        examples=["expected_output.documents"],
    )
    k: int | None = Field(
        None, ge=1, description="Only the first so many count; without it all.", examples=[10]
    )


F = TypeVar("F", bound=RankingFields)


def ranking_kind(
    fields: type[F],
    measure: Callable[[Sequence[Id], Mapping[Id, float], Mapping[str, Any]], Measured],
    yields: Yields,
) -> EvaluatorKind[F]:
    """The kind of evaluator that looks at a ranking: a function of the ids retrieved, each once and as far as
    `k` goes; of the gain of each relevant id, all above 0; and of the resolved fields.
    """

    def of_fields(resolved: dict[str, Any]) -> Measure:
        k = resolved.get("k")

        def of_values(value: Any, expected: Any) -> Measured:
            gains = _gains(expected)
            return measure(_ranked(value)[:k], gains, resolved)

        return of_values

    return plain_kind(fields, of_fields, yields=yields, group="retrieval")


def _ranked(value: Any) -> list[Id]:
    if not isinstance(value, list):
        raise EvaluationError("not_a_list", f"`value` is {type_name(value)} and not a list of ids")
    return list(dict.fromkeys(_id("value", one) for one in value))


def _gains(expected: Any) -> dict[Id, float]:
    """The gain of each relevant id; 1 where none is said."""
    if isinstance(expected, list):
        gains: dict[Id, float] = dict.fromkeys((_id("expected", one) for one in expected), 1.0)
    elif isinstance(expected, dict):
        gains = {key: gain for key, gain in expected.items() if _gain(key, gain) > 0}
    else:
        message = f"`expected` is {type_name(expected)}, neither a list of ids nor an object of gains"
        raise EvaluationError("not_a_list", message)
    if not gains:
        raise EvaluationError("nothing_relevant", "`expected` holds nothing that is relevant")
    return gains


def _id(role: str, one: Any) -> Id:
    if isinstance(one, bool) or not isinstance(one, str | int | float):
        raise EvaluationError("not_an_id", f"`{role}` holds {type_name(one)}, and ids are text or numbers")
    return one


def _gain(key: str, gain: Any) -> float:
    if isinstance(gain, bool) or not isinstance(gain, int | float):
        raise EvaluationError(
            "not_a_number", f"the gain of {key!r:.80} is {type_name(gain)} and not a number"
        )
    if not 0 <= gain < math.inf:
        raise EvaluationError("invalid_gain", f"the gain of {key!r:.80} is {gain}, and gains are at least 0")
    return gain
