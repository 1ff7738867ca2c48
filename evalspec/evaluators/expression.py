"""`expression`: what an expression makes of other scores and the subject."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import (
    EvaluationError,
    EvaluatorKind,
    OneScoreFields,
    ScoreValue,
    Subject,
    Yields,
)
from evalspec.evaluators.conditions import check_over_scores, is_skipped, scores_in
from evalspec.evaluators.expressions import compile_lookup, own_fields, type_name
from evalspec.kinds.fields import meanings
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "ExpressionFields"]

_YIELDS: Final = Yields(frozenset({"BOOLEAN", "NUMERIC", "CATEGORICAL"}))


class ExpressionFields(OneScoreFields):
    """What an expression over other scores, the item and the output gives.

        [scores.correct]
        data_type = "BOOLEAN"

        [scores.similarity]
        data_type = "NUMERIC"

        [evaluators.grade]
        type = "expression"
        value = "'good' if scores.correct else 'fair' if scores.similarity > 0.8 else 'poor'"
        score = "grade"

    It gives true or false, a number, or a category, whichever the score is; what the score does not allow
    fails with `invalid_score`. Null means that there is nothing to score. A list or an object fails with
    `invalid_result`, an operation that is not possible with `expression_failed`, a key that is not there with
    `missing_key`, and a score that an evaluator failed to give with `missing_score`.
    """

    type: Literal["expression"] = "expression"
    value: str = Field(
        description="The expression, over `scores`, `input`, `output`, `expected_output`, `metadata` and "
        "`item`.",
        examples=["scores.correct and output.sources | length > 0"],
    )
    on_skipped: Literal["skip", "null"] = Field(
        "skip",
        description="What becomes of it where a score that it reads was skipped.",
        json_schema_extra=meanings(
            skip="The item is skipped.", null="The score is null, and the expression says what follows."
        ),
    )


class _Expression:
    blocking = False

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._lookup = compile_lookup("value", fields["value"])
        self._matters = scores_in(fields["value"]) if fields["on_skipped"] == "skip" else frozenset[str]()

    def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        if is_skipped(self._matters, subject):
            return (ScoreValue(None),)
        value = self._lookup(subject.scope())
        if isinstance(value, list | dict):
            message = f"`value` is {type_name(value)}, and a score is true or false, a number or a category"
            raise EvaluationError("invalid_result", message)
        return (ScoreValue(value),)


def _resolve(fields: ExpressionFields, resolving: Resolving) -> Resolved:
    check_over_scores(fields, resolving, ("value",), fields.value)
    return Resolved(*own_fields(fields))


def _build(fields: dict[str, Any], loading: Loading) -> _Expression:
    return _Expression(fields)


KIND = EvaluatorKind(
    type="expression",
    fields=ExpressionFields,
    semantics=1,
    yields=lambda fields: {"": _YIELDS},
    resolve=_resolve,
    build=_build,
    reads=lambda fields: (fields.value,),
    group="composed",
)
