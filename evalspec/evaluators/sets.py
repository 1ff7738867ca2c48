"""What two lists of JSON values have in common. Called in a worker where they are long or hold trees."""

from collections import Counter
from collections.abc import Hashable
from typing import Any, Final

from evalspec.kinds.bounded import TooLarge

__all__ = ["MAX_DEPTH", "overlap"]

MAX_DEPTH: Final = 100
"""Levels of lists and objects in an element."""


def overlap(value: list[Any], expected: list[Any], multiset: bool, ignore_case: bool) -> dict[str, float]:
    """F1, precision, recall and Jaccard index; all are 1 for two empty lists, and 0 where one is empty.

    Raises TooLarge for elements of more than `MAX_DEPTH` levels.
    """
    given, wanted = _counted(value, multiset, ignore_case), _counted(expected, multiset, ignore_case)
    if not given and not wanted:
        return dict.fromkeys(("f1", "precision", "recall", "jaccard"), 1.0)
    common = (given & wanted).total()
    sizes = given.total() + wanted.total()
    return {
        "f1": 2 * common / sizes,
        "precision": common / given.total() if given else 0.0,
        "recall": common / wanted.total() if wanted else 0.0,
        "jaccard": common / (sizes - common),
    }


def _counted(elements: list[Any], multiset: bool, ignore_case: bool) -> Counter[Hashable]:
    keys = [_key(element, ignore_case, 0) for element in elements]
    return Counter(keys) if multiset else Counter(dict.fromkeys(keys, 1))


def _key(value: Any, ignore_case: bool, depth: int) -> Hashable:
    """Equal for values that are equal as JSON, and only for these."""
    if isinstance(value, bool):
        return ("boolean", value)  # `True == 1` for Python
    if isinstance(value, str):
        return value.casefold() if ignore_case else value
    if not isinstance(value, list | dict):
        return value  # type: ignore[no-any-return]
    if depth == MAX_DEPTH:
        raise TooLarge(f"an element has more than {MAX_DEPTH} levels of nesting")
    if isinstance(value, list):
        return ("list", *[_key(part, ignore_case, depth + 1) for part in value])
    # Keys are names, whose case counts.
    return ("object", frozenset((key, _key(part, ignore_case, depth + 1)) for key, part in value.items()))
