"""`starts_with`: whether a text begins with another."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, OneScoreFields
from evalspec.evaluators.plain import Measure, plain_kind, text, texts

__all__ = ["KIND", "StartsWithFields"]


class StartsWithFields(OneScoreFields):
    """True where `value` begins with the expected text, or with one of several.

        [evaluators.greets]
        type = "starts_with"
        value = "output.answer"
        expected = "['Hello', 'Hi', 'Dear']"
        score = "greets"

    Every text begins with the empty one. Where `value` or `expected` is no text the evaluation fails with
    `not_text`.
    """

    type: Literal["starts_with"] = "starts_with"
    value: str = Field(
        "output", description="Expression for the text to look at.", examples=["output.answer"]
    )
    expected: str = Field(
        "expected_output",
        description="Expression for the text it begins with, or a list of texts of which one will do.",
        examples=["expected_output.prefix", "'Dear'"],
    )
    ignore_case: bool = Field(False, description="Whether upper and lower case count as the same.")


def _measure(fields: dict[str, Any]) -> Measure:
    fold = str.casefold if fields["ignore_case"] else str

    def measure(value: Any, expected: Any) -> bool:
        beginnings = tuple(fold(part) for part in texts("expected", expected))
        return fold(text("value", value)).startswith(beginnings)

    return measure


KIND = plain_kind(StartsWithFields, _measure, yields=BOOLEAN, group="text")
