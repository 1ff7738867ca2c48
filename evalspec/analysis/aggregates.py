"""Aggregates: the value of a whole run, computed over what was scored."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from evalspec.analysis.counts import Counts
from evalspec.analysis.sample import Sample
from evalspec.plan.model import PlanScore

TRIAL_FUNCTIONS: Final = frozenset({"pass_at_k", "pass_hat_k"})
"""The functions over all trials of an item, which have no value for one trial number."""
LABEL_FUNCTIONS: Final = frozenset(
    {"accuracy", "confusion_matrix", "precision", "recall", "f1", "cohen_kappa"}
)
"""The functions over pairs of labels."""
FORECAST_FUNCTIONS: Final = frozenset({"roc_auc", "calibration", "brier"})
"""The functions over pairs of a number and a boolean."""
COMPARISONS: Final = LABEL_FUNCTIONS | FORECAST_FUNCTIONS
"""The functions that compare two expressions for each item."""
PYTHON: Final = "python"
"""The function that is the user's own."""
NO_VALUES: Final = "nothing was scored"
Range = tuple[float | None, float | None]
"""A smallest and a largest value, or a worst and a best one; None where there is none."""


@dataclass(frozen=True, slots=True)
class Value:
    """A number, or None and the reason why there is none; and what else a function has to say, as JSON."""

    number: float | None
    reason: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


def compute(function: str, fields: Mapping[str, Any], sample: Sample) -> Value:
    """The value of an aggregate function over a sample; never NaN or infinite.

    Sums are exact before they are rounded once (`math.fsum`), so that the order of the items does not matter.
    """
    if function == "count":
        label = fields.get("label")
        return Value(float(sample.size if label is None else sample.count_of(label)))
    if sample.size == 0:
        return Value(None, NO_VALUES)
    if function == "rate":
        return Value(sample.good() / sample.size)
    try:
        value = _FUNCTIONS[function](sample.numbers(), fields)
    except OverflowError:
        value = Value(math.inf)
    if value.number is not None and not math.isfinite(value.number):
        return Value(None, "the result is too large for a floating point number")
    return value


def _mean(numbers: Sequence[float]) -> float:
    return math.fsum(numbers) / len(numbers)


def _stdev(numbers: Sequence[float]) -> Value:
    """The sample standard deviation, by the corrected two-pass algorithm (Chan, Golub, LeVeque 1983, 1.7)."""
    size = len(numbers)
    if size < 2:
        return Value(None, "a standard deviation needs at least two values")
    mean = _mean(numbers)
    squares = math.fsum((number - mean) ** 2 for number in numbers)
    slip = math.fsum(number - mean for number in numbers)
    return Value(math.sqrt(max(0.0, squares - slip * slip / size) / (size - 1)))


def percentile(numbers: Sequence[float], percent: float) -> float:
    """Linear interpolation between the nearest values: type 7 of Hyndman and Fan (1996), numpy's default."""
    ordered = sorted(numbers)
    place = (len(ordered) - 1) * (percent / 100)
    below = min(math.floor(place), len(ordered) - 1)
    above = min(below + 1, len(ordered) - 1)
    low, high, part = ordered[below], ordered[above], place - below
    # From the nearer end, as numpy does: exact at both ends and never outside of them.
    return low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part)


_FUNCTIONS: Final[dict[str, Callable[[Sequence[float], Mapping[str, Any]], Value]]] = {
    "mean": lambda numbers, fields: Value(_mean(numbers)),
    "min": lambda numbers, fields: Value(min(numbers)),
    "max": lambda numbers, fields: Value(max(numbers)),
    "median": lambda numbers, fields: Value(percentile(numbers, 50)),
    "percentile": lambda numbers, fields: Value(percentile(numbers, fields["percentile"])),
    "stdev": lambda numbers, fields: _stdev(numbers),
}


def check_aggregate(function: str, score: PlanScore) -> str | None:
    """Why a function cannot be computed over a score, as one sentence; None if it can."""
    if function == "count":
        return None
    if function in TRIAL_FUNCTIONS:
        if score.data_type == "BOOLEAN":
            return None
        return f"`{function}` counts the trials that pass, and the score is {score.data_type}, not BOOLEAN"
    if function == "rate":
        if score.data_type == "BOOLEAN" or (score.data_type == "CATEGORICAL" and score.good):
            return None
        if score.data_type == "CATEGORICAL":
            return "`rate` needs to know which labels are good; give the score `good = [...]`"
        fitting = "`mean`" if score.data_type == "NUMERIC" else "`count`"
        return f"`rate` counts what is true or good, and the score is {score.data_type}; use {fitting}"
    if score.data_type == "TEXT":
        return f"`{function}` needs numbers, and the score is TEXT; use `count`, or a `python` aggregate"
    if score.data_type == "CATEGORICAL" and not score.categories:
        return f"`{function}` needs numbers, and the score's labels have no values"
    return None


def aggregate_range(function: str, score: PlanScore | None) -> Range:
    """The smallest and largest value that an aggregate can have, over a score or without one."""
    if score is not None:
        return value_range(function, score)
    if function == "cohen_kappa":
        return (-1.0, 1.0)
    return (0.0, 1.0) if function in COMPARISONS else (None, None)


def value_range(function: str, score: PlanScore) -> Range:
    """The smallest and largest value that an aggregate can have; None where there is no bound."""
    if function == "rate" or function in TRIAL_FUNCTIONS:
        return (0.0, 1.0)
    if function in ("count", "stdev"):
        return (0.0, None)
    if score.data_type == "BOOLEAN":
        return (0.0, 1.0)
    if score.categories:
        return (float(min(score.categories.values())), float(max(score.categories.values())))
    return (score.min, score.max)


def extremes(function: str, score: PlanScore, sample: Sample, counts: Counts) -> Range:
    """What a mean or rate would be if every missing result were the worst, and the best, that is possible.

    (None, None) for other functions, for a score without direction, and where nothing is expected; either is
    None where the score has no bound on that side.
    """
    total = sample.size + counts.missing
    upwards = score.direction == "higher" or (function == "rate" and bool(score.good))
    if function not in ("mean", "rate") or not total or not (upwards or score.direction == "lower"):
        return (None, None)
    known = sample.good() if function == "rate" else math.fsum(sample.numbers())
    low, high = (
        None if bound is None else (known + counts.missing * bound) / total
        for bound in value_range(function, score)
    )
    return (low, high) if upwards else (high, low)
