"""Whether one of several trials passes, and whether all of them do."""

from collections import Counter
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import comb
from typing import Final, Self

from evalspec.analysis.aggregates import NO_VALUES, Range, Value
from evalspec.analysis.collecting import Collected, share_cases
from evalspec.analysis.counts import Counts


def pass_at_k(trials: int, passed: int, k: int) -> Fraction:
    """The chance that at least one of `k` trials drawn from `trials` is among the `passed`, which is an
    unbiased estimate of that of any k: 1 - C(n-c, k) / C(n, k) (Chen et al. 2021, equation 1).

    `k` is at least 1 and at most `trials`.
    """
    return 1 - Fraction(comb(trials - passed, k), comb(trials, k))


def pass_hat_k(trials: int, passed: int, k: int) -> Fraction:
    """The chance that all of `k` trials drawn from `trials` are among the `passed`: C(c, k) / C(n, k) (pass^k
    of Yao et al. 2024, section 3.3).

    `k` is at least 1 and at most `trials`.
    """
    return Fraction(comb(passed, k), comb(trials, k))


class Passes(Collected):
    """How many items had so many trials, of which so many passed."""

    def __init__(self, function: str, k: int) -> None:
        self._estimate = _FUNCTIONS[function]
        self._k = k
        self._items: Counter[tuple[int, int]] = Counter()

    def add(self, reading: tuple[int, int], imputed: bool = False) -> None:
        self._items[reading] += 1

    def extend(self, other: Self) -> None:
        self._items.update(other._items)

    def value(self) -> Value:
        size = self._items.total()
        # Exact until it is rounded once, so that the order of the items does not matter.
        return Value(float(self._sum() / size)) if size else Value(None, NO_VALUES)

    def cases(self, counts: Counts) -> Range:
        return share_cases(float(self._sum()), self._items.total(), counts)

    def _sum(self) -> Fraction:
        return sum(
            (
                count * self._estimate(trials, passed, self._k)
                for (trials, passed), count in self._items.items()
            ),
            Fraction(0),
        )


_FUNCTIONS: Final[Mapping[str, Callable[[int, int, int], Fraction]]] = {
    "pass_at_k": pass_at_k,
    "pass_hat_k": pass_hat_k,
}
