"""`cost`: what the models of a task cost."""

import math
from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, NUMBER, Subject
from evalspec.evaluators.generations import GenerationFields, billed
from evalspec.evaluators.observing import check_bounds, observing_kind, within_bounds
from evalspec.evaluators.plain import Measure, Measured

__all__ = ["KIND", "CostFields"]


class CostFields(GenerationFields):
    """The US dollars that the task's models cost, and whether they are within a limit.

        [evaluators.price]
        type = "cost"
        max = 0.01
        scores = { usd = "cost", passed = "cheap_enough" }

    It is the sum over all generations and embeddings below the task's call, or over those of one `name`, of
    what they say themselves (`cost_details` of the Langfuse SDK); prices that the Langfuse server adds later
    are not known here.

    Where no generation says its cost, or one that did not fail does not, the evaluation fails with
    `no_cost`: a sum over some of them would lie.
    """

    type: Literal["cost"] = "cost"
    max: float | None = Field(
        None, ge=0, description="The highest cost in USD for `passed`.", examples=[0.01]
    )
    score: str | None = Field(
        None,
        description="Name of the score it gives, from `[scores]`: `passed` where there is a bound, otherwise "
        "`usd`.",
    )
    scores: dict[Literal["usd", "passed"], str] | None = Field(
        None,
        description="The scores it gives, instead of `score`: `usd` (NUMERIC) and `passed` (BOOLEAN: at most "
        "`max`).",
        examples=[{"usd": "cost", "passed": "cheap_enough"}],
    )


def _measure(fields: dict[str, Any]) -> Measure:
    def measure(subject: Subject) -> Measured:
        calls = billed(subject, fields, "cost", "no_cost", "its cost")
        usd = math.fsum(one.cost for one in calls if one.cost is not None)
        return {"usd": usd, "passed": within_bounds(fields, usd)}

    return measure


KIND = observing_kind(
    CostFields,
    _measure,
    yields={"usd": NUMBER, "passed": BOOLEAN},
    group="runtime",
    check=check_bounds,
)
