"""`average_precision`: how early the relevant documents were retrieved."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from evalspec.evaluators.base import SHARE
from evalspec.evaluators.rankings import Id, RankingFields, ranking_kind

__all__ = ["KIND", "AveragePrecisionFields"]


class AveragePrecisionFields(RankingFields):
    """The mean, over the relevant documents, of the precision at the rank where each was retrieved.

        [evaluators.early]
        type = "average_precision"
        value = "output.ids"
        expected = "expected_output.ids"
        score = "average_precision"

    A relevant document that is not among the first `k` counts as 0, and the mean is over all that are
    relevant, as in trec_eval's `map_cut`. The mean over a run's items is MAP. (Manning, Raghavan and Schütze,
    Introduction to Information Retrieval, 2008, section 8.4.) What is no list of ids fails with `not_a_list`
    or `not_an_id`, and an item without anything relevant with `nothing_relevant`.
    """

    type: Literal["average_precision"] = "average_precision"


def _average_precision(ranked: Sequence[Id], gains: Mapping[Id, float], fields: Mapping[str, Any]) -> float:
    ranks = [rank for rank, one in enumerate(ranked, 1) if one in gains]
    return math.fsum(found / rank for found, rank in enumerate(ranks, 1)) / len(gains)


KIND = ranking_kind(AveragePrecisionFields, _average_precision, SHARE)
