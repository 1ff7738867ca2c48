"""Parts of a run that hold something until it ends."""

from typing import Any

__all__ = ["aclose_if_open"]


async def aclose_if_open(part: Any) -> None:
    """Close a task or evaluator that holds connections; one that holds none has no `aclose`."""
    close = getattr(part, "aclose", None)
    if close is not None:
        await close()
