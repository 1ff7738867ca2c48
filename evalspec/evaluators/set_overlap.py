"""`set_overlap`: how much two lists have in common, whatever their order."""

from collections.abc import Awaitable
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import SHARE, EvaluationError, EvaluatorFields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.expressions import type_name
from evalspec.evaluators.plain import Measure, plain_kind
from evalspec.kinds.bounded import Limits
from evalspec.kinds.fields import meanings
from evalspec.kinds.resolving import Resolving

__all__ = ["KIND", "SetOverlapFields"]

MAX_ELEMENTS: Final = 100_000
"""The greatest number of elements in a list."""

_QUICK: Final = 1_000
"""Elements that are compared at once, if they are all plain."""

_LIMITS: Final = Limits(bytes=16_000_000, seconds=60)


class SetOverlapFields(EvaluatorFields):
    """How much two lists have in common as sets: `f1`, `precision`, `recall` and `jaccard`.

        [evaluators.labels]
        type = "set_overlap"
        value = "output.labels"
        expected = "expected_output.labels"
        ignore_case = true
        scores = { precision = "label_precision", recall = "label_recall" }

    `precision` is the part of `value` that is expected, `recall` the part of `expected` that is there, `f1`
    their harmonic mean (van Rijsbergen 1979), and `jaccard` what is in both over what is in either (Jaccard
    1912). Two empty lists have 1; where only one is empty everything is 0. Elements are any JSON and
    equal as JSON is: `1` equals `1.0` but not `true`, and the order of an object's keys does not count.

    With `separator` a text is split at it; its parts lose surrounding space, and empty ones do not count.
    Without it, and for anything else than a list, the evaluation fails with `not_a_list`. It fails with
    `too_large` above 100,000 elements, or 100 levels of nesting.
    """

    type: Literal["set_overlap"] = "set_overlap"
    score: str | None = Field(None, description="Name of the score that its `f1` is, from `[scores]`.")
    scores: dict[Literal["f1", "precision", "recall", "jaccard"], str] | None = Field(
        None,
        description="The scores it gives: which of `f1`, `precision`, `recall` and `jaccard`, to name of the "
        "score, instead of `score`.",
        examples=[{"precision": "label_precision", "recall": "label_recall"}],
    )
    value: str = Field(
        "output", description="Expression for the list to look at.", examples=["output.labels"]
    )
    expected: str = Field(
        "expected_output",
        description="Expression for the list it is compared with.",
        examples=["expected_output.labels"],
    )
    separator: str | None = Field(
        None, description="What stands between the elements where a list is written as text.", examples=[","]
    )
    duplicates: Literal["ignore", "count"] = Field(
        "ignore",
        description="What several equal elements mean.",
        json_schema_extra=meanings(
            ignore="The same as one.",
            count="As many as there are: the lists are multisets.",
        ),
    )
    ignore_case: bool = Field(
        False, description="Whether upper and lower case of text elements count as the same."
    )


def _check(fields: SetOverlapFields, resolving: Resolving) -> None:
    if fields.separator == "":
        message = "nothing stands between all characters"
        resolving.report("wrong-value", message, ("separator",), expected="at least one character")


def _measure(fields: dict[str, Any]) -> Measure:
    from evalspec.evaluators.sets import overlap

    separator: str | None = fields.get("separator")
    multiset = fields["duplicates"] == "count"
    ignore_case: bool = fields["ignore_case"]

    def measure(value: Any, expected: Any) -> dict[str, float] | Awaitable[dict[str, float]]:
        given, wanted = _elements("value", value, separator), _elements("expected", expected, separator)
        if _is_small(given) and _is_small(wanted):
            return overlap(given, wanted, multiset, ignore_case)
        arguments = [given, wanted, multiset, ignore_case]
        return evaluate_bounded("evalspec.evaluators.sets:overlap", arguments, limits=_LIMITS)

    return measure


def _elements(role: str, value: Any, separator: str | None) -> list[Any]:
    if isinstance(value, str) and separator is not None:
        if (parts := value.count(separator) + 1) > MAX_ELEMENTS:
            raise _too_many(role, parts)
        value = [part for part in map(str.strip, value.split(separator)) if part]
    if not isinstance(value, list):
        hint = "; see `separator`" if isinstance(value, str) else ""
        raise EvaluationError("not_a_list", f"`{role}` is {type_name(value)} and not a list{hint}")
    if len(value) > MAX_ELEMENTS:
        raise _too_many(role, len(value))
    return value


def _too_many(role: str, elements: int) -> EvaluationError:
    message = f"`{role}` has {elements:,} elements, more than {MAX_ELEMENTS:,}"
    return EvaluationError("too_large", message)


def _is_small(elements: list[Any]) -> bool:
    """Whether they can be compared at once: few, and no trees."""
    return len(elements) <= _QUICK and not any(isinstance(element, list | dict) for element in elements)


KIND = plain_kind(
    SetOverlapFields,
    _measure,
    yields={"f1": SHARE, "precision": SHARE, "recall": SHARE, "jaccard": SHARE},
    group="similarity",
    check=_check,
)
