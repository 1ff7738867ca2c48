"""`step_count`: how many steps an agent took."""

from typing import Literal

from pydantic import Field

from evalspec.evaluators.base import OBSERVATION_TYPES
from evalspec.evaluators.step_counting import CountFields, step_counting_kind
from evalspec.evaluators.trajectories import ObservationTypes

__all__ = ["KIND", "StepCountFields"]


class StepCountFields(CountFields):
    """How many steps an agent took, and whether these are few enough.

        [evaluators.turns]
        type = "step_count"
        observation_type = "generation"
        max = 6
        scores = { count = "turns", passed = "few_turns" }

    A step is an observation of the type `generation` or `tool` below the task's call, at every depth: what a
    model was asked, and what a tool did. Other types count where `observation_type` says so; `span_count`
    counts observations of all types.
    """

    type: Literal["step_count"] = "step_count"
    observation_type: ObservationTypes = Field(
        ["generation", "tool"],
        description="The Langfuse type of the observations that count as steps, or several.",
        examples=["generation", ["tool", "retriever"]],
        json_schema_extra=OBSERVATION_TYPES,
    )


KIND = step_counting_kind(StepCountFields)
