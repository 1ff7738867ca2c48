"""`span_duration`: how long certain observations of a task took."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, NUMBER, EvaluationError
from evalspec.evaluators.observing import within_bounds
from evalspec.evaluators.plain import Measure, Measured
from evalspec.evaluators.trajectories import FilterFields, Step, check_filter, chooser, trajectory_kind
from evalspec.kinds.fields import Duration, meanings

__all__ = ["KIND", "SpanDurationFields"]


class SpanDurationFields(FilterFields):
    """The seconds that some observations took, as one number, and whether they are within a limit.

        [evaluators.slowest_tool]
        type = "span_duration"
        observation_type = "tool"
        aggregate = "max"
        max = "2s"
        on_none = "skip"
        scores = { seconds = "slowest_tool", passed = "tools_fast" }

    The observations of an item are put together by `aggregate`; percentiles are interpolated linearly between
    the two nearest values (type 7 of Hyndman and Fan, 1996). A sum counts twice where observations lie within
    one another. Where an observation that is given as a value has no `duration` the evaluation fails with
    `no_duration`, and where there is no observation with `no_observation`.
    """

    type: Literal["span_duration"] = "span_duration"
    aggregate: Literal["sum", "max", "min", "mean", "p50", "p90", "p95", "p99"] = Field(
        "sum",
        description="What is made of several durations.",
        json_schema_extra=meanings(
            sum="All together.",
            max="The longest.",
            min="The shortest.",
            mean="Their mean.",
            p50="Their median.",
            p90="Their 90th percentile.",
            p95="Their 95th percentile.",
            p99="Their 99th percentile.",
        ),
    )
    on_none: Literal["error", "skip"] = Field(
        "error",
        description="Where there is no such observation: whether the evaluation fails or is skipped.",
        json_schema_extra=meanings(
            error="The evaluation fails with `no_observation`.",
            skip="The item is not scored, and counts as skipped.",
        ),
    )
    max: Duration | None = Field(
        None,
        description="The longest time for `passed`: seconds, or text like `1m30s`.",
        examples=["2s"],
    )
    score: str | None = Field(
        None,
        description="Name of the score it gives, from `[scores]`: `passed` where there is a bound, otherwise "
        "`seconds`.",
    )
    scores: dict[Literal["seconds", "passed"], str] | None = Field(
        None,
        description="The scores it gives, instead of `score`: `seconds` (NUMERIC) and `passed` (BOOLEAN: at "
        "most `max`).",
        examples=[{"seconds": "slowest_tool", "passed": "tools_fast"}],
    )


def percentile(numbers: Sequence[float], percent: float) -> float:
    """The percentile of some numbers, by linear interpolation between the two nearest."""
    ordered = sorted(numbers)
    below, part = divmod((len(ordered) - 1) * percent / 100, 1)
    low = ordered[int(below)]
    return low if not part else low + (ordered[int(below) + 1] - low) * part


_AGGREGATES: Final[dict[str, Callable[[Sequence[float]], float]]] = {
    "sum": math.fsum,
    "max": max,
    "min": min,
    "mean": lambda numbers: math.fsum(numbers) / len(numbers),
    "p50": lambda numbers: percentile(numbers, 50),
    "p90": lambda numbers: percentile(numbers, 90),
    "p95": lambda numbers: percentile(numbers, 95),
    "p99": lambda numbers: percentile(numbers, 99),
}


def _measure(fields: dict[str, Any]) -> Measure:
    aggregate, skips = _AGGREGATES[fields["aggregate"]], fields["on_none"] == "skip"
    choose = chooser(fields)

    def measure(steps: Sequence[Step]) -> Measured:
        chosen = choose(steps)
        if not chosen:
            if skips:
                return {"seconds": None, "passed": None}
            raise EvaluationError("no_observation", "the task has no such observation")
        durations = [step.duration for step in chosen if step.duration is not None]
        if len(durations) < len(chosen):
            raise EvaluationError("no_duration", "an observation does not say how long it took")
        seconds = aggregate(durations)
        return {"seconds": seconds, "passed": within_bounds(fields, seconds)}

    return measure


KIND = trajectory_kind(
    SpanDurationFields, _measure, yields={"seconds": NUMBER, "passed": BOOLEAN}, check=check_filter
)
