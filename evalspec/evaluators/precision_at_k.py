"""`precision_at_k`: how much of what was retrieved is relevant."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from evalspec.evaluators.base import SHARE
from evalspec.evaluators.rankings import Id, RankingFields, ranking_kind

__all__ = ["KIND", "PrecisionAtKFields"]


class PrecisionAtKFields(RankingFields):
    """The share of relevant documents among the first `k` that were retrieved.

        [evaluators.precision]
        type = "precision_at_k"
        value = "output.ids"
        expected = "expected_output.ids"
        k = 5
        score = "precision"

    Where fewer than `k` were retrieved, the places that are empty count as not relevant, as in trec_eval.
    Without `k` it is the share of all that were retrieved, and 0 where nothing was. (Manning, Raghavan and
    Schütze, Introduction to Information Retrieval, 2008, section 8.4.) What is no list of ids fails with
    `not_a_list` or `not_an_id`, and an item without anything relevant with `nothing_relevant`.
    """

    type: Literal["precision_at_k"] = "precision_at_k"


def _precision(ranked: Sequence[Id], gains: Mapping[Id, float], fields: Mapping[str, Any]) -> float:
    places = fields.get("k", len(ranked))
    return sum(one in gains for one in ranked) / places if places else 0.0


KIND = ranking_kind(PrecisionAtKFields, _precision, SHARE)
