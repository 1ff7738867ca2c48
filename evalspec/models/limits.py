"""How hard a model is asked: calls at a time, requests and tokens a minute, and what the provider says of it.

A provider that answers 429 halves the number of calls at a time; each full round of calls that succeeds adds
one again (additive increase, multiplicative decrease: Chiu and Jain 1989, "Analysis of the Increase and
Decrease Algorithms for Congestion Avoidance in Computer Networks").
"""

import math
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import anyio

__all__ = ["LONGEST_PAUSE", "Gate", "Ticket", "Window"]

LONGEST_PAUSE: Final = 120.0
"""A provider that asks for more seconds than this is asked again after these."""
_MINUTE: Final = 60.0


class Window:
    """An amount that may be used up in any 60 seconds."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used: deque[list[float]] = deque()
        self._sum = 0.0

    def delay(self, amount: float, now: float) -> float:
        """The seconds until `amount` fits. More than the whole limit fits when nothing else is counted."""
        self._forget(now)
        excess = self._sum + min(amount, self._limit) - self._limit
        for moment, used in self._used:
            if excess <= 0:
                break
            excess -= used
            if excess <= 0:
                return moment + _MINUTE - now
        return 0.0

    def use(self, amount: float, now: float) -> list[float]:
        """Count `amount`; what is returned can be given to `correct`."""
        entry = [now, float(amount)]
        self._used.append(entry)
        self._sum += amount
        return entry

    def correct(self, entry: list[float], amount: float, now: float) -> None:
        """Put the true amount in place of what was counted."""
        self._forget(now)
        if entry[0] > now - _MINUTE:
            self._sum += amount - entry[1]
            entry[1] = float(amount)

    def _forget(self, now: float) -> None:
        while self._used and self._used[0][0] <= now - _MINUTE:
            self._sum -= self._used.popleft()[1]
        if not self._used:
            self._sum = 0.0


class Ticket:
    """The leave to make one request."""

    __slots__ = ("epoch", "tokens")

    def __init__(self, epoch: int, tokens: list[float] | None) -> None:
        self.epoch = epoch
        self.tokens = tokens


class Gate:
    """Lets requests to one model through, first come, first served.

    `clock` gives seconds that only grow, `sleep` waits for seconds. Whoever waits can be cancelled.
    """

    def __init__(
        self,
        concurrency: int | None,
        requests_per_minute: int | None,
        tokens_per_minute: int | None,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._ceiling = math.inf if concurrency is None else concurrency
        self._allowed = self._ceiling
        self._running = 0
        self._waiting: deque[anyio.Event] = deque()
        self._requests = None if requests_per_minute is None else Window(requests_per_minute)
        self._tokens = None if tokens_per_minute is None else Window(tokens_per_minute)
        self._turn = anyio.Lock()
        self._paused_until = -math.inf
        self._epoch = 0
        self._successes = 0
        self._clock = clock
        self._sleep = sleep

    @property
    def allowed(self) -> float:
        """How many requests may be under way now; infinity where there is no limit."""
        return self._allowed

    @asynccontextmanager
    async def passage(self, tokens: int) -> AsyncIterator[Ticket]:
        """Wait for leave to make a request of about `tokens` tokens, and hold its place until it is over."""
        await self._enter()
        try:
            yield await self._admitted(tokens)
        finally:
            self._running -= 1
            self._wake()

    def used(self, ticket: Ticket, tokens: int) -> None:
        """Say how many tokens the request really used."""
        if self._tokens is not None and ticket.tokens is not None:
            self._tokens.correct(ticket.tokens, tokens, self._clock())

    def succeeded(self) -> None:
        """Note an answer; a round of them raises a number of calls that was lowered."""
        if self._allowed >= self._ceiling:
            return
        self._successes += 1
        if self._successes >= self._allowed:
            self._successes = 0
            self._allowed += 1
            self._wake()

    def refused(self, ticket: Ticket, retry_after: float | None) -> None:
        """Note a 429. Nobody is let through for `retry_after` seconds, and fewer at a time after that.

        Requests that were under way together count once: they tell the same thing.
        """
        if retry_after is not None:
            until = self._clock() + min(retry_after, LONGEST_PAUSE)
            self._paused_until = max(self._paused_until, until)
        if ticket.epoch == self._epoch:
            self._epoch += 1
            self._successes = 0
            # Without a limit of our own, what was under way is what was too much.
            now = self._running if math.isinf(self._allowed) else self._allowed
            self._allowed = max(1, now // 2)

    async def _enter(self) -> None:
        if self._running < self._allowed and not self._waiting:
            self._running += 1
            return
        place = anyio.Event()
        self._waiting.append(place)
        try:
            await place.wait()
        except BaseException:
            if place.is_set():
                # Cancelled in the moment it was its turn: the next one takes it.
                self._running -= 1
                self._wake()
            else:
                self._waiting.remove(place)
            raise

    def _wake(self) -> None:
        while self._waiting and self._running < self._allowed:
            self._running += 1
            self._waiting.popleft().set()

    async def _admitted(self, tokens: int) -> Ticket:
        async with self._turn:
            while (wait := self._wait_for(tokens)) > 0:
                await self._sleep(wait)
            now = self._clock()
            if self._requests is not None:
                self._requests.use(1, now)
            return Ticket(self._epoch, None if self._tokens is None else self._tokens.use(tokens, now))

    def _wait_for(self, tokens: int) -> float:
        now = self._clock()
        return max(
            self._paused_until - now,
            0.0 if self._requests is None else self._requests.delay(1, now),
            0.0 if self._tokens is None else self._tokens.delay(tokens, now),
        )
