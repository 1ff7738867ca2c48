"""`time_to_first_token`: how long a model took to begin its answer."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, NUMBER, EvaluationError, Needs, Subject
from evalspec.evaluators.generations import GENERATIONS, GenerationFields, chosen
from evalspec.evaluators.observing import check_bounds, needs_observations, observing_kind, within_bounds
from evalspec.evaluators.plain import Measure, Measured
from evalspec.kinds.fields import Duration, meanings

__all__ = ["KIND", "TimeToFirstTokenFields"]


class TimeToFirstTokenFields(GenerationFields):
    """The seconds until a streamed generation gave its first token, and whether they are within a limit.

        [evaluators.first_token]
        type = "time_to_first_token"
        match = "last"
        since = "task"
        max = "800ms"
        scores = { seconds = "ttft", passed = "starts_soon" }

    Langfuse calls this moment `completion_start_time`; its SDK notes it for streamed answers of OpenAI, and
    for others where the code says so. Generations that do not tell it are passed over; where none does the
    evaluation fails with `no_first_token`.
    """

    type: Literal["time_to_first_token"] = "time_to_first_token"
    match: Literal["first", "last"] = Field(
        "first",
        description="Which generation, of those that tell the moment.",
        json_schema_extra=meanings(
            first="The one that began first.", last="The one that began last: often the answer itself."
        ),
    )
    since: Literal["generation", "task"] = Field(
        "generation",
        description="From when the seconds count.",
        json_schema_extra=meanings(
            generation="From the beginning of that generation.",
            task="From the beginning of the task's call, as a user waits.",
        ),
    )
    max: Duration | None = Field(
        None,
        description="The longest time for `passed`: seconds, or text like `800ms`.",
        examples=["800ms"],
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
        examples=[{"seconds": "ttft", "passed": "starts_soon"}],
    )


def _measure(fields: dict[str, Any]) -> Measure:
    place = 0 if fields["match"] == "first" else -1

    def measure(subject: Subject) -> Measured:
        found = [
            (one.completion_start_ns, one.started_ns)
            for one in chosen(subject, fields, GENERATIONS)
            if one.completion_start_ns is not None
        ]
        if not found:
            raise EvaluationError("no_first_token", "no generation tells when its answer began")
        moment, began = found[place]
        # The moment is kept in microseconds, so it may seem to be before the beginning.
        since = subject.started_ns if fields["since"] == "task" else began
        seconds = max(0, moment - since) / 1e9
        return {"seconds": seconds, "passed": within_bounds(fields, seconds)}

    return measure


def _needs(fields: TimeToFirstTokenFields) -> frozenset[Needs]:
    needed = needs_observations(fields)
    return needed | {"latency"} if fields.since == "task" else needed


KIND = observing_kind(
    TimeToFirstTokenFields,
    _measure,
    yields={"seconds": NUMBER, "passed": BOOLEAN},
    group="runtime",
    needs=_needs,
    check=check_bounds,
)
