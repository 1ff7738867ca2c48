"""`mrr`: at which rank the first relevant document was retrieved."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from evalspec.evaluators.base import SHARE
from evalspec.evaluators.rankings import Id, RankingFields, ranking_kind

__all__ = ["KIND", "MrrFields"]


class MrrFields(RankingFields):
    """One over the rank of the first relevant document, and 0 where none is among the first `k`.

        [evaluators.first_hit]
        type = "mrr"
        value = "output.ids"
        expected = "expected_output.ids"
        k = 10
        score = "reciprocal_rank"

    The mean over a run's items is the mean reciprocal rank (Voorhees, The TREC-8 Question Answering Track
    Report, 1999). What is no list of ids fails with `not_a_list` or `not_an_id`, and an item without anything
    relevant with `nothing_relevant`.
    """

    type: Literal["mrr"] = "mrr"


def reciprocal_rank(ranked: Sequence[Id], gains: Mapping[Id, float], fields: Mapping[str, Any]) -> float:
    """One over the first rank, from 1, at which something relevant stands."""
    return next((1 / rank for rank, one in enumerate(ranked, 1) if one in gains), 0.0)


KIND = ranking_kind(MrrFields, reciprocal_rank, SHARE)
