"""What the tests of models share: a clock that only moves when somebody sleeps, and short ways to ask."""

import random
from collections.abc import Mapping
from typing import Any

import anyio
import anyio.lowlevel

from evalspec.models.budgets import Budget
from evalspec.models.client import Models
from evalspec.models.spec import ModelSpec
from tests.model_server.handle import ModelServer

HELLO = [{"role": "user", "content": "hello"}]


class Clock:
    """Seconds that pass only in `sleep`; `slept` are the waits in order."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await anyio.lowlevel.checkpoint()
        self.now += seconds


class NoJitter(random.Random):
    """Chance that always gives the least."""

    def uniform(self, a: float, b: float) -> float:
        return a


def models_of(
    server: ModelServer,
    clock: Clock | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    budgets: Mapping[str, Budget] | None = None,
    **fields: Any,
) -> Models:
    """Models with one, `m`, on the server. No test really waits between its requests."""
    clock = clock or Clock()
    return Models(
        {"m": ModelSpec.from_fields("m", server.fields(**fields))},
        environ or {},
        budgets=budgets,
        clock=clock,
        sleep=clock.sleep,
        rng=NoJitter(),
    )
