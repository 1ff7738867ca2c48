"""`bleu`: the sentence BLEU of a text and its references."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import SHARE, OneScoreFields
from evalspec.evaluators.extras import require
from evalspec.evaluators.plain import Commented, Measure, plain_kind
from evalspec.evaluators.references import compare_with_references
from evalspec.kinds.fields import meanings
from evalspec.kinds.resolving import Resolving

__all__ = ["KIND", "BleuFields"]


class BleuFields(OneScoreFields):
    """The sentence BLEU of `value` and its references, between 0 and 1, as sacrebleu computes it.

        [evaluators.translation]
        type = "bleu"
        value = "output.text"
        expected = "expected_output.translations"
        score = "bleu"

    BLEU (Papineni et al. 2002) is the geometric mean of the precisions of n-grams, times a penalty for texts
    that are shorter than their reference. It was made for corpora: the mean over items is not the BLEU of the
    corpus. The comment holds the signature of sacrebleu (Post 2018), which names all that the value depends
    on, its version included; publications give BLEU times 100.

    An empty `value` has 0. The evaluation fails with `not_text` where a text is none, with `empty_expected`
    where a reference is blank or there is none, and with `too_large` where the texts have more than 100,000
    characters together.
    """

    type: Literal["bleu"] = "bleu"
    value: str = Field("output", description="Expression for the text to look at.", examples=["output.text"])
    expected: str = Field(
        "expected_output",
        description="Expression for the reference, or a list of references that are used together.",
        examples=["expected_output.translations"],
    )
    tokenizer: Literal["13a", "intl", "zh", "char", "none"] = Field(
        "13a",
        description="How texts are split into words.",
        json_schema_extra=meanings(
            **{
                "13a": "As in WMT's mteval-v13a: by spaces and the punctuation of Western languages.",
                "intl": "By spaces and the punctuation of all scripts.",
                "zh": "Each Chinese character by itself, the rest as `13a`.",
                "char": "Each character by itself.",
                "none": "By spaces alone, for texts that are tokenised.",
            }
        ),
    )
    smoothing: Literal["exp", "floor", "add-k", "none"] = Field(
        "exp",
        description="What a precision of 0 becomes (Chen and Cherry 2014).",
        json_schema_extra=meanings(
            **{
                "exp": "The first 1/2 of one match, the next 1/4, and so on.",
                "floor": "`smoothing_value` in place of no matches.",
                "add-k": "`smoothing_value` is added to matches and totals from 2-grams on.",
                "none": "It stays 0, and so does BLEU.",
            }
        ),
    )
    smoothing_value: float | None = Field(
        None, gt=0, le=1, description="The number of `floor`, by default 0.1, or of `add-k`, by default 1."
    )
    max_order: int = Field(4, ge=1, le=8, description="The length of the longest n-grams.")
    effective_order: bool = Field(
        True, description="Whether n-grams that are longer than the text are left out of the mean."
    )
    ignore_case: bool = Field(False, description="Whether upper and lower case count as the same.")


def _check(fields: BleuFields, resolving: Resolving) -> None:
    if fields.smoothing_value is not None and fields.smoothing not in ("floor", "add-k"):
        message = f"the smoothing `{fields.smoothing}` takes no value"
        expected = "`floor` or `add-k` as `smoothing`"
        resolving.report("wrong-value", message, ("smoothing_value",), key=True, expected=expected)


def _measure(fields: dict[str, Any]) -> Measure:
    require("sacrebleu", "text")

    async def measure(value: Any, expected: Any) -> Commented:
        preload = ["sacrebleu.metrics.bleu"]
        return Commented(*await compare_with_references("bleu", value, expected, fields, preload))

    return measure


KIND = plain_kind(
    BleuFields,
    _measure,
    yields=SHARE,
    group="similarity",
    check=_check,
    extra="text",
)
