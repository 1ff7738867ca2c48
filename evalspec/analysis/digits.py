"""Numbers beside the bounds they are held against."""

from collections.abc import Sequence
from typing import Final

_DECIMALS: Final = 4
_MOST: Final = 17
"""Digits that tell any two numbers apart."""


def beside(value: float, bounds: Sequence[float]) -> str:
    """A value with four decimals at the most, or as many as it takes to stand where it does: above, below or
    at each of the bounds, and no whole number that it is not.
    """
    if value.is_integer():
        return exact(value)
    for digits in range(_DECIMALS, _MOST):
        # Decimals would leave nothing of a small number.
        near = round(value, digits) if abs(value) >= 1e-3 else float(f"{value:.{digits}g}")
        if not near.is_integer() and all(_side(near, bound) == _side(value, bound) for bound in bounds):
            return exact(near)
    return exact(value)


def exact(value: float) -> str:
    """A number with all its digits, as bounds are written."""
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)


def _side(value: float, bound: float) -> int:
    return (value > bound) - (value < bound)
