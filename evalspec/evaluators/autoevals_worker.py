"""Scorers of autoevals as a worker calls them."""

from typing import Any

__all__ = ["score"]


def score(name: str, arguments: dict[str, Any], given: dict[str, Any]) -> float | None:
    """The score that the scorer `name` gives."""
    import autoevals

    found = getattr(autoevals, name)(**arguments).eval(**given)
    # Some are numbers of numpy's.
    return None if found.score is None else float(found.score)
