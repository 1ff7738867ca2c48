"""How bounded work can end, and what bounds it."""

from dataclasses import dataclass
from typing import Final

WORKER_DIED: Final = "WorkerDied"
"""The `type` of a WorkFailed where no exception was raised: the process ended, or could not be started."""


class TooLarge(Exception):
    """The input or the answer is beyond its size limit, memory ran out, or a recursion went too deep."""


class TookTooLong(Exception):
    """The time was over, and the worker was killed."""


class WorkFailed(Exception):
    """The function raised an exception: `type` is the name of its class, `message` its text.

    `kind` is the function's own name for the reason if it raised `Refused`. The type is `WorkerDied` where
    the process crashed.
    """

    def __init__(self, type: str, message: str, kind: str | None = None) -> None:  # noqa: A002 - the field's name
        self.type = type
        self.message = message
        self.kind = kind
        super().__init__(message)


class Refused(Exception):
    """Raised by a bounded function for a reason that has a name; becomes the `kind` of a WorkFailed."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        self.message = message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may use.

    `bytes` bounds the encoded arguments. `seconds` run from the moment the function begins: waiting for a
    worker, its start and its imports do not count. `memory` is how many bytes of address space it may add to
    those its worker has when it begins; it holds on Linux only, because elsewhere RLIMIT_AS does not hold or
    the size cannot be read.
    """

    bytes: int = 4_000_000
    seconds: float = 0.8
    memory: int = 512 * 1024 * 1024


DEFAULT_LIMITS: Final = Limits()
"""For work that takes milliseconds on ordinary input."""
