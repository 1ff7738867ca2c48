"""What each function reads of a trial, and where it keeps it."""

from collections.abc import Callable
from typing import Any, Final, Protocol

from evalspec.analysis.aggregates import COMPARISONS, LABEL_FUNCTIONS, TRIAL_FUNCTIONS
from evalspec.analysis.collecting import Collected, ScoreValues
from evalspec.analysis.confusion import Labels
from evalspec.analysis.fates import Fate, Outcome, Problem, Trial
from evalspec.analysis.labels import label_of
from evalspec.analysis.passing import Passes
from evalspec.analysis.probabilities import Forecasts
from evalspec.evaluators.base import EvaluationError
from evalspec.evaluators.expressions import compile_lookup, type_name
from evalspec.plan.model import Plan, PlanAggregate
from evalspec.templates import parse_path

_ORDER: Final = (Fate.FAILED, Fate.PENDING, Fate.SKIPPED)
"""What counts of several scores that are not there."""


class Reading(Protocol):
    """Reads one trial for an aggregate."""

    def __call__(self, trial: Trial) -> Outcome: ...


def scores_of(aggregate: PlanAggregate) -> tuple[str, ...]:
    """The scores that an aggregate is computed from, as far as its fields say; a function of the user's may
    read any."""
    if aggregate.score is not None:
        return (aggregate.score,)
    return tuple(dict.fromkeys(str(steps[1]) for steps in _steps(aggregate) if steps[0] == "scores"))


def reading_of(aggregate: PlanAggregate) -> Reading:
    """How an aggregate that is no `python` one reads a trial."""
    return _Compared(aggregate) if aggregate.function in COMPARISONS else _Scored(aggregate)


def collector_of(aggregate: PlanAggregate, plan: Plan) -> Callable[[], Collected]:
    """What an aggregate that is no `python` one keeps its readings in."""
    function, fields = aggregate.function, aggregate.fields
    if function in LABEL_FUNCTIONS:
        listed = _listed(aggregate)
        return lambda: Labels(function, fields, listed)
    if function in COMPARISONS:
        return lambda: Forecasts(function, fields)
    if function in TRIAL_FUNCTIONS:
        return lambda: Passes(function, fields["k"])
    assert aggregate.score is not None
    score = plan.scores[aggregate.score]
    return lambda: ScoreValues(function, fields, score)


def _steps(aggregate: PlanAggregate) -> list[tuple[str | int, ...]]:
    return [steps for path in aggregate.reads if (steps := parse_path(path)) is not None]


def _listed(aggregate: PlanAggregate) -> list[str] | None:
    """The labels that are told apart; None for all that occur."""
    fields = aggregate.fields
    if aggregate.function == "accuracy":
        return []
    if fields.get("average") == "binary":
        positive = fields.get("positive")
        return ["false", "true"] if positive is None else [label_of(positive)]
    labels = fields.get("labels")
    return None if labels is None else [label_of(label) for label in labels]


class _Scored:
    """Reads the value of one score."""

    def __init__(self, aggregate: PlanAggregate) -> None:
        assert aggregate.score is not None
        self._score = aggregate.score

    def __call__(self, trial: Trial) -> Outcome:
        fate = trial.fate(self._score)
        if fate is not Fate.SCORED:
            return Outcome(fate)
        score = trial.scores[self._score]
        return Outcome(fate, score.value, score.imputed)


class _Compared:
    """Reads two expressions: a pair of labels (expected, given), or of a number and a boolean."""

    def __init__(self, aggregate: PlanAggregate) -> None:
        self._value = compile_lookup("value", aggregate.fields["value"])
        self._expected = compile_lookup("expected", aggregate.fields["expected"])
        self._scores = scores_of(aggregate)
        self._needs_output = not self._scores or any(steps[0] == "output" for steps in _steps(aggregate))
        self._convert = _labels if aggregate.function in LABEL_FUNCTIONS else _FORECASTS[aggregate.function]

    def __call__(self, trial: Trial) -> Outcome:
        if trial.row.failure is not None and self._needs_output:
            return Outcome(Fate.FAILED)
        fates = {trial.fate(score) for score in self._scores} - {Fate.SCORED}
        if fates:
            return Outcome(min(fates, key=_ORDER.index))
        try:
            reading = self._convert(self._expected(trial.scope), self._value(trial.scope))
        except EvaluationError as error:
            return Outcome(Fate.FAILED, problem=Problem(error.kind, str(error)))
        imputed = any(trial.scores[score].imputed for score in self._scores)
        return Outcome(Fate.SCORED, reading, imputed)


def _labels(expected: Any, value: Any) -> tuple[str, str]:
    return label_of(expected), label_of(value)


def _ranked(expected: Any, value: Any) -> tuple[float, bool]:
    if not isinstance(expected, bool):
        raise EvaluationError("not_a_boolean", f"`expected` is {type_name(expected)} and not true or false")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EvaluationError("not_a_number", f"`value` is {type_name(value)} and not a number")
    return float(value), expected


def _probable(expected: Any, value: Any) -> tuple[float, bool]:
    number, truth = _ranked(expected, value)
    if not 0 <= number <= 1:
        raise EvaluationError("not_a_probability", f"`value` is {number:g}, and a probability is from 0 to 1")
    return number, truth


_FORECASTS: Final[dict[str, Callable[[Any, Any], tuple[float, bool]]]] = {
    "roc_auc": _ranked,
    "calibration": _probable,
    "brier": _probable,
}
