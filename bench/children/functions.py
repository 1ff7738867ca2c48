"""What every runner carries out: one task, three evaluators, all asynchronous, one mean over a score."""

import asyncio
import os
from typing import Any

SLEEP = float(os.environ.get("BENCH_SLEEP", "0"))


async def echo(item: Any) -> str:
    """The task: instant, or as slow as BENCH_SLEEP says."""
    if SLEEP:
        await asyncio.sleep(SLEEP)
    return str(item["input"])


async def same(output: str, expected_output: str) -> float:
    """Whether the output is the expected one."""
    return float(output == expected_output)


async def length(output: str) -> float:
    """How long the output is."""
    return float(len(output))


async def digits(output: str) -> float:
    """How many digits the output has."""
    return float(sum(map(str.isdigit, output)))
