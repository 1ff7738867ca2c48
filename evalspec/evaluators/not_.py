"""`not`: whether none of several conditions holds."""

from collections.abc import Sequence
from typing import Literal

from evalspec.evaluators.conditions import ConditionsFields, conditions_kind

__all__ = ["KIND", "NotFields"]


class NotFields(ConditionsFields):
    """True where no condition of one or several over other scores holds.

        [scores.toxic]
        data_type = "BOOLEAN"

        [evaluators.harmless]
        type = "not"
        of = ["toxic"]
        score = "harmless"

    Where a score was skipped a condition that reads it is not known, and the logic is Kleene's: one condition
    that is true makes it false; otherwise one that is not known makes it skipped. A score that an evaluator
    failed to give fails this one with `missing_score`, and a condition that is neither true nor false with
    `not_a_boolean`.
    """

    type: Literal["not"] = "not"


def _none(found: Sequence[bool | None]) -> bool | None:
    if True in found:
        return False
    return None if None in found else True


KIND = conditions_kind(NotFields, _none)
