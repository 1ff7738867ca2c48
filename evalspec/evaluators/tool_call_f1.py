"""`tool_call_f1`: how far the calls of tools agree with those that were expected."""

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import SHARE, EvaluationError
from evalspec.evaluators.plain import Commented, Measure, Measured
from evalspec.evaluators.trajectories import (
    Step,
    ToolFields,
    arguments_of,
    checked_depth,
    chooser,
    listed,
    names_of,
    trajectory_kind,
)
from evalspec.kinds.fields import meanings

__all__ = ["KIND", "ToolCallF1Fields"]


class ToolCallF1Fields(ToolFields):
    """Precision, recall and F1 of the calls of tools against the calls that were expected.

        [evaluators.calls]
        type = "tool_call_f1"
        expected = "expected_output.calls"
        compare = "arguments"
        scores = { f1 = "tool_f1", recall = "tool_recall" }

    Calls count as often as they occur, in any order. With `both` the calls that were made and expected,
    precision is `both / made`, recall `both / expected` and F1 `2·both / (made + expected)`. Where nothing
    was expected and nothing called all three are 1; otherwise a share of nothing is 0, as in scikit-learn.

    `expected` is a list of names or of objects with `name` and `arguments`; anything else fails with
    `not_a_list`, `not_a_name`, or `not_a_call` where arguments are compared and not given.
    """

    type: Literal["tool_call_f1"] = "tool_call_f1"
    expected: str = Field(
        "expected_output",
        description="Expression for the calls that are expected.",
        examples=["expected_output.calls"],
    )
    compare: Literal["names", "arguments"] = Field(
        "names",
        description="When two calls are the same.",
        json_schema_extra=meanings(
            names="The names of the tools are the same.",
            arguments="Names and arguments are the same, as JSON.",
        ),
    )
    score: str | None = Field(None, description="Name of the score for `f1`, from `[scores]`.")
    scores: dict[Literal["f1", "precision", "recall"], str] | None = Field(
        None,
        description="The scores it gives, instead of `score`: `f1`, `precision` and `recall`, from 0 to 1.",
        examples=[{"f1": "tool_f1", "recall": "tool_recall"}],
    )


def _measure(fields: dict[str, Any]) -> Measure:
    by_name, choose = fields["compare"] == "names", chooser(fields)

    def measure(steps: Sequence[Step], expected: Any) -> Measured:
        calls = choose(steps)
        if by_name:
            wanted = Counter[Hashable](names_of("expected", expected))
            made = Counter[Hashable](step.name for step in calls)
        else:
            wanted = Counter(_expected_call(one) for one in listed("expected", expected))
            made = Counter(_key(step.name, arguments_of(step)) for step in calls)
        both = (wanted & made).total()
        shares = agreement(both, made.total(), wanted.total())
        comment = f"{both} of {made.total()} calls and of {wanted.total()} expected ones agree"
        return {key: Commented(share, comment) for key, share in shares.items()}

    return measure


def agreement(both: int, made: int, expected: int) -> dict[str, float]:
    """F1, precision and recall of so many calls."""
    if not made and not expected:
        return {"f1": 1.0, "precision": 1.0, "recall": 1.0}
    return {
        "f1": 2 * both / (made + expected),
        "precision": both / made if made else 0.0,
        "recall": both / expected if expected else 0.0,
    }


def _expected_call(one: Any) -> Hashable:
    if not isinstance(one, dict) or "arguments" not in one:
        raise EvaluationError("not_a_call", "`expected` holds a call without `arguments`")
    [name] = names_of("expected", [one])
    return _key(name, one["arguments"])


def _key(name: str, arguments: Any) -> Hashable:
    return name, _hashable(checked_depth("the arguments of a call", arguments))


def _hashable(value: Any) -> Hashable:
    """The same for equal JSON trees: `1` is `1.0`, and `true` is not `1`."""
    if isinstance(value, dict):
        return "object", frozenset((key, _hashable(child)) for key, child in value.items())
    if isinstance(value, list):
        return "list", tuple(map(_hashable, value))
    return "boolean" if isinstance(value, bool) else "", value


KIND = trajectory_kind(
    ToolCallF1Fields,
    _measure,
    yields={"f1": SHARE, "precision": SHARE, "recall": SHARE},
    expressions=("expected",),
)
