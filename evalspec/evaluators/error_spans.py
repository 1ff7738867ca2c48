"""`error_spans`: how many of a task's observations failed."""

from typing import Literal

from evalspec.evaluators.step_counting import CountFields, step_counting_kind

__all__ = ["KIND", "ErrorSpansFields"]


class ErrorSpansFields(CountFields):
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


KIND = step_counting_kind(ErrorSpansFields, lambda step: step.level == "ERROR")
