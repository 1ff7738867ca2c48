"""Evaluators of the kill campaign: asynchronous, blocking, several scores, failing, skipping."""

import asyncio
from typing import Any

from subject import count  # type: ignore[import-not-found]  # found in the project it is copied to


async def closeness(*, output: Any, expected_output: Any) -> float:
    """How near the number is, rounded so that equal results print alike."""
    count("closeness", output["number"])
    await asyncio.sleep(0.003)
    return round(1 / (1 + int(output["number"]) % 10 + len(expected_output["word"])), 6)


def manners(*, output: Any) -> dict[str, Any] | None:
    """Two scores from one call in a thread; some items are skipped, some fail."""
    number = output["number"]
    count("manners", number)
    if number % 19 == 7:
        raise RuntimeError(f"cannot judge {number}")
    if number % 13 == 1:
        return None
    return {"tone": ("flat", "warm", "curt")[number % 3], "polite": number % 4 != 0}


def spread(*, item_results: Any) -> float:
    """A run-level score over all results."""
    return float(sum(1 for result in item_results if result.output is not None))
