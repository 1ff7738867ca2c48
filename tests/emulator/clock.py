"""The emulator's clock: wall time plus whatever a test has skipped."""

import time
from datetime import UTC, datetime

SECOND = 1_000_000_000


class Clock:
    """Nanoseconds since the epoch; `advance` makes delays elapse without waiting for them."""

    def __init__(self) -> None:
        self._skipped = 0

    def now(self) -> int:
        return time.time_ns() + self._skipped

    def advance(self, seconds: float) -> None:
        self._skipped += int(seconds * SECOND)


def iso(nanoseconds: int) -> str:
    """RFC 3339 with milliseconds, cut and not rounded, as the server prints every time."""
    moment = datetime.fromtimestamp(nanoseconds // SECOND, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanoseconds // 1_000_000 % 1000:03d}Z"


def parse_time(text: str) -> int:
    """Nanoseconds of an ISO 8601 time; one without an offset is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (elapsed.days * 86_400 + elapsed.seconds) * SECOND + elapsed.microseconds * 1000
