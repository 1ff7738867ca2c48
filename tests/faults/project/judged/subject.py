"""A task with everything that can happen to one, which keeps a tally of its calls in a file.

Some items fail, at every try, and every call leaves a span of its own below the item's.
"""

import asyncio
import os
from typing import Any

from langfuse import observe

DELAY = float(os.environ.get("FAULTS_DELAY", "0.03"))
WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")


def count(what: str, number: int) -> None:
    """One line for one call. Appending a short line is atomic, and it is there when the process is not."""
    descriptor = os.open(os.environ["FAULTS_TALLY"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"{what} {number}\n".encode())
    finally:
        os.close(descriptor)


@observe(name="look-up")
async def look_up(number: int) -> str:
    """What the answer is made of; a span of user code."""
    await asyncio.sleep(DELAY)
    return WORDS[number % len(WORDS)]


async def answer(item: Any) -> dict[str, Any]:
    """The task."""
    number = item["input"]["number"]
    count("task", number)
    word = await look_up(number)
    if number % 17 == 3:
        raise ValueError(f"no answer to {number}")
    return {"word": word if number % 7 else word.upper(), "number": number}
