"""`character_count`: how long a text is."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.counting import CountFields, check_counts, count_yields, counting
from evalspec.evaluators.plain import Measure, plain_kind
from evalspec.kinds.fields import meanings

__all__ = ["KIND", "CharacterCountFields"]


class CharacterCountFields(CountFields):
    """The number of characters, and whether it is within bounds.

        [evaluators.fits]
        type = "character_count"
        value = "output.title"
        max = 60
        score = "fits"

    Where `value` is not text the evaluation fails with `not_text`, with more than 200,000 code points with
    `too_large`. The tables of Unicode are those of the installed `regex` package.
    """

    type: Literal["character_count"] = "character_count"
    unit: Literal["graphemes", "code_points"] = Field(
        "graphemes",
        description="What one character is.",
        json_schema_extra=meanings(
            graphemes="What a reader takes for one: a letter with its accents, an emoji of several parts "
            "(extended grapheme clusters, UAX #29).",
            code_points="What Unicode gives a number to, and Python's `len` counts.",
        ),
    )


def _measure(fields: dict[str, Any]) -> Measure:
    return counting("count_characters" if fields["unit"] == "graphemes" else "", fields, "character")


KIND = plain_kind(
    CharacterCountFields,
    _measure,
    yields=count_yields,
    group="text",
    expressions=("value",),
    check=check_counts,
)
