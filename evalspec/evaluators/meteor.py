"""`meteor`: METEOR of a text and its references, without synonyms."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import SHARE, OneScoreFields
from evalspec.evaluators.extras import require
from evalspec.evaluators.plain import Measure, plain_kind
from evalspec.evaluators.references import TOKENIZER_MEANINGS, compare_with_references
from evalspec.kinds.fields import meanings

__all__ = ["KIND", "MeteorFields"]


class MeteorFields(OneScoreFields):
    """METEOR of `value` and its references, between 0 and 1, with exact and stemmed matches but no synonyms.

        [evaluators.translation]
        type = "meteor"
        value = "output.text"
        expected = "expected_output.translation"
        score = "meteor"

    METEOR (Lavie and Agarwal 2007) aligns the words of both texts, and takes an F-score of them, less a
    penalty for each time that the order breaks off. Words match that are equal but for case, then those whose
    stems are, by the Porter stemmer for English. **Synonyms from WordNet do not match**, since its data is
    not part of the installation: values are not comparable with those that are published with it. The
    computation is nltk's; it does not look for the alignment with the fewest breaks. Equal texts have a
    little less than 1, because the penalty counts one chunk. Of several references the best counts.

    A `value` without a common word has 0. The evaluation fails with `not_text` where a text is none, with
    `empty_expected` where a reference is blank or there is none, and with `too_large` where the texts have
    more than 100,000 characters together.
    """

    type: Literal["meteor"] = "meteor"
    value: str = Field("output", description="Expression for the text to look at.", examples=["output.text"])
    expected: str = Field(
        "expected_output",
        description="Expression for the reference, or a list of references of which the best counts.",
        examples=["expected_output.translation"],
    )
    tokenizer: Literal["words", "whitespace", "characters"] = Field(
        "words",
        description="How texts are split into words.",
        json_schema_extra=meanings(**TOKENIZER_MEANINGS),
    )
    alpha: float = Field(
        0.9,
        ge=0,
        le=1,
        description="The weight of recall in the F-score; precision has the rest.",
    )
    beta: float = Field(3.0, ge=0, le=10, description="How steeply the penalty grows with the breaks.")
    gamma: float = Field(0.5, ge=0, le=1, description="The greatest penalty, from 0 to 1.")


def _measure(fields: dict[str, Any]) -> Measure:
    require("nltk", "text")

    async def measure(value: Any, expected: Any) -> float:
        preload = ["nltk.translate.meteor_score"]
        return float(await compare_with_references("meteor", value, expected, fields, preload))

    return measure


KIND = plain_kind(MeteorFields, _measure, yields=SHARE, group="similarity", extra="text")
