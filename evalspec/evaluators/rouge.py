"""`rouge`: ROUGE of a text and its references."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import SHARE, EvaluatorFields
from evalspec.evaluators.extras import require
from evalspec.evaluators.plain import Measure, plain_kind
from evalspec.evaluators.references import TOKENIZER_MEANINGS, compare_with_references
from evalspec.kinds.fields import meanings
from evalspec.kinds.resolving import Resolving

__all__ = ["KIND", "RougeFields"]


class RougeFields(EvaluatorFields):
    """ROUGE of `value` and its references, between 0 and 1: how much of a summary's words are there.

        [evaluators.summary]
        type = "rouge"
        value = "output.summary"
        expected = "expected_output.summary"
        variant = "rougeL"
        stem = true
        scores = { f1 = "rouge_l", recall = "rouge_l_recall" }

    ROUGE (Lin 2004) compares n-grams, or the longest common subsequence of words, and gives `precision`,
    `recall` and their harmonic mean `f1`. Values are those of the package rouge-score, which follows
    ROUGE-1.5.5; upper and lower case are the same. `rougeLsum` takes each line for a sentence. Of several
    references the one with the best `f1` counts.

    An empty `value` has 0. The evaluation fails with `not_text` where a text is none, with `empty_expected`
    where a reference is blank or there is none, with `no_words` where a text that is not blank has no word of
    the tokenizer, such as Chinese for `ascii`, and with `too_large` where the texts have more than 100,000
    characters together, or for `rougeLsum` the product of the numbers of words is above a million.
    """

    type: Literal["rouge"] = "rouge"
    score: str | None = Field(None, description="Name of the score that its `f1` is, from `[scores]`.")
    scores: dict[Literal["f1", "precision", "recall"], str] | None = Field(
        None,
        description="The scores it gives: which of `f1`, `precision` and `recall`, to name of the score, "
        "instead of `score`.",
        examples=[{"f1": "rouge", "recall": "rouge_recall"}],
    )
    value: str = Field(
        "output", description="Expression for the text to look at.", examples=["output.summary"]
    )
    expected: str = Field(
        "expected_output",
        description="Expression for the reference, or a list of references of which the best counts.",
        examples=["expected_output.summary"],
    )
    variant: Literal["rouge1", "rouge2", "rouge3", "rouge4", "rougeL", "rougeLsum"] = Field(
        "rougeL",
        description="What of the texts is compared.",
        json_schema_extra=meanings(
            rouge1="Words.",
            rouge2="Pairs of words that follow each other.",
            rouge3="Three words that follow each other.",
            rouge4="Four words that follow each other.",
            rougeL="The longest sequence of words that both have in this order, with gaps.",
            rougeLsum="The same for each line of the reference and all lines of the text, put together.",
        ),
    )
    stem: bool = Field(
        False,
        description="Whether words are stemmed, by the Porter stemmer for English; only with `ascii` as "
        "`tokenizer`.",
    )
    tokenizer: Literal["ascii", "words", "whitespace", "characters"] = Field(
        "ascii",
        description="How texts are split into words.",
        json_schema_extra=meanings(
            ascii="Runs of the letters a to z and digits, as in ROUGE-1.5.5; all else is space.",
            **TOKENIZER_MEANINGS,
        ),
    )


def _check(fields: RougeFields, resolving: Resolving) -> None:
    if fields.stem and fields.tokenizer != "ascii":
        message = f"words of the tokenizer `{fields.tokenizer}` are not stemmed"
        resolving.report("wrong-value", message, ("stem",), key=True, expected="`ascii` as `tokenizer`")


def _measure(fields: dict[str, Any]) -> Measure:
    require("rouge_score", "text")

    async def measure(value: Any, expected: Any) -> dict[str, float]:
        preload = ["rouge_score.rouge_scorer", "rapidfuzz.distance"]
        found: dict[str, float] = await compare_with_references("rouge", value, expected, fields, preload)
        return found

    return measure


KIND = plain_kind(
    RougeFields,
    _measure,
    yields={"f1": SHARE, "precision": SHARE, "recall": SHARE},
    group="similarity",
    check=_check,
    extra="text",
)
