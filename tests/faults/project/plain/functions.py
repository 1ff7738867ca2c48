"""A task and three evaluators as `Langfuse.run_experiment` calls them, and evalspec as well."""

import asyncio
import os
from typing import Any

from langfuse import Evaluation

DELAY = float(os.environ.get("FAULTS_DELAY", "0"))


async def echo(*, item: Any, **_: Any) -> str:
    """The task: says what it was given."""
    await asyncio.sleep(DELAY)
    return str(item["input"])


async def same(*, output: Any, expected_output: Any, **_: Any) -> Evaluation:
    """Whether the output is the expected one."""
    return Evaluation(name="same", value=float(output == expected_output))


async def length(*, output: Any, **_: Any) -> Evaluation:
    """How long the output is."""
    return Evaluation(name="length", value=float(len(output)))


async def digits(*, output: Any, **_: Any) -> Evaluation:
    """How many digits the output has."""
    return Evaluation(name="digits", value=float(sum(map(str.isdigit, output))))


def mean_length(*, item_results: Any, **_: Any) -> Evaluation:
    """A run-level score."""
    found = [score.value for result in item_results for score in result.evaluations if score.name == "length"]
    return Evaluation(name="mean_length", value=sum(found) / len(found))
