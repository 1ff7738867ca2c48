"""`chrf`: the sentence chrF of a text and its references."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import SHARE, OneScoreFields
from evalspec.evaluators.extras import require
from evalspec.evaluators.plain import Commented, Measure, plain_kind
from evalspec.evaluators.references import compare_with_references
from evalspec.kinds.resolving import Resolving

__all__ = ["KIND", "ChrfFields"]


class ChrfFields(OneScoreFields):
    """The sentence chrF of `value` and its references, between 0 and 1, as sacrebleu computes it.

        [evaluators.translation]
        type = "chrf"
        value = "output.text"
        expected = "expected_output.translations"
        word_order = 2
        score = "chrf"

    chrF (Popović 2015) is the F-score of the n-grams of characters, and with `word_order = 2` chrF++ (Popović
    2017), of those of words as well. It needs no tokenizer and suits languages with rich inflection. Of
    several references the one with the highest value counts. The comment holds the signature of sacrebleu,
    which names all that the value depends on, its version included; publications give chrF times 100.

    An empty `value` has 0. The evaluation fails with `not_text` where a text is none, with `empty_expected`
    where a reference is blank or there is none, and with `too_large` where the texts have more than 100,000
    characters together.
    """

    type: Literal["chrf"] = "chrf"
    value: str = Field("output", description="Expression for the text to look at.", examples=["output.text"])
    expected: str = Field(
        "expected_output",
        description="Expression for the reference, or a list of references of which the best counts.",
        examples=["expected_output.translations"],
    )
    char_order: int = Field(6, ge=0, le=10, description="The length of the longest n-grams of characters.")
    word_order: int = Field(
        0, ge=0, le=4, description="The length of the longest n-grams of words; 2 gives chrF++."
    )
    beta: int = Field(2, ge=1, le=10, description="How many times as important recall is as precision.")
    whitespace: bool = Field(False, description="Whether spaces are characters, too.")
    ignore_case: bool = Field(False, description="Whether upper and lower case count as the same.")


def _check(fields: ChrfFields, resolving: Resolving) -> None:
    if fields.char_order == 0 and fields.word_order == 0:
        message = "there are n-grams neither of characters nor of words"
        resolving.report("wrong-value", message, ("char_order",), expected="at least 1")


def _measure(fields: dict[str, Any]) -> Measure:
    require("sacrebleu", "text")

    async def measure(value: Any, expected: Any) -> Commented:
        preload = ["sacrebleu.metrics.chrf"]
        return Commented(*await compare_with_references("chrf", value, expected, fields, preload))

    return measure


KIND = plain_kind(
    ChrfFields,
    _measure,
    yields=SHARE,
    group="similarity",
    check=_check,
    extra="text",
)
