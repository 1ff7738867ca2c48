"""What evaluators share that count some of the steps of a task."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.observing import within_bounds
from evalspec.evaluators.plain import Measured
from evalspec.evaluators.trajectories import Step, TrajectoryFields

__all__ = ["CountFields", "counted"]


class CountFields(TrajectoryFields):
    """Fields of an evaluator that counts."""

    min: int | None = Field(None, ge=0, description="The smallest number for `passed`.", examples=[1])
    max: int | None = Field(None, ge=0, description="The largest number for `passed`.", examples=[10])
    score: str | None = Field(
        None,
        description="Name of the score it gives, from `[scores]`: `passed` where there is a bound, otherwise "
        "`count`.",
    )
    scores: dict[Literal["count", "passed"], str] | None = Field(
        None,
        description="The scores it gives, instead of `score`: `count` (NUMERIC) and `passed` (BOOLEAN: at "
        "least `min` and at most `max`).",
        examples=[{"count": "steps", "passed": "few_steps"}],
    )


def counted(steps: Sequence[Step], fields: dict[str, Any]) -> Measured:
    """How many there are, and whether these are within the bounds."""
    return {"count": len(steps), "passed": within_bounds(fields, len(steps))}
