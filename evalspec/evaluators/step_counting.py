"""What evaluators share that count some of the steps of a task."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, NUMBER, EvaluatorKind
from evalspec.evaluators.observing import within_bounds
from evalspec.evaluators.plain import Measure, Measured
from evalspec.evaluators.trajectories import FilterFields, Step, check_filter, chooser, trajectory_kind

__all__ = ["CountFields", "step_counting_kind"]


class CountFields(FilterFields):
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


F = TypeVar("F", bound=CountFields)


def step_counting_kind(fields: type[F], counts: Callable[[Step], bool] | None = None) -> EvaluatorKind[F]:
    """The kind of evaluator that counts the steps its fields choose, of these only those that `counts` holds
    of.
    """

    def measure_of(resolved: dict[str, Any]) -> Measure:
        choose = chooser(resolved)

        def measure(steps: Sequence[Step]) -> Measured:
            count = sum(counts is None or counts(step) for step in choose(steps))
            return {"count": count, "passed": within_bounds(resolved, count)}

        return measure

    yields = {"count": NUMBER, "passed": BOOLEAN}
    return trajectory_kind(fields, measure_of, yields=yields, check=check_filter)
