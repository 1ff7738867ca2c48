"""`span_count`: how many of a task's observations have a name like a pattern."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from evalspec.checking.patterns import BadPattern, compile_pattern
from evalspec.evaluators.base import BOOLEAN, NUMBER
from evalspec.evaluators.observing import check_bounds
from evalspec.evaluators.plain import Measure, Measured
from evalspec.evaluators.step_counting import CountFields, counted
from evalspec.evaluators.trajectories import Step, trajectory_kind
from evalspec.kinds.resolving import Resolving
from evalspec.kinds.tracing import ObservationType

__all__ = ["KIND", "SpanCountFields"]


class SpanCountFields(CountFields):
    """How many observations have a name in which a pattern is found, and whether that is enough.

        [evaluators.lookups]
        type = "span_count"
        pattern = "^(search|fetch)_"
        observation_types = ["tool", "retriever"]
        min = 1
        max = 5
        scores = { passed = "looked_up" }

    Patterns are RE2 (https://github.com/google/re2/wiki/Syntax).
    """

    type: Literal["span_count"] = "span_count"
    pattern: str = Field(
        description="A regular expression (RE2) that is found in the names of what is counted.",
        examples=["^search_"],
    )
    observation_types: list[ObservationType] | None = Field(
        None,
        min_length=1,
        description="Only observations of these Langfuse types.",
        examples=[["tool", "retriever"]],
    )


def _check(fields: SpanCountFields, resolving: Resolving) -> None:
    check_bounds(fields, resolving)
    try:
        compile_pattern(fields.pattern)
    except BadPattern as error:
        resolving.report("invalid-regex", str(error), ("pattern",), offset=error.offset, length=error.length)


def _measure(fields: dict[str, Any]) -> Measure:
    found_in = compile_pattern(fields["pattern"]).search
    types = fields.get("observation_types")

    def measure(steps: Sequence[Step]) -> Measured:
        chosen = [
            step
            for step in steps
            if (types is None or step.type in types) and found_in(_as_text(step.name)) is not None
        ]
        return counted(chosen, fields)

    return measure


def _as_text(name: str) -> str:
    """A name that RE2 takes: half of a surrogate pair is no character."""
    return name if name.isascii() else name.encode("utf-8", "replace").decode()


KIND = trajectory_kind(SpanCountFields, _measure, yields={"count": NUMBER, "passed": BOOLEAN}, check=_check)
