"""Kinds whose expectation is a constant in the spec, or an expression."""

from dataclasses import replace
from typing import Final, TypeVar

from evalspec.evaluators.base import EvaluatorFields, EvaluatorKind
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["constant_or_expected"]

_EXPECTED: Final = "expected"

F = TypeVar("F", bound=EvaluatorFields)


def constant_or_expected(kind: EvaluatorKind[F], constant: str) -> EvaluatorKind[F]:
    """The kind, with `expected_output` for `expected` where neither it nor the field `constant` is given, and
    a report where both are.

    Both fields are None by default. The identity is the same whether the default is said or not.
    """

    def completed(fields: F) -> F:
        if getattr(fields, constant) is None and getattr(fields, _EXPECTED) is None:
            return fields.model_copy(update={"expected": "expected_output"})
        return fields

    def resolve(fields: F, resolving: Resolving) -> Resolved:
        if getattr(fields, constant) is not None and getattr(fields, _EXPECTED) is not None:
            message = f"`{constant}` and `expected` cannot stand together"
            resolving.report("wrong-value", message, (constant,), key=True, expected="one of the two")
        return kind.resolve(completed(fields), resolving)

    return replace(kind, resolve=resolve, reads=lambda fields: kind.reads(completed(fields)))
