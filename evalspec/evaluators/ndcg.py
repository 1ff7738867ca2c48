"""`ndcg`: how good a ranking is, next to the best there could be."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import SHARE, EvaluationError
from evalspec.evaluators.rankings import Id, RankingFields, ranking_kind
from evalspec.kinds.fields import meanings

__all__ = ["KIND", "MAX_EXPONENT", "NdcgFields"]

MAX_EXPONENT: Final = 100
"""The largest gain as an exponent; grades are small numbers."""


class NdcgFields(RankingFields):
    """The normalised discounted cumulative gain of the first `k` that were retrieved.

        [evaluators.ranking]
        type = "ndcg"
        value = "output.ids"
        expected = "expected_output.grades"
        k = 10
        score = "ndcg"

    The discounted cumulative gain is the sum of `gain / log2(rank + 1)` over ranks from 1 (Järvelin and
    Kekäläinen, Cumulated gain-based evaluation of IR techniques, ACM TOIS 2002, with the discount that
    scikit-learn's `ndcg_score` has, too); it is divided by that of the best ranking of all that is relevant,
    as far as `k` goes. A list of ids is binary relevance, an object gives the gain of each id.

    What is no list of ids fails with `not_a_list` or `not_an_id`, a gain that is none with `not_a_number` or
    `invalid_gain` (below 0, or as an exponent above 100), and an item without anything relevant with
    `nothing_relevant`.
    """

    type: Literal["ndcg"] = "ndcg"
    gain: Literal["linear", "exponential"] = Field(
        "linear",
        description="How a grade counts.",
        json_schema_extra=meanings(
            linear="As it is.",
            exponential="As 2 to its power minus 1, which makes more of high grades (Burges et al. 2005).",
        ),
    )


def _ndcg(ranked: Sequence[Id], gains: Mapping[Id, float], fields: Mapping[str, Any]) -> float:
    highest = max(gains.values())
    if fields["gain"] == "exponential":
        if highest > MAX_EXPONENT:
            message = f"a gain is {highest:g}, and as an exponent {MAX_EXPONENT} is the largest"
            raise EvaluationError("invalid_gain", message)
        counted = {one: math.expm1(gain * math.log(2)) for one, gain in gains.items()}
    else:
        # Next to the highest, so that no sum is too large for a number.
        counted = {one: gain / highest for one, gain in gains.items()}
    best = sorted(counted.values(), reverse=True)[: fields.get("k")]
    # Rounding must not lead out of the range.
    return min(1.0, _discounted(counted.get(one, 0.0) for one in ranked) / _discounted(best))


def _discounted(gains: Iterable[float]) -> float:
    return math.fsum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


KIND = ranking_kind(NdcgFields, _ndcg, SHARE)
