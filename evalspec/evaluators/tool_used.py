"""`tool_used`: whether a task used certain tools."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, EvaluationError, OneScoreFields
from evalspec.evaluators.plain import Commented, Measure, Measured
from evalspec.evaluators.trajectories import Step, ToolFields, chooser, names_of, trajectory_kind
from evalspec.kinds.fields import meanings
from evalspec.kinds.resolving import Resolving

__all__ = ["KIND", "ToolUsedFields", "check_named"]


class ToolUsedFields(ToolFields, OneScoreFields):
    """True where the task used all of certain tools, any of them, or none.

        [evaluators.looked_it_up]
        type = "tool_used"
        names = ["search", "fetch"]
        match = "any"
        max = 3
        score = "looked_it_up"

    A tool is used where it was called at least `min` times (once, unless said otherwise) and at most `max`
    times. Attached to an observation, what counts is that observation and what is below it. An empty list of
    names for an item fails with `empty_expected`, anything but a list with `not_a_list` or `not_a_name`.
    """

    type: Literal["tool_used"] = "tool_used"
    names: list[str] | None = Field(
        None, min_length=1, description="The tools, by name.", examples=[["search", "fetch"]]
    )
    expected: str | None = Field(
        None,
        description="Expression for the names of the tools, instead of `names`.",
        examples=["expected_output.tools"],
    )
    match: Literal["all", "any", "none"] = Field(
        "all",
        description="How many of the tools must have been used.",
        json_schema_extra=meanings(
            all="Each of them.", any="At least one of them.", none="None of them was called at all."
        ),
    )
    min: int | None = Field(
        None, ge=1, description="How often a tool must be called to count as used.", examples=[1]
    )
    max: int | None = Field(None, ge=1, description="How often a tool may be called.", examples=[3])


def check_named(fields: Any, resolving: Resolving) -> None:
    """Report that `names` and `expected` are both there, or neither."""
    if fields.names is None and fields.expected is None:
        resolving.report("missing-field", "it is not said which tools", expected="`names` or `expected`")
    elif fields.names is not None and fields.expected is not None:
        message = "`names` and `expected` cannot stand together"
        resolving.report("wrong-value", message, ("names",), key=True, expected="one of the two")


def _check(fields: ToolUsedFields, resolving: Resolving) -> None:
    check_named(fields, resolving)
    if fields.match == "none":
        for name in ("min", "max"):
            if getattr(fields, name) is not None:
                message = f'`{name}` says how often a tool is used, and with `match = "none"` it is never'
                resolving.report("wrong-value", message, (name,), key=True)
    elif fields.min is not None and fields.max is not None and fields.min > fields.max:
        message = f"nothing is at least {fields.min} and at most {fields.max}"
        resolving.report("invalid-bounds", message, ("min",), expected=f"at most {fields.max}")


def _measure(fields: dict[str, Any]) -> Measure:
    least, most, match = fields.get("min", 1), fields.get("max"), fields["match"]
    choose = chooser(fields)

    def is_used(count: int) -> bool:
        return count >= least and (most is None or count <= most)

    def measure(steps: Sequence[Step], expected: Any = None) -> Measured:
        names = fields["names"] if "names" in fields else names_of("expected", expected)
        if not names:
            raise EvaluationError("empty_expected", "`expected` names no tools")
        counts = Counter(step.name for step in choose(steps))
        if match == "none":
            fine = not any(counts[name] for name in names)
        else:
            fine = (all if match == "all" else any)(is_used(counts[name]) for name in names)
        called = ", ".join(f"{name!r:.60} {counts[name]} times" for name in names[:10])
        return fine if fine else Commented(fine, f"called: {called}")

    return measure


KIND = trajectory_kind(ToolUsedFields, _measure, yields=BOOLEAN, expressions=("expected",), check=_check)
