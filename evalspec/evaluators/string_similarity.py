"""`string_similarity`: how similar two texts are, character by character, by one of several metrics."""

from collections.abc import Awaitable
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import SHARE, EvaluationError, OneScoreFields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.distances import string_similarity
from evalspec.evaluators.plain import Measure, plain_kind, text
from evalspec.kinds.bounded import Limits
from evalspec.kinds.fields import meanings

__all__ = ["KIND", "MAX_LENGTH", "MAX_SHORTER", "StringSimilarityFields"]

MAX_LENGTH: Final = 100_000
"""The longest text in characters."""

MAX_SHORTER: Final = {"damerau_levenshtein": 5_000, "partial_ratio": 1_000}
"""The longest text, for `partial_ratio` the longer of the shorter ones, where a metric has no algorithm that
works on 64 characters at a time."""

_QUICK: Final = {"damerau_levenshtein": 250_000, "partial_ratio": 20_000}
_QUICK_OTHERWISE: Final = 20_000_000
"""Product of the lengths up to which a comparison takes less than about a millisecond or two."""

_LIMITS: Final = Limits(seconds=60)
"""What may be compared at all takes less than a second; a slow machine must not decide."""


class StringSimilarityFields(OneScoreFields):
    """The similarity of two texts between 0 and 1, by the metric named in `metric`.

        [evaluators.close]
        type = "string_similarity"
        value = "output.name"
        expected = "expected_output.name"
        metric = "jaro_winkler"
        ignore_case = true
        score = "similarity"

    Characters are code points; equal texts, and two empty ones, have 1. A distance is turned into a
    similarity by 1 minus the distance over the greatest that texts of these lengths can have. The metrics are
    RapidFuzz's (https://rapidfuzz.github.io/RapidFuzz/): Levenshtein 1966, Damerau 1964 (without restriction:
    a transposed pair may be edited again), Jaro 1989, Winkler 1990 (prefix weight 0.1), Hamming 1950 (where
    the lengths differ, each character too many is a mistake).

    Where `value` or `expected` is no text the evaluation fails with `not_text`. Texts of more than 100,000
    characters, for `damerau_levenshtein` of more than 5,000, are not compared, nor with `partial_ratio` two
    of which the shorter has more than 1,000: the evaluation fails with `too_large`.
    """

    type: Literal["string_similarity"] = "string_similarity"
    value: str = Field("output", description="Expression for the text to look at.", examples=["output.name"])
    expected: str = Field(
        "expected_output",
        description="Expression for the text it is compared with.",
        examples=["expected_output.name"],
    )
    metric: Literal[
        "levenshtein",
        "damerau_levenshtein",
        "indel",
        "jaro",
        "jaro_winkler",
        "lcs",
        "hamming",
        "ratio",
        "partial_ratio",
        "token_sort_ratio",
        "token_set_ratio",
    ] = Field(
        "levenshtein",
        description="How the texts are compared.",
        json_schema_extra=meanings(
            levenshtein="Characters to insert, delete or replace, over the longer length.",
            damerau_levenshtein="Like `levenshtein`, and two neighbours that change places count once.",
            indel="Characters to insert or delete, over the sum of the lengths.",
            jaro="Common characters that stand near each other; made for names.",
            jaro_winkler="Like `jaro`, and more for a common beginning of up to four characters.",
            lcs="The longest common subsequence, over the longer length.",
            hamming="Places that have the same character, over the longer length.",
            ratio="The same as `indel`, under the name of fuzzy string matching.",
            partial_ratio="`ratio` of the shorter text and the part of the longer one that is most like it.",
            token_sort_ratio="`ratio` after the words of both are sorted.",
            token_set_ratio="The best `ratio` among the common words and these with the rest of each text.",
        ),
    )
    ignore_case: bool = Field(False, description="Whether upper and lower case count as the same.")


def _measure(fields: dict[str, Any]) -> Measure:
    import rapidfuzz  # noqa: F401 - before the first comparison, which is timed

    metric: str = fields["metric"]
    ignore_case: bool = fields["ignore_case"]
    quick = _QUICK.get(metric, _QUICK_OTHERWISE)

    def measure(value: Any, expected: Any) -> float | Awaitable[float]:
        given, wanted = text("value", value), text("expected", expected)
        _check_lengths(metric, len(given), len(wanted))
        if len(given) * len(wanted) <= quick:
            return string_similarity(given, wanted, metric, ignore_case)
        return evaluate_bounded(
            "evalspec.evaluators.distances:string_similarity",
            [given, wanted, metric, ignore_case],
            limits=_LIMITS,
            preload=["rapidfuzz.distance", "rapidfuzz.fuzz"],
        )

    return measure


def _check_lengths(metric: str, *lengths: int) -> None:
    shorter, longer = sorted(lengths)
    bound = MAX_SHORTER.get(metric, MAX_LENGTH)
    if metric == "partial_ratio" and shorter > bound:
        message = f"the shorter text has {shorter:,} characters, more than {bound:,}"
        raise EvaluationError("too_large", message)
    bound = MAX_LENGTH if metric == "partial_ratio" else bound
    if longer > bound:
        raise EvaluationError("too_large", f"a text has {longer:,} characters, more than {bound:,}")


KIND = plain_kind(StringSimilarityFields, _measure, yields=SHARE, group="similarity")
