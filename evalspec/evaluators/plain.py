"""Evaluators that are a function of some values: what most kinds are.

A kind names the fields that hold expressions, and gives a function that makes a *measure* of its resolved
fields. The measure is called with the values of the expressions, in order, and returns what it found:

    def _measure(fields: dict[str, Any]) -> Measure:
        def starts(value: Any, expected: Any) -> bool:
            return text("value", value).startswith(text("expected", expected))

        return starts

    KIND = plain_kind(StartsWithFields, _measure, yields=BOOLEAN, group="text")

Work that is not bounded by the size of the values belongs into `evalspec.evaluators.bounded`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable
from typing import Any, TypeVar

from evalspec.evaluators.base import (
    EvaluationError,
    EvaluatorFields,
    EvaluatorKind,
    Group,
    ScoreValue,
    Subject,
    Yields,
)
from evalspec.evaluators.expressions import check_expression, compile_lookup, own_fields, type_name
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["Commented", "Measure", "Measured", "number", "plain_kind", "text", "texts"]

Plain = float | bool | str | None


class Commented:
    """A value with a comment that says why."""

    __slots__ = ("comment", "value")

    def __init__(self, value: Plain, comment: str | None) -> None:
        self.value = value
        self.comment = comment


Measured = Plain | Commented | Mapping[str, Plain | Commented]
"""One value, or values by key of a kind that gives several scores; "" is then what `score` alone names."""

Measure = Callable[..., Measured | Awaitable[Measured]]

F = TypeVar("F", bound=EvaluatorFields)


class PlainEvaluator:
    """Calls a measure with the values of the expressions in the fields that `expressions` names."""

    blocking = False

    def __init__(
        self, fields: Mapping[str, Any], expressions: Sequence[str], measure: Measure, main: str
    ) -> None:
        self._lookups = [compile_lookup(name, fields[name]) for name in expressions if name in fields]
        self._measure = measure
        self._keys: Sequence[str] | None = fields.get("keys")
        self._main = main

    def __call__(self, subject: Subject) -> Sequence[ScoreValue] | Awaitable[Sequence[ScoreValue]]:
        scope = subject.scope()
        found = self._measure(*[lookup(scope) for lookup in self._lookups])
        return self._later(found) if isawaitable(found) else self._read(found)

    async def _later(self, found: Awaitable[Measured]) -> Sequence[ScoreValue]:
        return self._read(await found)

    def _read(self, found: Measured) -> Sequence[ScoreValue]:
        if not isinstance(found, Mapping):
            return (_score(found, ""),)
        if self._keys is None:
            return (_score(found[""] if "" in found else found[self._main], ""),)
        return [_score(found[key], key) for key in self._keys]


def _score(found: Plain | Commented, key: str) -> ScoreValue:
    if isinstance(found, Commented):
        return ScoreValue(found.value, key, found.comment)
    return ScoreValue(found, key)


def plain_kind(
    fields: type[F],
    measure: Callable[[dict[str, Any]], Measure],
    *,
    yields: Yields | Mapping[str, Yields] | Callable[[F], Mapping[str, Yields]],
    group: Group,
    expressions: Sequence[str] = ("value", "expected"),
    check: Callable[[F, Resolving], None] | None = None,
    semantics: int = 1,
    extra: str | None = None,
) -> EvaluatorKind[F]:
    """The kind of evaluator that a measure makes.

    `yields` is a mapping by key where the kind gives several scores; the first key is what `score` alone
    names. Where that depends on the fields it is a function of them, whose mapping has the key "" too.
    `check` reports what is wrong with the fields besides the expressions. An expression whose field is
    None is left out, and the measure gets one value less. The other arguments are `EvaluatorKind`'s.
    """
    name: str = fields.model_fields["type"].default
    main = next(iter(yields)) if isinstance(yields, Mapping) else ""

    def yields_of(given: F) -> Mapping[str, Yields]:
        if isinstance(yields, Yields):
            return {"": yields}
        return {"": yields[main], **yields} if isinstance(yields, Mapping) else yields(given)

    def resolve(given: F, resolving: Resolving) -> Resolved:
        for expression in expressions:
            check_expression(given, resolving, expression)
        if check is not None:
            check(given, resolving)
        kept, identity = own_fields(given)
        scores = getattr(given, "scores", None)
        if scores:
            kept["keys"] = identity["keys"] = sorted(scores)
        return Resolved(kept, identity)

    def build(resolved: dict[str, Any], loading: Loading) -> PlainEvaluator:
        return PlainEvaluator(resolved, expressions, measure(resolved), main)

    def reads(given: F) -> tuple[str, ...]:
        texts = (getattr(given, expression) for expression in expressions)
        return tuple(text for text in texts if text is not None)

    return EvaluatorKind(
        type=name,
        fields=fields,
        semantics=semantics,
        yields=yields_of,
        resolve=resolve,
        build=build,
        reads=reads,
        group=group,
        extra=extra,
    )


def text(role: str, value: Any) -> str:
    """A value that has to be text; anything else is EvaluationError `not_text`."""
    if type(value) is not str:
        raise EvaluationError("not_text", f"`{role}` is {type_name(value)} and not text")
    return value


def texts(role: str, value: Any) -> list[str]:
    """A value that has to be text, or a list of texts; anything else is EvaluationError `not_text`."""
    return [text(role, part) for part in value] if isinstance(value, list) else [text(role, value)]


def number(role: str, value: Any) -> float:
    """A value that has to be a number; anything else is EvaluationError `not_a_number`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EvaluationError("not_a_number", f"`{role}` is {type_name(value)} and not a number")
    return value
