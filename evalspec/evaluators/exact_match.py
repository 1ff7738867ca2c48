"""`exact_match`: whether two JSON values are equal."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, EvaluatorKind, OneScoreFields, ScoreValue, Subject
from evalspec.evaluators.expressions import compile_lookup, one_score, resolve_plainly
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "ExactMatchFields", "same_json"]


class ExactMatchFields(OneScoreFields):
    """True where `value` equals `expected`, compared as JSON.

    Objects are equal when they have the same keys with equal values, whatever their order; lists when they
    are equal in order; `1` equals `1.0`; `true` does not equal `1`; text is compared character by
    character. To ignore case or surrounding space, say so in the expressions.

        [evaluators.exact]
        type = "exact_match"
        value = "output.answer | trim | lower"
        expected = "expected_output.answer | lower"
        score = "correct"

    An item without expected output is not scored: the evaluation fails with `missing_expected`.
    """

    type: Literal["exact_match"] = "exact_match"
    value: str = Field(
        "output",
        description="Expression for what is compared, over `input`, `output`, `expected_output`, `metadata` "
        "and `item`.",
        examples=["output", "output.answer"],
    )
    expected: str = Field(
        "expected_output",
        description="Expression for what it is compared with.",
        examples=["expected_output", "expected_output.answer"],
    )


def same_json(left: Any, right: Any) -> bool:
    """Whether two JSON trees are equal: like `==`, but a boolean is never a number."""
    kind = type(left)
    if kind is str:
        return bool(left == right)
    if kind is bool or type(right) is bool:
        return left is right
    if kind is dict:
        return (
            type(right) is dict
            and left.keys() == right.keys()
            and all(same_json(value, right[key]) for key, value in left.items())
        )
    if kind is list:
        return (
            type(right) is list
            and len(left) == len(right)
            and all(same_json(one, other) for one, other in zip(left, right, strict=True))
        )
    return bool(left == right)


class _ExactMatch:
    blocking = False

    def __init__(self, fields: dict[str, Any]) -> None:
        self._value = compile_lookup("value", fields["value"])
        self._expected = compile_lookup("expected", fields["expected"])

    def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        scope = subject.scope()
        return one_score(same_json(self._value(scope), self._expected(scope)))


def _resolve(fields: ExactMatchFields, resolving: Resolving) -> Resolved:
    return resolve_plainly(fields, resolving, "value", "expected")


def _build(fields: dict[str, Any], loading: Loading) -> _ExactMatch:
    return _ExactMatch(fields)


KIND = EvaluatorKind(
    type="exact_match",
    fields=ExactMatchFields,
    semantics=1,
    yields=lambda fields: {"": BOOLEAN},
    resolve=_resolve,
    build=_build,
    reads=lambda fields: (fields.value, fields.expected),
    group="comparison",
)
