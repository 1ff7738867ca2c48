"""How well numbers tell true from false: ranking, calibration, the Brier score."""

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from typing import Any, Final, Self

from evalspec.analysis.aggregates import NO_VALUES, Value
from evalspec.analysis.collecting import Collected


class Forecasts(Collected):
    """Numbers of which each stands for something that was true or false; 8 bytes each."""

    def __init__(self, function: str, fields: Mapping[str, Any]) -> None:
        self._function = function
        self._fields = fields
        self.true = array("d")
        self.false = array("d")

    def add(self, reading: tuple[float, bool], imputed: bool = False) -> None:
        number, truth = reading
        (self.true if truth else self.false).append(number)

    def extend(self, other: Self) -> None:
        self.true.extend(other.true)
        self.false.extend(other.false)

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.true) + len(self.false)

    def value(self) -> Value:
        return _FUNCTIONS[self._function](self, self._fields) if self.size else Value(None, NO_VALUES)


def _roc_auc(forecasts: Forecasts, fields: Mapping[str, Any]) -> Value:
    """Mann and Whitney's U over the number of pairs, ties counting half; counted in halves, so exact."""
    if not forecasts.true or not forecasts.false:
        kind = "positive" if forecasts.true else "negative"
        return Value(None, f"all items are {kind}, so there is nothing to tell apart")
    false = sorted(forecasts.false)
    halves = sum(bisect_left(false, number) + bisect_right(false, number) for number in forecasts.true)
    return Value(halves / (2 * len(forecasts.true) * len(false)))


def _brier(forecasts: Forecasts, fields: Mapping[str, Any]) -> Value:
    return Value(brier_score(forecasts))


def brier_score(forecasts: Forecasts) -> float:
    """The mean squared distance of the numbers from 1 where true and from 0 where false."""
    squares = [(1 - number) ** 2 for number in forecasts.true]
    squares += [number**2 for number in forecasts.false]
    return math.fsum(squares) / forecasts.size


def _calibration(forecasts: Forecasts, fields: Mapping[str, Any]) -> Value:
    """The expected calibration error. As in Guo et al. (2017) a bin holds its upper edge and not its lower
    one, and the first holds 0."""
    number = fields["bins"]
    edges = [index / number for index in range(1, number)]
    inside: list[list[float]] = [[] for _ in range(number)]
    hits = [0] * number
    for truth, numbers in ((1, forecasts.true), (0, forecasts.false)):
        for confidence in numbers:
            place = bisect_left(edges, confidence)
            inside[place].append(confidence)
            hits[place] += truth
    bins: list[dict[str, Any]] = []
    gaps = []
    for index, confidences in enumerate(inside):
        count = len(confidences)
        one: dict[str, Any] = {"from": index / number, "to": (index + 1) / number, "count": count}
        if count:
            total = math.fsum(confidences)
            one |= {"confidence": total / count, "accuracy": hits[index] / count}
            gaps.append(abs(hits[index] - total))
        bins.append(one)
    return Value(math.fsum(gaps) / forecasts.size, details={"brier": brier_score(forecasts), "bins": bins})


_FUNCTIONS: Final[Mapping[str, Callable[[Forecasts, Mapping[str, Any]], Value]]] = {
    "roc_auc": _roc_auc,
    "calibration": _calibration,
    "brier": _brier,
}
