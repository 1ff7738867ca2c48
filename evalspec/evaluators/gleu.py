"""`gleu`: Google's GLEU of a text and its references."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import SHARE, OneScoreFields
from evalspec.evaluators.extras import require
from evalspec.evaluators.plain import Measure, plain_kind
from evalspec.evaluators.references import TOKENIZER_MEANINGS, compare_with_references
from evalspec.kinds.fields import meanings
from evalspec.kinds.resolving import Resolving

__all__ = ["KIND", "GleuFields"]


class GleuFields(OneScoreFields):
    """Google's GLEU of `value` and its references, between 0 and 1: a BLEU for single sentences.

        [evaluators.translation]
        type = "gleu"
        value = "output.text"
        expected = "expected_output.translation"
        score = "gleu"

    GLEU (Wu et al. 2016, https://arxiv.org/abs/1609.08144, section 5.2) is the smaller one of precision and
    recall of all n-grams of `min_order` to `max_order` words, as nltk computes it. It is 1 for equal texts,
    and the same when text and reference change places. Of several references the best counts. It is not the
    GLEU of grammatical error correction.

    An empty `value` has 0. The evaluation fails with `not_text` where a text is none, with `empty_expected`
    where a reference is blank or there is none, with `too_short` where one has fewer than `min_order` words,
    and with `too_large` where the texts have more than 100,000 characters together.
    """

    type: Literal["gleu"] = "gleu"
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
    min_order: int = Field(1, ge=1, le=8, description="The length of the shortest n-grams.")
    max_order: int = Field(4, ge=1, le=8, description="The length of the longest n-grams.")
    ignore_case: bool = Field(False, description="Whether upper and lower case count as the same.")


def _check(fields: GleuFields, resolving: Resolving) -> None:
    if fields.max_order < fields.min_order:
        message = f"`max_order` is smaller than `min_order`, which is {fields.min_order}"
        resolving.report("wrong-value", message, ("max_order",), expected=f"at least {fields.min_order}")


def _measure(fields: dict[str, Any]) -> Measure:
    require("nltk", "text")

    async def measure(value: Any, expected: Any) -> float:
        preload = ["nltk.translate.gleu_score"]
        return float(await compare_with_references("gleu", value, expected, fields, preload))

    return measure


KIND = plain_kind(
    GleuFields,
    _measure,
    yields=SHARE,
    group="similarity",
    check=_check,
    extra="text",
)
