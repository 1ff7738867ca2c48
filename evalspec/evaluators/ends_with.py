"""`ends_with`: whether a text ends with another."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, OneScoreFields
from evalspec.evaluators.plain import Measure, plain_kind, text, texts

__all__ = ["KIND", "EndsWithFields"]


class EndsWithFields(OneScoreFields):
    """True where `value` ends with the expected text, or with one of several.

        [evaluators.signs]
        type = "ends_with"
        value = "output.letter"
        expected = "['Yours sincerely', 'Kind regards']"
        score = "signs"

    White space at the end counts; the filter `trim` takes it away: `value = "output | trim"`. Every text ends
    with the empty one. Where `value` or `expected` is no text the evaluation fails with `not_text`.
    """

    type: Literal["ends_with"] = "ends_with"
    value: str = Field(
        "output", description="Expression for the text to look at.", examples=["output | trim"]
    )
    expected: str = Field(
        "expected_output",
        description="Expression for the text it ends with, or a list of texts of which one will do.",
        examples=["expected_output.suffix", "'?'"],
    )
    ignore_case: bool = Field(False, description="Whether upper and lower case count as the same.")


def _measure(fields: dict[str, Any]) -> Measure:
    fold = str.casefold if fields["ignore_case"] else str

    def measure(value: Any, expected: Any) -> bool:
        ends = tuple(fold(part) for part in texts("expected", expected))
        return fold(text("value", value)).endswith(ends)

    return measure


KIND = plain_kind(EndsWithFields, _measure, yields=BOOLEAN, group="text")
