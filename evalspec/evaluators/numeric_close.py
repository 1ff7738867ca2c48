"""`numeric_close`: whether two numbers are close."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import (
    BOOLEAN,
    EvaluationError,
    EvaluatorKind,
    OneScoreFields,
    ScoreValue,
    Subject,
)
from evalspec.evaluators.expressions import Lookup, compile_lookup, one_score, resolve_plainly, type_name
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "NumericCloseFields"]

_NUMBER: Final = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")


class NumericCloseFields(OneScoreFields):
    """True where `value` differs from `expected` by no more than a tolerance.

    The difference may be `absolute`, or `relative` times the expected number, whichever is more.

        [evaluators.total]
        type = "numeric_close"
        value = "output.total"
        expected = "expected_output.total"
        absolute = 0.01
        score = "total_right"

    Text is not a number unless `parse_text` says so; where something is no number the evaluation fails with
    `not_a_number`.
    """

    type: Literal["numeric_close"] = "numeric_close"
    value: str = Field(
        "output", description="Expression for the number to look at.", examples=["output.total"]
    )
    expected: str = Field(
        "expected_output", description="Expression for what it should be.", examples=["expected_output.total"]
    )
    absolute: float | None = Field(None, ge=0, description="The difference that is allowed.", examples=[0.01])
    relative: float | None = Field(
        None,
        ge=0,
        description="The difference that is allowed, as a share of the expected number.",
        examples=[0.05],
    )
    parse_text: bool = Field(
        False,
        description="Whether text such as `12.5` counts as the number it spells (no units, no separators).",
    )


class _NumericClose:
    blocking = False

    def __init__(self, fields: dict[str, Any]) -> None:
        self._value = compile_lookup("value", fields["value"])
        self._expected = compile_lookup("expected", fields["expected"])
        self._absolute: float = fields.get("absolute", 0.0)
        self._relative: float = fields.get("relative", 0.0)
        self._parse_text: bool = fields["parse_text"]

    def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        scope = subject.scope()
        value, expected = self._number(self._value, scope), self._number(self._expected, scope)
        allowed = max(self._absolute, self._relative * abs(expected))
        return one_score(abs(value - expected) <= allowed)

    def _number(self, lookup: Lookup, scope: Mapping[str, Any]) -> float:
        value = lookup(scope)
        if isinstance(value, str) and self._parse_text:
            number = float(value) if _NUMBER.fullmatch(value) else math.nan
            if math.isfinite(number):
                return number
            raise EvaluationError(
                "not_a_number", f"`{lookup.role}` is text that spells no number: {value!r:.80}"
            )
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise EvaluationError("not_a_number", f"`{lookup.role}` is {type_name(value)} and not a number")
        return value


def _resolve(fields: NumericCloseFields, resolving: Resolving) -> Resolved:
    if fields.absolute is None and fields.relative is None:
        message = "the evaluator has no tolerance"
        resolving.report("missing-field", message, expected="`absolute` or `relative`")
    return resolve_plainly(fields, resolving, "value", "expected")


def _build(fields: dict[str, Any], loading: Loading) -> _NumericClose:
    return _NumericClose(fields)


KIND = EvaluatorKind(
    type="numeric_close",
    fields=NumericCloseFields,
    semantics=1,
    yields=lambda fields: {"": BOOLEAN},
    resolve=_resolve,
    build=_build,
    reads=lambda fields: (fields.value, fields.expected),
    group="comparison",
)
