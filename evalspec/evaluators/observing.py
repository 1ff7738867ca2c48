"""Evaluators that look at the subject itself: how long the task took, and the observations below its call.

They are as plain as those of `evalspec.evaluators.plain`, except that their measure is called with the
subject first, and then with the values of the expressions:

    def _measure(fields: dict[str, Any]) -> Measure:
        def measure(subject: Subject) -> float:
            return (subject.ended_ns - subject.started_ns) / 1e9

        return measure

    KIND = observing_kind(LatencyFields, _measure, yields=NUMBER, group="runtime")
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from inspect import isawaitable
from typing import Any, Final, TypeVar

from evalspec.evaluators.base import EvaluatorFields, EvaluatorKind, Group, Needs, ScoreValue, Subject, Yields
from evalspec.evaluators.plain import Measure, PlainEvaluator, plain_kind
from evalspec.kinds.loading import Loading
from evalspec.kinds.observations import Observation
from evalspec.kinds.resolving import Resolving

__all__ = ["check_bounds", "is_attached", "needs_observations", "observed", "observing_kind", "within_bounds"]

_OBSERVATIONS: Final[frozenset[Needs]] = frozenset({"observations"})

F = TypeVar("F", bound=EvaluatorFields)


class ObservingEvaluator(PlainEvaluator):
    """Calls a measure with the subject, and the values of the expressions."""

    def __call__(self, subject: Subject) -> Sequence[ScoreValue] | Awaitable[Sequence[ScoreValue]]:
        scope = subject.scope() if self._lookups else {}
        found = self._measure(subject, *[lookup(scope) for lookup in self._lookups])
        return self._later(found) if isawaitable(found) else self._read(found)


def is_attached(fields: EvaluatorFields) -> bool:
    """Whether an evaluator looks at single observations of the task."""
    return fields.attach is not None and fields.attach.to == "observation"


def needs_observations(fields: EvaluatorFields) -> frozenset[Needs]:
    """What an evaluator of a task's observations needs; where it is attached, that says so already."""
    return frozenset() if is_attached(fields) else _OBSERVATIONS


def observed(subject: Subject) -> Sequence[Observation]:
    """The observations below the task's call, in the order of beginning; of an evaluator that is attached to
    an observation, that one and those below it.
    """
    top = subject.observation
    if top is None:
        return subject.observations
    children: dict[str | None, list[str]] = {}
    for one in subject.observations:
        children.setdefault(one.parent_id, []).append(one.id)
    inside: set[str] = set()
    left = [top.id]
    while left:
        above = left.pop()
        if above not in inside:
            inside.add(above)
            left += children.get(above, ())
    return [one for one in subject.observations if one.id in inside]


def observing_kind(
    fields: type[F],
    measure: Callable[[dict[str, Any]], Measure],
    *,
    yields: Yields | Mapping[str, Yields],
    group: Group,
    needs: Callable[[F], frozenset[Needs]] = needs_observations,
    expressions: Sequence[str] = (),
    check: Callable[[F, Resolving], None] | None = None,
    semantics: int = 1,
) -> EvaluatorKind[F]:
    """The kind of evaluator that a measure of subjects makes.

    `needs` says what is looked at besides the values of expressions. Of a kind that gives `passed`, this is
    what `score` alone names where there is a bound. The other arguments are `plain_kind`'s.
    """
    main = next(iter(yields)) if isinstance(yields, Mapping) else ""

    def yields_of(given: F) -> Mapping[str, Yields]:
        assert isinstance(yields, Mapping)
        return {"": yields["passed" if _bounded(given.model_dump()) else main], **yields}

    has_verdict = isinstance(yields, Mapping) and "passed" in yields
    kind = plain_kind(
        fields,
        measure,
        yields=yields_of if has_verdict else yields,
        group=group,
        expressions=expressions,
        check=check,
        semantics=semantics,
    )

    def build(resolved: dict[str, Any], loading: Loading) -> ObservingEvaluator:
        named = "passed" if has_verdict and _bounded(resolved) else main
        return ObservingEvaluator(resolved, expressions, measure(resolved), named)

    return replace(kind, build=build, needs=needs)


def _bounded(fields: Mapping[str, Any]) -> bool:
    """Whether there is a bound to be held against."""
    return fields.get("min") is not None or fields.get("max") is not None


def within_bounds(fields: Mapping[str, Any], number: float) -> bool:
    """Whether a number is not below the resolved field `min` and not above `max`, where these are there."""
    low, high = fields.get("min"), fields.get("max")
    return (low is None or number >= low) and (high is None or number <= high)


def check_bounds(fields: EvaluatorFields, resolving: Resolving) -> None:
    """Report `passed` without a bound, a bound beside `scores` without `passed`, and bounds that exclude each
    other.
    """
    bounds = [name for name in ("min", "max") if name in type(fields).model_fields]
    given = [name for name in bounds if getattr(fields, name) is not None]
    scores = getattr(fields, "scores", None)
    passed = "passed" in (scores or {})
    listing = " or ".join(f"`{name}`" for name in bounds)
    if passed and not given:
        message = "`passed` has no bound to be held against"
        resolving.report("missing-field", message, ("scores", "passed"), key=True, expected=listing)
    for name in () if passed or scores is None else given:
        message = f"`{name}` decides `passed`, which gives no score"
        expected = "`passed` among the `scores`"
        resolving.report("wrong-value", message, (name,), key=True, expected=expected)
    low, high = getattr(fields, "min", None), getattr(fields, "max", None)
    if low is not None and high is not None and low > high:
        message = f"nothing is at least {low:g} and at most {high:g}"
        resolving.report("invalid-bounds", message, ("min",), expected=f"at most {high:g}")
