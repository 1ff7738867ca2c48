"""What `is_html` and `contains_html` share: how they are measured."""

from typing import Any, Final

from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.plain import Commented, Measure, text

__all__ = ["html_measure"]

_QUICK: Final = 5_000
"""Characters that are read in a few milliseconds."""


def html_measure(function: str) -> Measure:
    """The measure that a function of `evalspec.evaluators.html_texts` makes."""

    async def measure(value: Any) -> Commented:
        given = text("value", value)
        name = f"evalspec.evaluators.html_texts:{function}"
        good, comment = await evaluate_bounded(name, [given], cost=len(given), quick=_QUICK)
        return Commented(good, comment)

    return measure
