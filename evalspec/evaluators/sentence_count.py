"""`sentence_count`: how many sentences a text has."""

from typing import Any, Literal

from evalspec.evaluators.counting import CountFields, check_counts, count_yields, counting
from evalspec.evaluators.plain import Measure, plain_kind

__all__ = ["KIND", "SentenceCountFields"]


class SentenceCountFields(CountFields):
    """The number of sentences, and whether it is within bounds.

    Sentences are the pieces between Unicode's default sentence boundaries (UAX #29) that have a letter or a
    digit in them. A full stop ends one unless a small letter, a digit or a comma goes on, so that `e.g. this`
    and `3.14` end none, and `Dr. Watson` does. A line break ends one, too: headings and the points of a list
    count.

        [evaluators.brief]
        type = "sentence_count"
        min = 1
        max = 3
        score = "brief"

    Where `value` is not text the evaluation fails with `not_text`, with more than 200,000 characters with
    `too_large`. The tables of Unicode are those of the installed `regex` package.
    """

    type: Literal["sentence_count"] = "sentence_count"


def _measure(fields: dict[str, Any]) -> Measure:
    return counting("count_sentences", fields, "sentence")


KIND = plain_kind(
    SentenceCountFields,
    _measure,
    yields=count_yields,
    group="text",
    expressions=("value",),
    check=check_counts,
)
