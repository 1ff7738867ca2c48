"""`step_count`: how many steps a task took."""

from collections.abc import Sequence
from typing import Any, Literal

from evalspec.evaluators.base import BOOLEAN, NUMBER
from evalspec.evaluators.observing import check_bounds
from evalspec.evaluators.plain import Measure, Measured
from evalspec.evaluators.step_counting import CountFields, counted
from evalspec.evaluators.trajectories import FilterFields, Step, filtered, trajectory_kind

__all__ = ["KIND", "StepCountFields"]


class StepCountFields(CountFields, FilterFields):
    """How many observations the task made, of one type or name, and whether these are few enough.

        [evaluators.turns]
        type = "step_count"
        observation_type = "generation"
        max = 6
        scores = { count = "turns", passed = "few_turns" }

    Without a type and a name all observations below the task's call count, at every depth. Observations
    whose names are not known beforehand are counted by `span_count`.
    """

    type: Literal["step_count"] = "step_count"


def _measure(fields: dict[str, Any]) -> Measure:
    def measure(steps: Sequence[Step]) -> Measured:
        return counted(filtered(steps, fields), fields)

    return measure


KIND = trajectory_kind(
    StepCountFields, _measure, yields={"count": NUMBER, "passed": BOOLEAN}, check=check_bounds
)
