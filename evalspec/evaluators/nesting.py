"""How deeply values are nested, told without recursion."""

from typing import Any, Final

__all__ = ["MAX_DEPTH", "is_too_deep"]

MAX_DEPTH: Final = 200
"""How many lists and objects may contain one another, as in what tasks return."""


def is_too_deep(value: Any) -> bool:
    """Whether a JSON tree has more than `MAX_DEPTH` levels of lists and objects."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                below += one.values()
            elif isinstance(one, list):
                below += one
        level = [one for one in below if isinstance(one, dict | list)]
        if not level:
            return False
    return True
