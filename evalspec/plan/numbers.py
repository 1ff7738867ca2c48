"""Numbers in sentences, such as comments of scores: short, and never rounded to what they are not."""

from decimal import ROUND_DOWN, Decimal
from typing import Final

__all__ = ["in_words"]

_PLACES: Final = Decimal("0.0001")
_LARGE: Final = 1e15


def in_words(value: float) -> str:
    """A number with four decimals at most. Where there are more they are cut off and not rounded, with `…`:
    what falls short of a bound does not look as if it reached it, nor what exceeds it as if it were at it.
    """
    if not abs(value) < _LARGE:
        return f"{value:g}"
    if value == int(value):
        return str(int(value))
    # As it is written, so that 0.29 stays 0.29.
    whole = Decimal(repr(float(value)))
    cut = whole.quantize(_PLACES, ROUND_DOWN)
    return f"{cut}…" if cut != whole else f"{cut.normalize():f}"
