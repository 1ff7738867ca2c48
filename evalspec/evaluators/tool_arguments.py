"""`tool_arguments`: whether a tool was called with the right arguments."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, EvaluationError, OneScoreFields
from evalspec.evaluators.exact_match import same_json
from evalspec.evaluators.expressions import type_name
from evalspec.evaluators.plain import Commented, Measure, Measured
from evalspec.evaluators.trajectories import (
    Step,
    ToolFields,
    arguments_of,
    checked_depth,
    chooser,
    trajectory_kind,
)
from evalspec.kinds.fields import meanings
from evalspec.kinds.resolving import Resolving

__all__ = ["KIND", "ToolArgumentsFields"]


class ToolArgumentsFields(ToolFields, OneScoreFields):
    """True where a tool was called with certain arguments.

        [evaluators.right_order]
        type = "tool_arguments"
        name = "find_order"
        expected = "{'id': expected_output.order}"
        compare = "subset"
        match = "last"
        score = "right_order"

    The arguments are the `input` of the tool's observation, compared as JSON as `exact_match` does; of a
    function under `@observe` its keyword arguments, where it was called with nothing else. False where the
    tool was not called, with a comment that says so. An expected value that is no object fails with
    `not_an_object`, and one that is nested too deeply with `too_large`.
    """

    type: Literal["tool_arguments"] = "tool_arguments"
    name: str = Field(description="The name of the tool.", examples=["find_order"])
    expected: str | None = Field(
        None,
        description="Expression for the arguments, an object.",
        examples=["expected_output.arguments"],
    )
    arguments: dict[str, Any] | None = Field(
        None, description="The arguments, instead of `expected`.", examples=[{"unit": "celsius"}]
    )
    compare: Literal["exact", "subset"] = Field(
        "exact",
        description="Whether there may be other arguments.",
        json_schema_extra=meanings(
            exact="The arguments are the same.",
            subset="The expected ones are there and the same; objects within may have more keys, too.",
        ),
    )
    match: Literal["any", "all", "first", "last"] = Field(
        "any",
        description="Which of several calls must have these arguments.",
        json_schema_extra=meanings(
            any="At least one.", all="Each one.", first="The first one.", last="The last one."
        ),
    )


def _check(fields: ToolArgumentsFields, resolving: Resolving) -> None:
    if fields.arguments is None and fields.expected is None:
        expected = "`expected` or `arguments`"
        resolving.report("missing-field", "it is not said which arguments", expected=expected)
    elif fields.arguments is not None and fields.expected is not None:
        message = "`arguments` and `expected` cannot stand together"
        resolving.report("wrong-value", message, ("arguments",), key=True, expected="one of the two")


def _measure(fields: dict[str, Any]) -> Measure:
    same = same_json if fields["compare"] == "exact" else holds
    match, name, choose = fields["match"], fields["name"], chooser(fields)

    def measure(steps: Sequence[Step], expected: Any = None) -> Measured:
        wanted = fields.get("arguments", expected)
        if not isinstance(wanted, dict):
            raise EvaluationError("not_an_object", f"`expected` is {type_name(wanted)} and not an object")
        checked_depth("`expected`", wanted)
        calls = choose(steps)
        if not calls:
            return Commented(False, f"{name!r} was not called")
        looked_at = calls[:1] if match == "first" else calls[-1:] if match == "last" else calls
        combine: Callable[..., bool] = any if match == "any" else all
        return combine(
            same(checked_depth("the input of the tool", arguments_of(call)), wanted) for call in looked_at
        )

    return measure


def holds(value: Any, expected: Any) -> bool:
    """Whether a JSON tree has all that another has: objects may have more keys, lists not more elements."""
    if isinstance(expected, dict):
        return isinstance(value, dict) and all(
            key in value and holds(value[key], part) for key, part in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(value, list)
            and len(value) == len(expected)
            and all(holds(one, part) for one, part in zip(value, expected, strict=True))
        )
    return same_json(value, expected)


KIND = trajectory_kind(ToolArgumentsFields, _measure, yields=BOOLEAN, expressions=("expected",), check=_check)
