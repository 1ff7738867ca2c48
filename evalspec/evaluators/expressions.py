"""Expressions of built-in evaluators: checked when compiling, evaluated with failures said as
EvaluationErrors.
"""

from collections.abc import Mapping
from typing import Any

from evalspec.evaluators.base import (
    COMMON_FIELDS,
    SUBJECT_NAMES,
    EvaluationError,
    EvaluatorFields,
    ScoreValue,
)
from evalspec.kinds.resolving import Resolved, Resolving
from evalspec.kinds.wording import clause
from evalspec.templates import EvaluationError as TemplateFailure
from evalspec.templates import Expression, MissingKey, compile_expression

__all__ = [
    "Lookup",
    "check_expression",
    "compile_lookup",
    "names_for",
    "one_score",
    "own_fields",
    "resolve_plainly",
    "text_of",
    "type_name",
]


_ALL_NAMES = SUBJECT_NAMES | {"observation", "scores"}


class Lookup:
    """An expression over a subject, named `role` in messages."""

    __slots__ = ("_expects", "_expression", "role")

    def __init__(self, role: str, expression: Expression) -> None:
        self.role = role
        self._expression = expression
        self._expects = "expected_output" in expression.paths

    def __call__(self, scope: Mapping[str, Any]) -> Any:
        """The value in the scope of one subject.

        Raises EvaluationError: `missing_key` where a key is not there, `missing_expected` where the expected
        output is read as a whole and the item has none, `expression_failed` where the operation is not
        possible with the data.
        """
        if self._expects and scope["expected_output"] is None:
            # What is absent does not say what would be right, and a filter would make text of it.
            raise EvaluationError("missing_expected", "the item has no expected output")
        try:
            return self._expression.evaluate(scope)
        except MissingKey as error:
            raise EvaluationError("missing_key", f"`{self.role}`: {clause(error.message)}") from None
        except TemplateFailure as error:
            raise EvaluationError("expression_failed", f"`{self.role}`: {clause(error.message)}") from None


def compile_lookup(role: str, text: str) -> Lookup:
    """The lookup of an expression that is known to compile."""
    return Lookup(role, compile_expression(text, _ALL_NAMES))


def resolve_plainly(fields: EvaluatorFields, resolving: Resolving, *expressions: str) -> Resolved:
    """Check the fields named in `expressions`; what is the kind's own is kept."""
    for name in expressions:
        check_expression(fields, resolving, name)
    return Resolved(*own_fields(fields))


def check_expression(fields: EvaluatorFields, resolving: Resolving, name: str) -> None:
    """Report what is wrong with the expression in the field `name`, if there is one."""
    text = getattr(fields, name)
    if text is not None:
        resolving.expression((name,), text, names_for(fields))


def names_for(fields: EvaluatorFields) -> frozenset[str]:
    """The names that an evaluator's expressions may use."""
    attached = fields.attach is not None and fields.attach.to == "observation"
    return SUBJECT_NAMES | {"observation"} if attached else SUBJECT_NAMES


def own_fields(fields: EvaluatorFields) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a plan keeps of a kind's own fields, and of these what is not at its default and makes up the
    identity.
    """
    left_out = set(COMMON_FIELDS)
    kept = fields.model_dump(mode="json", exclude=left_out, exclude_none=True)
    return kept, fields.model_dump(mode="json", exclude=left_out, exclude_defaults=True)


def one_score(value: float | bool, comment: str | None = None) -> tuple[ScoreValue, ...]:
    """The result of an evaluator that gives one score."""
    return (ScoreValue(value, comment=comment),)


def text_of(lookup: Lookup, scope: Mapping[str, Any]) -> str:
    """The text that an expression gives; anything else is EvaluationError `not_text`."""
    value = lookup(scope)
    if type(value) is not str:
        raise EvaluationError("not_text", f"`{lookup.role}` is {type_name(value)} and not text")
    return value


def type_name(value: Any) -> str:
    """What a JSON value is, for a sentence."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "an object" if isinstance(value, dict) else "a list"
