"""What evaluators share that combine scores of others: conditions over them, and what becomes of these where
a score was skipped.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar

from pydantic import Field

from evalspec.evaluators.base import (
    BOOLEAN,
    SUBJECT_NAMES,
    EvaluationError,
    EvaluatorFields,
    EvaluatorKind,
    OneScoreFields,
    ScoreValue,
    Subject,
)
from evalspec.evaluators.expressions import compile_lookup, names_for, own_fields, type_name
from evalspec.kinds.fields import meanings
from evalspec.kinds.resolving import Resolved, Resolving, Where
from evalspec.templates import compile_expression, parse_path
from evalspec.templates.paths import format_path

__all__ = ["ConditionsFields", "check_over_scores", "conditions_kind", "is_skipped", "scores_in"]

_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_NOT_SCORES: Final = SUBJECT_NAMES | {
    "observation",
    "scores",
    "true",
    "false",
    "none",
    "True",
    "False",
    "None",
}
_EVERY_NAME: Final = SUBJECT_NAMES | {"observation", "scores"}
_WANTED: Final = "a BOOLEAN score, or an expression that compares, such as `scores.similarity > 0.8`"
_SHOWN: Final = 500
"""Characters of a comment."""

Truth = bool | None
"""True, false, or None where it is not known: Kleene's three values."""


class ConditionsFields(OneScoreFields):
    """Fields of an evaluator that combines several conditions."""

    of: list[str] = Field(
        min_length=1,
        description="The conditions: names of BOOLEAN scores, or expressions that give true or false, over "
        "`scores` and what all evaluators see.",
        examples=[["correct", "scores.similarity > 0.8"]],
    )
    on_skipped: Literal["skip", "ignore"] = Field(
        "skip",
        description="What becomes of a condition that reads a score that was skipped.",
        json_schema_extra=meanings(
            skip="It is not known; where the others do not decide, the item is skipped.",
            ignore="It is left out; where no other is left, the item is skipped.",
        ),
    )


def scores_in(text: str) -> frozenset[str]:
    """The names of the scores that an expression reads."""
    reads = compile_expression(text, _EVERY_NAME).reads
    return frozenset(str(steps[1]) for steps in reads if len(steps) > 1 and steps[0] == "scores")


def is_skipped(names: frozenset[str], subject: Subject) -> bool:
    """Whether one of these scores was skipped."""
    return any(subject.scores.get(name) is None for name in names)


def check_over_scores(fields: EvaluatorFields, resolving: Resolving, at: Where, text: str) -> None:
    """Report what is wrong with an expression over scores and the subject, and note which scores it reads."""
    resolving.expression(at, text, names_for(fields) | {"scores"})


def _as_expression(text: str) -> str:
    """A condition as an expression: the name of a score is the score."""
    return format_path(("scores", text)) if _is_name(text) else text


def _is_name(text: str) -> bool:
    return _PLAIN_NAME.fullmatch(text) is not None and text not in _NOT_SCORES


class _Condition:
    def __init__(self, place: int, text: str) -> None:
        self.text = text
        self._lookup = compile_lookup(f"of[{place}]", text)
        self._scores = scores_in(text)

    def __call__(self, subject: Subject, scope: Mapping[str, Any]) -> Truth:
        if is_skipped(self._scores, subject):
            return None
        value = self._lookup(scope)
        if not isinstance(value, bool):
            message = f"`{self.text:.80}` is {type_name(value)} and neither true nor false"
            raise EvaluationError("not_a_boolean", message)
        return value


class _Conditions:
    blocking = False

    def __init__(self, fields: Mapping[str, Any], combine: Callable[[Sequence[Truth]], Truth]) -> None:
        self._conditions = [_Condition(place, text) for place, text in enumerate(fields["of"])]
        self._ignores = fields["on_skipped"] == "ignore"
        self._combine = combine

    def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        scope = subject.scope()
        found = [condition(subject, scope) for condition in self._conditions]
        known = [truth for truth in found if truth is not None]
        value = None if self._ignores and not known else self._combine(known if self._ignores else found)
        return (ScoreValue(value, comment=None if value is not False else self._told(found)),)

    def _told(self, found: Sequence[Truth]) -> str:
        words = {True: "true", False: "false", None: "skipped"}
        told = ", ".join(
            f"{condition.text} is {words[truth]}"
            for condition, truth in zip(self._conditions, found, strict=True)
        )
        return told if len(told) <= _SHOWN else f"{told[: _SHOWN - 1]}…"


F = TypeVar("F", bound=ConditionsFields)


def conditions_kind(fields: type[F], combine: Callable[[Sequence[Truth]], Truth]) -> EvaluatorKind[F]:
    """The kind of evaluator that makes one truth of several."""

    def resolve(given: F, resolving: Resolving) -> Resolved:
        for place, text in enumerate(given.of):
            at: Where = ("of", place)
            if _is_name(text):
                resolving.score(at, text)
            else:
                check_over_scores(given, resolving, at, text)
            steps = parse_path(_as_expression(text)) or ()
            if len(steps) == 2 and steps[0] == "scores":
                resolving.score_type(at, str(steps[1]), ("BOOLEAN",), _WANTED)
        kept, identity = own_fields(given)
        of = [_as_expression(text) for text in given.of]
        return Resolved({**kept, "of": of}, {**identity, "of": of})

    return EvaluatorKind(
        type=fields.model_fields["type"].default,
        fields=fields,
        semantics=1,
        yields=lambda given: {"": BOOLEAN},
        resolve=resolve,
        build=lambda resolved, loading: _Conditions(resolved, combine),
        reads=lambda given: tuple(_as_expression(text) for text in given.of),
        group="composed",
    )
