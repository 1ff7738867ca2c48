"""`word_count`: how many words a text has."""

from typing import Any, Literal

from evalspec.evaluators.counting import CountFields, check_counts, count_yields, counting
from evalspec.evaluators.plain import Measure, plain_kind

__all__ = ["KIND", "WordCountFields"]


class WordCountFields(CountFields):
    """The number of words, and whether it is within bounds.

    Words are the pieces between Unicode's default word boundaries (UAX #29) that have a letter or a digit in
    them: `can't` and `3.14` are one word, `well-known` is two. Chinese and Japanese are counted by the
    character, as these rules know no dictionary, and Thai by the stretch without a space.

        [evaluators.brief]
        type = "word_count"
        value = "output.answer"
        max = 50
        scores = { count = "words", passed = "brief" }

    Where `value` is not text the evaluation fails with `not_text`, with more than 200,000 characters with
    `too_large`. The tables of Unicode are those of the installed `regex` package.
    """

    type: Literal["word_count"] = "word_count"


def _measure(fields: dict[str, Any]) -> Measure:
    return counting("count_words", fields, "word")


KIND = plain_kind(
    WordCountFields, _measure, yields=count_yields, group="text", expressions=("value",), check=check_counts
)
