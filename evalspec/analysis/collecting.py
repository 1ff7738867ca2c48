"""What an aggregate keeps of the results it has seen: counters, or numbers of eight bytes each."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

from evalspec.analysis.aggregates import Range, Value, compute, extremes
from evalspec.analysis.counts import Counts
from evalspec.analysis.sample import Sample
from evalspec.plan.model import PlanScore


class Collected(ABC):
    """The results of some items, of which a value can be made; two of one kind can be joined."""

    @abstractmethod
    def add(self, reading: Any, imputed: bool = False) -> None:
        """One more result."""

    @abstractmethod
    def extend(self, other: Self) -> None:
        """All results of another."""

    @abstractmethod
    def value(self) -> Value:
        """The value over them."""

    def cases(self, counts: Counts) -> Range:
        """The value if every missing result were the worst, and the best; None where there is no such."""
        return (None, None)


class ScoreValues(Collected):
    """The values of one score, for a function over them."""

    def __init__(self, function: str, fields: Mapping[str, Any], score: PlanScore) -> None:
        self._function = function
        self._fields = fields
        self._score = score
        self._sample = Sample(score)

    def add(self, reading: float | str, imputed: bool = False) -> None:
        self._sample.add([reading], imputed)

    def extend(self, other: Self) -> None:
        self._sample.extend(other._sample)

    def value(self) -> Value:
        return compute(self._function, self._fields, self._sample)

    def cases(self, counts: Counts) -> Range:
        return extremes(self._function, self._score, self._sample, counts)


def share_cases(known: float, size: int, counts: Counts) -> Range:
    """The worst and best case of a mean over `size` values between 0 and 1 with the sum `known`."""
    total = size + counts.missing
    return (known / total, (known + counts.missing) / total) if total else (None, None)
