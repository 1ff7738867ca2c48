"""`one_of`: whether a value is one of a list."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, EvaluationError, OneScoreFields
from evalspec.evaluators.either import constant_or_expected
from evalspec.evaluators.expressions import type_name
from evalspec.evaluators.json_comparing import same
from evalspec.evaluators.plain import Measure, plain_kind
from evalspec.kinds.bounded import TooLarge
from evalspec.kinds.resolving import Resolving

__all__ = ["KIND", "OneOfFields"]


class OneOfFields(OneScoreFields):
    """True where `value` is equal to one of several values.

    These are `values`, which stand in the spec, or what `expected` gives for each item, a list. Values are
    compared as JSON, as `exact_match` does: 1 and 1.0 are equal, 1 and "1" are not.

        [evaluators.known_label]
        type = "one_of"
        value = "output.label"
        values = ["refund", "exchange", "none"]
        score = "known_label"

    Where `expected` gives no list the evaluation fails with `not_a_list`, where the list is empty with
    `empty_expected`, and where something is nested deeper than 250 levels with `too_large`.
    """

    type: Literal["one_of"] = "one_of"
    value: str = Field("output", description="Expression for what is looked at.", examples=["output.label"])
    values: list[str | bool | int | float] | None = Field(
        None,
        description="The values of which it is to be one, instead of `expected`.",
        examples=[["yes", "no"]],
    )
    expected: str | None = Field(
        None,
        description="Expression for the list of values; `expected_output` unless `values` is given.",
        examples=["expected_output", "metadata.accepted"],
    )
    ignore_case: bool = Field(
        False, description="Whether upper and lower case count as the same, where a value is text."
    )


def _check(fields: OneOfFields, resolving: Resolving) -> None:
    if fields.values == []:
        message = "nothing is one of no values"
        resolving.report("wrong-value", message, ("values",), expected="a list with at least one value")


def _measure(fields: dict[str, Any]) -> Measure:
    ignore_case: bool = fields["ignore_case"]
    constant: list[Any] | None = fields.get("values")

    def folded(value: Any) -> Any:
        return value.casefold() if ignore_case and isinstance(value, str) else value

    def measure(value: Any, expected: Any = constant) -> bool:
        if not isinstance(expected, list):
            raise EvaluationError("not_a_list", f"`expected` is {type_name(expected)} and not a list")
        if not expected:
            raise EvaluationError("empty_expected", "`expected` is empty, and nothing is one of no values")
        looked_for = folded(value)
        try:
            return any(same(looked_for, folded(one)) for one in expected)
        except TooLarge as error:
            raise EvaluationError("too_large", str(error)) from None

    return measure


KIND = constant_or_expected(
    plain_kind(OneOfFields, _measure, yields=BOOLEAN, group="comparison", check=_check), "values"
)
