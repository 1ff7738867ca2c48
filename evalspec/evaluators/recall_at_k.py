"""`recall_at_k`: how much of what is relevant was retrieved."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from evalspec.evaluators.base import SHARE
from evalspec.evaluators.rankings import Id, RankingFields, ranking_kind

__all__ = ["KIND", "RecallAtKFields"]


class RecallAtKFields(RankingFields):
    """The share of the relevant documents that is among the first `k` that were retrieved.

        [evaluators.recall]
        type = "recall_at_k"
        value = "output.ids"
        expected = "expected_output.ids"
        k = 5
        score = "recall"

    It can be 1 only where `k` is not below the number of relevant documents. (Manning, Raghavan and Schütze,
    Introduction to Information Retrieval, 2008, section 8.4.) What is no list of ids fails with `not_a_list`
    or `not_an_id`, and an item without anything relevant with `nothing_relevant`.
    """

    type: Literal["recall_at_k"] = "recall_at_k"


def _recall(ranked: Sequence[Id], gains: Mapping[Id, float], fields: Mapping[str, Any]) -> float:
    return sum(one in gains for one in ranked) / len(gains)


KIND = ranking_kind(RecallAtKFields, _recall, SHARE)
