"""`all`: whether several conditions hold together."""

from collections.abc import Sequence
from typing import Literal

from evalspec.evaluators.conditions import ConditionsFields, conditions_kind

__all__ = ["KIND", "AllFields"]


class AllFields(ConditionsFields):
    """True where all of several conditions over other scores hold.

        [scores.correct]
        data_type = "BOOLEAN"

        [scores.similarity]
        data_type = "NUMERIC"

        [evaluators.passed]
        type = "all"
        of = ["correct", "scores.similarity >= 0.8", "output.answer != ''"]
        score = "passed"

    Where a score was skipped a condition that reads it is not known, and the logic is Kleene's: one condition
    that is false makes it false; otherwise one that is not known makes it skipped. A score that an evaluator
    failed to give fails this one with `missing_score`, and a condition that is neither true nor false with
    `not_a_boolean`.
    """

    type: Literal["all"] = "all"


def _all(found: Sequence[bool | None]) -> bool | None:
    if False in found:
        return False
    return None if None in found else True


KIND = conditions_kind(AllFields, _all)
