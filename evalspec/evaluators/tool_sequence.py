"""`tool_sequence`: whether a task called tools in the order it should."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, OneScoreFields
from evalspec.evaluators.plain import Commented, Measure, Measured
from evalspec.evaluators.tool_used import check_named
from evalspec.evaluators.trajectories import Step, ToolFields, chooser, names_of, trajectory_kind
from evalspec.kinds.fields import meanings

__all__ = ["KIND", "ToolSequenceFields"]

_SHOWN = 500
"""Characters of a comment."""


class ToolSequenceFields(ToolFields, OneScoreFields):
    """True where the names of the tools that were called follow an expected list.

        [evaluators.path]
        type = "tool_sequence"
        expected = "expected_output.tools"
        order = "in_order"
        score = "right_path"

    The list stands in the spec as `names`, or `expected` gives it for each item: names, or objects with
    `name`. What is no such list fails with `not_a_list` or `not_a_name`. The three orders are those of the
    trajectory metrics of Vertex AI
    (https://cloud.google.com/vertex-ai/generative-ai/docs/models/evaluation-agents), over names.
    """

    type: Literal["tool_sequence"] = "tool_sequence"
    names: list[str] | None = Field(
        None, description="The names of the tools in order.", examples=[["search", "fetch", "answer"]]
    )
    expected: str | None = Field(
        None,
        description="Expression for the names in order, instead of `names`.",
        examples=["expected_output.tools"],
    )
    order: Literal["exact", "in_order", "any_order"] = Field(
        "exact",
        description="How closely the calls follow the list.",
        json_schema_extra=meanings(
            exact="The same calls in the same order, and no others.",
            in_order="The calls of the list in this order; there may be others between them.",
            any_order="Each call of the list as often as it stands there, in any order, and maybe others.",
        ),
    )


def _measure(fields: dict[str, Any]) -> Measure:
    order, choose = fields["order"], chooser(fields)

    def measure(steps: Sequence[Step], expected: Any = None) -> Measured:
        wanted = fields["names"] if "names" in fields else names_of("expected", expected)
        called = [step.name for step in choose(steps)]
        if follows(called, wanted, order):
            return True
        shown = " → ".join(called) or "nothing"
        return Commented(False, f"called: {shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + '…'}")

    return measure


def follows(called: Sequence[str], wanted: Sequence[str], order: str) -> bool:
    """Whether calls follow a list, by one of the three orders."""
    if order == "exact":
        return list(called) == list(wanted)
    if order == "any_order":
        return not Counter(wanted) - Counter(called)
    left = iter(called)
    return all(name in left for name in wanted)


KIND = trajectory_kind(
    ToolSequenceFields, _measure, yields=BOOLEAN, expressions=("expected",), check=check_named
)
