"""`json_equal`: whether two JSON values are equal, but for what does not count."""

from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, OneScoreFields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.plain import Commented, Measure, plain_kind
from evalspec.kinds.resolving import Resolving

__all__ = ["KIND", "JsonEqualFields"]

_QUICK: Final = 20_000
"""Characters, values, or pairs of values that are looked at in a few milliseconds."""


class JsonEqualFields(OneScoreFields):
    """True where two JSON values are equal but for what does not count; otherwise the comment says where they
    first differ.

    Keys of objects have no order. 1 and 1.0 are equal, true and 1 are not. Numbers may differ by `absolute`,
    or by `relative` times the expected number, whichever is more.

        [evaluators.same_order]
        type = "json_equal"
        value = "output.text"
        parse_text = true
        ignore = ["/id", "/lines/*/created_at"]
        ignore_order = true
        absolute = 0.01
        score = "same_order"

    With `parse_text` text that is not JSON fails the evaluation with `not_json`. Texts of more than 300,000
    characters and values of more than 250 levels fail with `too_large`; so do, with `ignore_order`,
    values that have more than 50,000 parts together, and, with `ignore_order` and a
    tolerance together, values whose sizes have a product of more than 500,000.
    """

    type: Literal["json_equal"] = "json_equal"
    value: str = Field("output", description="Expression for the value to look at.", examples=["output"])
    expected: str = Field(
        "expected_output",
        description="Expression for the value it is compared with.",
        examples=["item.input"],
    )
    ignore: list[str] = Field(
        default=[],
        description="What does not count in either value: JSON pointers, in which `*` stands for any one key "
        "or index and `**` for any number of them.",
        examples=[["/id", "/lines/*/created_at", "/**/updated_at"]],
    )
    ignore_order: bool = Field(
        False, description="Whether the order of the elements of lists does not count."
    )
    absolute: float | None = Field(None, ge=0, description="How far numbers may differ.", examples=[0.01])
    relative: float | None = Field(
        None,
        ge=0,
        description="How far numbers may differ, as a share of the expected number.",
        examples=[0.05],
    )
    parse_text: bool = Field(
        False,
        description="Whether a value, or expected value, that is text is read as the JSON that it spells.",
    )


def _check(fields: JsonEqualFields, resolving: Resolving) -> None:
    for index, path in enumerate(fields.ignore):
        if not path.startswith("/"):
            message = f"`{path}` is no JSON pointer to a part of a value"
            expected = "a path that begins with `/`, such as `/lines/*/id`"
            resolving.report("wrong-value", message, ("ignore", index), expected=expected)


def _measure(fields: dict[str, Any]) -> Measure:
    from evalspec.evaluators.json_comparing import size_of
    from evalspec.kinds.bounded import TooLarge

    how = [fields["ignore"], fields["ignore_order"], fields.get("absolute", 0.0), fields.get("relative", 0.0)]
    parse_text: bool = fields["parse_text"]

    def cost(value: Any) -> int:
        if parse_text and isinstance(value, str):
            return len(value)
        try:
            return size_of(value)
        except TooLarge:
            return 0  # it is found out at once, and said, by the comparison

    async def measure(value: Any, expected: Any) -> Commented:
        one, other = cost(value), cost(expected)
        fault = await evaluate_bounded(
            "evalspec.evaluators.json_equality:difference",
            [value, expected, parse_text, *how],
            cost=one * other if fields["ignore_order"] else one + other,
            quick=_QUICK,
        )
        return Commented(fault is None, fault)

    return measure


KIND = plain_kind(JsonEqualFields, _measure, yields=BOOLEAN, group="comparison", check=_check)
