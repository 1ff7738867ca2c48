"""Making a request until it is answered: limits, repetitions, and what all of it used."""

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from evalspec.models.budgets import Accounts, Use
from evalspec.models.errors import ModelError
from evalspec.models.limits import Gate
from evalspec.models.messages import Usage
from evalspec.models.pricing import cost_of
from evalspec.models.spec import ModelSpec

__all__ = ["REFUSALS", "Repeater", "Tally"]

REFUSALS: Final = 10
"""How often a request is repeated after a 429, where it may be repeated at all: the provider is well, and
says when to come back."""
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
_JITTER: Final = 0.5
_WORTH_REPEATING: Final = frozenset({"connection", "timeout", "server_error", "malformed"})


class _Answered(Protocol):
    @property
    def usage(self) -> Usage: ...

    @property
    def model_reported(self) -> str | None: ...


T = TypeVar("T", bound=_Answered)


@dataclass(slots=True)
class Tally:
    """What one call used, over all its requests. `cost` is None once one of them has no price."""

    attempts: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: float | None = 0.0
    started_ns: int | None = None

    def note_in(self, error: ModelError) -> None:
        """Say in an error what was used before it came to it."""
        error.attempts, error.usage, error.cost = self.attempts, self.usage, self.cost


@dataclass(frozen=True, slots=True)
class Repeater:
    """Makes requests to one model. `sleep` waits for seconds, `rng` spreads the waits."""

    spec: ModelSpec
    gate: Gate
    accounts: Accounts
    sleep: Callable[[float], Awaitable[None]]
    rng: random.Random

    async def answered(
        self, send: Callable[[], Awaitable[T]], use: Use, tally: Tally, *, tokens: int, retries: int
    ) -> T:
        """What `send` gives at last; `tokens` is about what it will use.

        A server that is broken or cannot be reached is asked again `retries` times, after 0.5, 1, 2, … s
        and a random part of that; one that answers 429 up to ten times, unless `retries` is zero. Raises
        ModelError.
        """
        failures = refusals = 0
        while True:
            try:
                return await self._once(send, use, tally, tokens)
            except ModelError as error:
                tally.note_in(error)
                if error.kind == "rate_limited":
                    refusals += 1
                    again, pause = retries > 0 and refusals <= REFUSALS, self._pause(refusals)
                    # The gate holds everybody back for as long as the provider said.
                    pause = 0.0 if error.retry_after is not None else pause
                else:
                    failures += 1
                    again, pause = failures <= retries and _worth_repeating(error), self._pause(failures)
                if not again:
                    raise
                last = error
            if last.kind != "rate_limited" and last.retry_after is not None:
                pause = max(pause, min(last.retry_after, _LONGEST_PAUSE))
            if pause:
                await self.sleep(pause)

    async def _once(self, send: Callable[[], Awaitable[T]], use: Use, tally: Tally, tokens: int) -> T:
        name = self.spec.name
        async with self.gate.passage(tokens) as ticket:
            self.accounts.charge_request(use, name)
            tally.attempts += 1
            if tally.started_ns is None:
                tally.started_ns = time.time_ns()
            try:
                answer = await send()
            except ModelError as error:
                if error.kind == "rate_limited":
                    self.gate.refused(ticket, error.retry_after)
                    self.gate.used(ticket, 0)
                raise
            self.gate.succeeded()
            if answer.usage.total:
                self.gate.used(ticket, answer.usage.total)
        cost = cost_of(self.spec, answer.usage, answer.model_reported)
        self.accounts.charge_usage(use, name, answer.usage, cost)
        tally.usage.add(answer.usage)
        tally.cost = None if cost is None or tally.cost is None else tally.cost + cost
        return answer

    def _pause(self, repetition: int) -> float:
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (repetition - 1))
        return pause + self.rng.uniform(0.0, _JITTER * pause)


def _worth_repeating(error: ModelError) -> bool:
    """Whether the same request may succeed: a stream that broke off may, an answer that was too long not."""
    return error.kind in _WORTH_REPEATING or (error.kind == "truncated" and error.outage)
