"""`any`: whether one of several conditions holds."""

from collections.abc import Sequence
from typing import Literal

from evalspec.evaluators.conditions import ConditionsFields, conditions_kind

__all__ = ["KIND", "AnyFields"]


class AnyFields(ConditionsFields):
    """True where at least one of several conditions over other scores holds.

        [scores.exact]
        data_type = "BOOLEAN"

        [scores.similarity]
        data_type = "NUMERIC"

        [evaluators.right]
        type = "any"
        of = ["exact", "scores.similarity > 0.95"]
        score = "right"

    Where a score was skipped a condition that reads it is not known, and the logic is Kleene's: one condition
    that is true makes it true; otherwise one that is not known makes it skipped. A score that an evaluator
    failed to give fails this one with `missing_score`, and a condition that is neither true nor false with
    `not_a_boolean`.
    """

    type: Literal["any"] = "any"


def _any(found: Sequence[bool | None]) -> bool | None:
    if True in found:
        return True
    return None if None in found else False


KIND = conditions_kind(AnyFields, _any)
