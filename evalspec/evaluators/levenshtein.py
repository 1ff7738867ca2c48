"""`levenshtein`: how similar two texts are."""

from collections.abc import Awaitable, Sequence
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import (
    SHARE,
    EvaluationError,
    EvaluatorKind,
    OneScoreFields,
    ScoreValue,
    Subject,
)
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.distances import levenshtein_similarity
from evalspec.evaluators.expressions import compile_lookup, one_score, resolve_plainly, text_of
from evalspec.kinds.bounded import Limits
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "MAX_LENGTH", "LevenshteinFields"]

MAX_LENGTH: Final = 200_000
"""The longest text in characters; the time grows with the product of both lengths."""

_QUICK: Final = 50_000_000
"""Product of the lengths up to which the distance takes less than about a millisecond or two."""

_LIMITS: Final = Limits(bytes=2_000_000, seconds=60)
"""Two texts of the greatest length fit, at four bytes for a character, and take about two seconds; whether
they get a score must not be for a slow machine to say."""


class LevenshteinFields(OneScoreFields):
    """The similarity of two texts, between 0 and 1: 1 minus the Levenshtein distance over the longer length.

    The distance is the number of characters (code points) to insert, delete or replace (Levenshtein 1966);
    two empty texts are equal and have 1.

        [evaluators.close]
        type = "levenshtein"
        value = "output.answer"
        expected = "expected_output.answer"
        score = "similarity"

    Texts of more than 200,000 characters are not compared: the evaluation fails with `too_large`.
    """

    type: Literal["levenshtein"] = "levenshtein"
    value: str = Field(
        "output", description="Expression for the text to look at.", examples=["output.answer"]
    )
    expected: str = Field(
        "expected_output",
        description="Expression for the text it is compared with.",
        examples=["expected_output.answer"],
    )
    ignore_case: bool = Field(False, description="Whether upper and lower case count as the same.")


class _Levenshtein:
    blocking = False

    def __init__(self, fields: dict[str, Any]) -> None:
        import rapidfuzz.distance  # noqa: F401 - before the first comparison, which is timed

        self._value = compile_lookup("value", fields["value"])
        self._expected = compile_lookup("expected", fields["expected"])
        self._ignore_case: bool = fields["ignore_case"]

    def __call__(self, subject: Subject) -> Sequence[ScoreValue] | Awaitable[Sequence[ScoreValue]]:
        scope = subject.scope()
        value, expected = text_of(self._value, scope), text_of(self._expected, scope)
        longest = max(len(value), len(expected))
        if longest > MAX_LENGTH:
            raise EvaluationError("too_large", f"a text has {longest:,} characters, more than {MAX_LENGTH:,}")
        if len(value) * len(expected) > _QUICK:
            return self._elsewhere(value, expected)
        return one_score(levenshtein_similarity(value, expected, self._ignore_case))

    async def _elsewhere(self, value: str, expected: str) -> Sequence[ScoreValue]:
        similarity = await evaluate_bounded(
            "evalspec.evaluators.distances:levenshtein_similarity",
            [value, expected, self._ignore_case],
            limits=_LIMITS,
            preload=["rapidfuzz.distance"],
        )
        return one_score(similarity)


def _resolve(fields: LevenshteinFields, resolving: Resolving) -> Resolved:
    return resolve_plainly(fields, resolving, "value", "expected")


def _build(fields: dict[str, Any], loading: Loading) -> _Levenshtein:
    return _Levenshtein(fields)


KIND = EvaluatorKind(
    type="levenshtein",
    fields=LevenshteinFields,
    semantics=1,
    yields=lambda fields: {"": SHARE},
    resolve=_resolve,
    build=_build,
    reads=lambda fields: (fields.value, fields.expected),
    group="similarity",
)
