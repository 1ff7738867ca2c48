"""Numbers as people read them; never rounded to what they are not."""

import re
from collections.abc import Sequence
from typing import Final

_FIXED: Final = re.compile(r"-?\d+(?:\.(\d+))?")
_MOST_DECIMALS: Final = 6
"""Of a column of numbers; one that needs more of them has more than the others."""


def number(value: float) -> str:
    """A value with four decimals, or more where they would make a whole number of one that is none."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if not 1e-3 <= abs(value) < 1e9:
        return f"{value:.4g}"
    for digits in range(4, 17):
        shown = f"{value:.{digits}f}"
        if float(shown) != int(float(shown)):
            return shown
    return repr(value)


def numbers(values: Sequence[float]) -> list[str]:
    """Values of one score, all with the same decimals, or with none where all are whole."""
    shown = [number(value) for value in values]
    most = min(max((_decimals(one) or 0 for one in shown), default=0), _MOST_DECIMALS)
    return [
        one if (places := _decimals(one)) is None or places > most else f"{value + 0.0:.{most}f}"
        for one, value in zip(shown, values, strict=True)
    ]


def aligned(cells: Sequence[str]) -> list[str]:
    """Numbers of a column that is flush right, filled up so that their decimal points stand in one line."""
    places = [_decimals(cell) for cell in cells]
    most = max((one for one in places if one), default=0)
    # A point takes a place too.
    return [
        cell if one is None else cell + " " * (most - one + (one == 0 and most > 0))
        for cell, one in zip(cells, places, strict=True)
    ]


def _decimals(shown: str) -> int | None:
    """How many decimals a number has; None for one with an exponent, and for what is no number."""
    found = _FIXED.fullmatch(shown)
    return None if found is None else len(found[1] or "")


def rounded(value: float) -> str:
    """A value with three decimals, for what is only an estimate."""
    return f"{value:.3f}" if value == 0 or 0.01 <= abs(value) < 100 else f"{value:.4g}"


def percent(share: float) -> str:
    """A share in percent; only a full one is 100 %, and only none is 0 %."""
    if share in (0, 1):
        return f"{share * 100:.0f} %"
    shown = f"{share * 100:.1f}"
    return {"100.0": "> 99.9 %", "0.0": "< 0.1 %"}.get(shown, f"{shown} %")


def count(value: int) -> str:
    """A count; none is a dash, so that what is there stands out."""
    return str(value) if value else "–"


def seconds(value: float) -> str:
    """A time that passed."""
    if value < 0.9995:
        return f"{value * 1000:.0f} ms"
    if value < 59.95:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def plural(value: int, word: str) -> str:
    """`1 item`, `2 items`."""
    return f"{value} {word}{'' if value == 1 else 's'}"
