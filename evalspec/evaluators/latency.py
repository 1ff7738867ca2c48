"""`latency`: how long the task took."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, NUMBER, EvaluatorFields, Subject
from evalspec.evaluators.observing import check_bounds, is_attached, observing_kind, within_bounds
from evalspec.evaluators.plain import Measure, Measured
from evalspec.kinds.fields import Duration

__all__ = ["KIND", "LatencyFields"]


class LatencyFields(EvaluatorFields):
    """The seconds that the call of the task took, and whether they are within a limit.

        [evaluators.speed]
        type = "latency"
        max = "2s"
        scores = { seconds = "latency", passed = "fast_enough" }

    Of several attempts the last one counts. Attached to an observation it is the duration of that one. What
    a call takes depends on the machine and on how many calls there are at once (`limits.concurrency`), so
    latencies of two runs can only be compared where these are the same.
    """

    type: Literal["latency"] = "latency"
    max: Duration | None = Field(
        None,
        description="The longest time for `passed`: seconds, or text like `1m30s`.",
        examples=["2s", 0.5],
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
        examples=[{"seconds": "latency", "passed": "fast_enough"}],
    )


def _measure(fields: dict[str, Any]) -> Measure:
    def measure(subject: Subject) -> Measured:
        at = subject.observation
        seconds = max(0, subject.ended_ns - subject.started_ns) / 1e9 if at is None else at.duration
        return {"seconds": seconds, "passed": within_bounds(fields, seconds)}

    return measure


KIND = observing_kind(
    LatencyFields,
    _measure,
    yields={"seconds": NUMBER, "passed": BOOLEAN},
    group="runtime",
    needs=lambda fields: frozenset() if is_attached(fields) else frozenset({"latency"}),
    check=check_bounds,
)
