"""`error_spans`: how many of a task's observations failed."""

from collections.abc import Sequence
from typing import Any, Literal

from evalspec.evaluators.base import BOOLEAN, NUMBER
from evalspec.evaluators.observing import check_bounds
from evalspec.evaluators.plain import Measure, Measured
from evalspec.evaluators.step_counting import CountFields, counted
from evalspec.evaluators.trajectories import FilterFields, Step, filtered, trajectory_kind

__all__ = ["KIND", "ErrorSpansFields"]


class ErrorSpansFields(CountFields, FilterFields):
    """How many observations have the level `ERROR`, and whether these are few enough.

        [evaluators.failures]
        type = "error_spans"
        observation_type = "tool"
        max = 0
        scores = { count = "failed_tools", passed = "no_failed_tools" }

    The Langfuse SDK gives this level to an observation that an exception passes, and OpenTelemetry's status
    `ERROR` is the same. An exception that passes several observations counts at each.
    """

    type: Literal["error_spans"] = "error_spans"


def _measure(fields: dict[str, Any]) -> Measure:
    def measure(steps: Sequence[Step]) -> Measured:
        return counted([step for step in filtered(steps, fields) if step.level == "ERROR"], fields)

    return measure


KIND = trajectory_kind(
    ErrorSpansFields, _measure, yields={"count": NUMBER, "passed": BOOLEAN}, check=check_bounds
)
