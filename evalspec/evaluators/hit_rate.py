"""`hit_rate`: whether anything relevant was retrieved."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from evalspec.evaluators.base import BOOLEAN
from evalspec.evaluators.rankings import Id, RankingFields, ranking_kind

__all__ = ["KIND", "HitRateFields"]


class HitRateFields(RankingFields):
    """True where at least one of the first `k` that were retrieved is relevant.

        [evaluators.hit]
        type = "hit_rate"
        value = "output.ids"
        expected = "expected_output.ids"
        k = 5
        score = "hit"

    The hit rate of a run is the share of its items for which this is true: an aggregate with the function
    `rate`. What is no list of ids fails with `not_a_list` or `not_an_id`, and an item without anything
    relevant with `nothing_relevant`.
    """

    type: Literal["hit_rate"] = "hit_rate"


def _hit(ranked: Sequence[Id], gains: Mapping[Id, float], fields: Mapping[str, Any]) -> bool:
    return any(one in gains for one in ranked)


KIND = ranking_kind(HitRateFields, _hit, BOOLEAN)
