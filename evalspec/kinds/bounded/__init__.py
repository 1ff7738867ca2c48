"""Work on hostile input, in child processes with limits on size, time and memory.

What a model wrote is parsed, compared and rendered by code whose cost its size does not bound: a short text
can keep a parser busy for hours or break it. Such work is done by `run_bounded`, and ends as a value or as
one of these exceptions, never as a stopped run:

    from evalspec.kinds.bounded import Limits, TookTooLong, run_bounded

    try:
        tree = await run_bounded("evalspec.evaluators.sql:parse", [text], Limits(seconds=2))
    except TookTooLong:
        ...

The limits are against hostile data, not against hostile code: what runs in a worker is evalspec and installed
plug-ins, and these are trusted like everything that is installed.
"""

from evalspec.kinds.bounded.calling import close_pool, run_bounded, run_limited
from evalspec.kinds.bounded.outcomes import (
    DEFAULT_LIMITS,
    Limits,
    Refused,
    TookTooLong,
    TooLarge,
    WorkFailed,
)

__all__ = [
    "DEFAULT_LIMITS",
    "Limits",
    "Refused",
    "TooLarge",
    "TookTooLong",
    "WorkFailed",
    "close_pool",
    "run_bounded",
    "run_limited",
]
