"""What the kinds that count share: how many there are of something, and whether within bounds."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, NUMBER, EvaluationError, EvaluatorFields, Yields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.plain import Commented, Measure, Measured, text
from evalspec.kinds.resolving import Resolving

__all__ = ["MAX_LENGTH", "CountFields", "check_counts", "count_yields", "counting"]

MAX_LENGTH: Final = 200_000
"""The longest text in characters (code points); counting takes less than half a second then."""

_QUICK: Final = 5_000
"""Characters that are counted in less than about ten milliseconds."""


class CountFields(EvaluatorFields):
    """Fields of a kind that counts something in a text."""

    value: str = Field(
        "output", description="Expression for the text to look at.", examples=["output.answer"]
    )
    min: int | None = Field(None, ge=0, description="The least number for `passed`.", examples=[1])
    max: int | None = Field(None, ge=0, description="The greatest number for `passed`.", examples=[100])
    score: str | None = Field(
        None,
        description="Name of the score it gives, from `[scores]`: `passed` where there is `min` or `max`, "
        "otherwise `count`.",
    )
    scores: dict[Literal["count", "passed"], str] | None = Field(
        None,
        description="Names of the scores it gives: `count` is the number (NUMERIC), `passed` whether it is "
        "from `min` to `max` (BOOLEAN).",
        examples=[{"count": "length", "passed": "short_enough"}],
    )


def count_yields(fields: CountFields) -> Mapping[str, Yields]:
    """A count, and whether it is within the bounds; the latter is what `score` means where there are any."""
    bounded = fields.min is not None or fields.max is not None
    return {"": BOOLEAN if bounded else NUMBER, "count": NUMBER, "passed": BOOLEAN}


def check_counts(fields: CountFields, resolving: Resolving) -> None:
    """Report bounds that are missing, do nothing, or exclude each other."""
    bounded = fields.min is not None or fields.max is not None
    passed = fields.scores is not None and "passed" in fields.scores
    if passed and not bounded:
        message = "there is nothing that `passed` could be held against"
        resolving.report("missing-field", message, ("scores", "passed"), expected="`min` or `max`")
    if bounded and fields.scores is not None and not passed:
        name = "min" if fields.min is not None else "max"
        message = f"`{name}` does nothing without a score for `passed`"
        resolving.report("wrong-value", message, (name,), key=True, expected="`passed` among the `scores`")
    if fields.min is not None and fields.max is not None and fields.min > fields.max:
        message = f"no number is at least {fields.min} and at most {fields.max}"
        resolving.report("invalid-bounds", message, ("min",), expected=f"at most {fields.max}")


def counting(function: str, fields: dict[str, Any], unit: str) -> Measure:
    """The measure that counts by a function of `evalspec.evaluators.segments`, or as `len` without one."""
    least: int = fields.get("min", 0)
    most: int | None = fields.get("max")
    bounded = "min" in fields or "max" in fields

    def judged(count: int) -> Measured:
        found = least <= count and (most is None or count <= most)
        passed = Commented(found, None if found else f"{count:,} {unit}{'' if count == 1 else 's'}")
        return {"": passed if bounded else count, "count": count, "passed": passed}

    async def measure(value: Any) -> Measured:
        given = text("value", value)
        if len(given) > MAX_LENGTH:
            message = f"the text has {len(given):,} characters, more than {MAX_LENGTH:,}"
            raise EvaluationError("too_large", message)
        if not function:
            return judged(len(given))
        name = f"evalspec.evaluators.segments:{function}"
        count = await evaluate_bounded(name, [given], cost=len(given), quick=_QUICK, preload=["regex"])
        return judged(count)

    return measure
