"""`span_count`: how many observations a task made."""

from typing import Literal

from evalspec.evaluators.step_counting import CountFields, step_counting_kind

__all__ = ["KIND", "SpanCountFields"]


class SpanCountFields(CountFields):
    """How many observations the task made, all or those of a name or type, and whether that is enough.

        [evaluators.lookups]
        type = "span_count"
        pattern = "^(search|fetch)_"
        observation_type = ["tool", "retriever"]
        min = 1
        max = 5
        scores = { passed = "looked_up" }

    They are counted below the task's call, at every depth. Only what an agent did, its model calls and its
    tools, is counted by `step_count`. Patterns are RE2 (https://github.com/google/re2/wiki/Syntax).
    """

    type: Literal["span_count"] = "span_count"


KIND = step_counting_kind(SpanCountFields)
