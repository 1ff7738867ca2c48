"""When a call that failed is made again.

Exponential back-off with jitter as stamina has it, `min(maximum, initial · 2ⁿ⁻¹) + uniform(0, jitter)`
seconds before the n-th repetition; done here because a call that succeeds must cost nothing, and because
servers may say how long to wait (Retry-After, RFC 9110 §10.2.3).
"""

import math
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from evalspec.tasks.base import PartFailed

MAX_RETRY_AFTER = 300.0
"""A server that asks for more seconds than this is not asked again."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before a call is made again; all in seconds."""

    initial: float = 0.5
    maximum: float = 30.0
    jitter: float = 1.0
    rng: random.Random = field(default_factory=random.Random)

    def delay(self, repetition: int, error: BaseException | None) -> float | None:
        """The wait before the first, second, … repetition; None where it is not worth waiting.

        `error` is what the last call raised, None after a timeout of ours.
        """
        jitter = self.rng.uniform(0.0, self.jitter)
        asked = retry_after_of(error) if error is not None else None
        if asked is None:
            return min(self.maximum, self.initial * 2.0 ** (repetition - 1)) + jitter
        return None if asked > MAX_RETRY_AFTER else asked + jitter


def retry_after_of(error: BaseException) -> float | None:
    """The seconds that a server asked to wait: the exception's `retry_after`, or its response's header."""
    while isinstance(error, PartFailed):
        error = error.cause
    try:
        value: Any = getattr(error, "retry_after", None)
        if value is None:
            value = error.response.headers["Retry-After"]  # type: ignore[attr-defined]  # duck typing
    except Exception:  # noqa: BLE001 - clients differ; without a readable header there is nothing to honour
        return None
    return _seconds(value)


def _seconds(value: Any) -> float | None:
    if hasattr(value, "total_seconds"):
        value = value.total_seconds()
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        try:
            moment = parsedate_to_datetime(str(value))
        except (TypeError, ValueError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None
