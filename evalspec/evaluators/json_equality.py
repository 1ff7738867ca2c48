"""The work of `json_equal` and `json_path_match` on what a model wrote; for a worker."""

from typing import Any, Final

from evalspec.evaluators.json_comparing import (
    MAX_PAIRS,
    Comparison,
    first_difference,
    same,
    size_of,
    steps_of,
)
from evalspec.evaluators.json_texts import read_if_text
from evalspec.kinds.bounded import TooLarge

__all__ = ["MAX_SEARCHED", "difference", "selected"]

MAX_SEARCHED: Final = 10_000
"""The most values in a tree in which a query is looked for."""


def difference(
    value: Any,
    expected: Any,
    parse_text: bool,
    ignore: list[str],
    ignore_order: bool,
    absolute: float,
    relative: float,
) -> str | None:
    """What `json_equal` comments. Raises Refused and TooLarge."""
    if parse_text:
        value, expected = read_if_text("value", value), read_if_text("expected", expected)
    rules = frozenset(steps_of(path) for path in ignore)
    how = Comparison(rules, ignore_order, absolute, relative)
    if ignore_order and how.tolerant:
        pairs = size_of(value) * size_of(expected)
        if pairs > MAX_PAIRS:
            raise TooLarge(f"there are {pairs:,} pairs to compare without order, more than {MAX_PAIRS:,}")
    return first_difference(value, expected, how)


def selected(path: str, value: Any, expected: Any, match: str, parse_text: bool) -> list[Any]:
    """What `json_path_match` gives and comments. Raises Refused and TooLarge."""
    from jsonpath import JSONPathEnvironment

    if parse_text:
        value = read_if_text("value", value)
    size = size_of(value)
    if size > MAX_SEARCHED:
        raise TooLarge(f"the value has {size:,} parts, more than {MAX_SEARCHED:,}")
    # The package would read text as JSON. Only the root itself can be selected there, as in a number.
    query = JSONPathEnvironment(strict=True).compile(path)
    nodes = query.finditer(0 if isinstance(value, str) else value)
    found = [value if isinstance(value, str) else node.obj for node in nodes]
    if not found:
        return [False, f"`{path}` selects nothing"]
    if match == "one" and len(found) > 1:
        return [False, f"`{path}` selects {len(found):,} values"]
    equal = sum(1 for one in found if same(one, expected))
    if equal == len(found) or (match == "any" and equal):
        return [True, None]
    return [False, f"{equal:,} of the {len(found):,} values at `{path}` are equal to what is expected"]
