"""Comparing JSON values: where they first differ, with parts that do not count.

Equality is that of `exact_match`: 1 and 1.0 are equal, true and 1 are not. What is nested deeper than
`MAX_DEPTH` is TooLarge, always at the same depth.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evalspec.kinds.bounded import TooLarge

__all__ = ["MAX_DEPTH", "MAX_PAIRS", "Comparison", "first_difference", "same", "size_of", "steps_of"]

MAX_DEPTH: Final = 250
"""Levels of nesting."""
MAX_PAIRS: Final = 500_000
"""The greatest product of two sizes where every element may have to be compared with every other."""
MAX_UNORDERED: Final = 50_000
"""The most values in two trees that are compared without order."""

_LONGEST: Final = 100
"""Characters of a value in a sentence."""

Steps = tuple[str, ...]
Rules = frozenset[Steps]
"""What is still to come of the paths that are ignored; one that is empty is here."""


def size_of(value: Any) -> int:
    """How many values a tree has, itself included. Raises TooLarge."""
    count, level, depth = 0, [value], 0
    while level:
        if depth > MAX_DEPTH:
            raise TooLarge(f"a value is nested deeper than {MAX_DEPTH} levels")
        count += len(level)
        level = [child for parent in level for child in _children(parent)]
        depth += 1
    return count


def _children(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else ()


def steps_of(path: str) -> Steps:
    """The steps of a JSON pointer (RFC 6901), in which `*` is any one step and `**` any number of them."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:])


@dataclass(frozen=True)
class Comparison:
    """What counts as equal: `rules` are the steps of ignored paths, the tolerances those of
    `numeric_close`."""

    rules: Rules = frozenset()
    ignore_order: bool = False
    absolute: float = 0.0
    relative: float = 0.0

    @property
    def tolerant(self) -> bool:
        """Whether numbers that are not equal may count as equal."""
        return self.absolute > 0 or self.relative > 0


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal. Raises TooLarge."""
    return first_difference(left, right, Comparison()) is None


def first_difference(value: Any, expected: Any, how: Comparison) -> str | None:
    """Where two values differ first, in one sentence with a JSON pointer into `value`; None where nowhere.

    The keys of objects are looked at in sorted order. Raises TooLarge.
    """
    size = size_of(value) + size_of(expected)
    if how.ignore_order and size > MAX_UNORDERED:
        raise TooLarge(f"there are {size:,} values to compare without order, more than {MAX_UNORDERED:,}")
    rules = _closed(how.rules)
    return next(_differences(value, rules, expected, rules, how, ""), None)


def _closed(rules: Rules) -> Rules:
    """With what is left of a rule where its `**` stands for nothing."""
    found = set(rules)
    for rule in rules:
        while rule and rule[0] == "**":
            rule = rule[1:]
            found.add(rule)
    return frozenset(found)


def _below(rules: Rules, step: str) -> Rules:
    if not rules:
        return rules
    found = {rule[1:] for rule in rules if rule and rule[0] in (step, "*")}
    found |= {rule for rule in rules if rule and rule[0] == "**"}
    return _closed(frozenset(found))


def _elements(value: list[Any], rules: Rules) -> list[tuple[int, Any, Rules]]:
    """The elements that count, each with its index and the rules below it."""
    below = ((index, part, _below(rules, str(index))) for index, part in enumerate(value))
    return [found for found in below if () not in found[2]]


def _members(value: dict[str, Any], rules: Rules) -> dict[str, tuple[Any, Rules]]:
    below = ((key, (part, _below(rules, key))) for key, part in value.items())
    return {key: found for key, found in below if () not in found[1]}


def _differences(
    value: Any, rules: Rules, expected: Any, others: Rules, how: Comparison, at: str
) -> Iterator[str]:
    if isinstance(value, dict) and isinstance(expected, dict):
        left, right = _members(value, rules), _members(expected, others)
        for key in sorted(left.keys() | right.keys()):
            place = f"{at}/{key.replace('~', '~0').replace('/', '~1')}"
            if key not in left:
                yield f"{place} is missing"
            elif key not in right:
                yield f"{place} is not expected"
            else:
                yield from _differences(*left[key], *right[key], how, place)
    elif isinstance(value, list) and isinstance(expected, list):
        ours, theirs = _elements(value, rules), _elements(expected, others)
        if how.ignore_order:
            yield from _unordered(ours, theirs, how, at)
            return
        for (index, part, below), (_, other, beside) in zip(ours, theirs, strict=False):
            yield from _differences(part, below, other, beside, how, f"{at}/{index}")
        if len(ours) != len(theirs):
            yield f"{_place(at)} has {len(ours)} elements and not {len(theirs)}"
    elif not _equal(value, expected, how):
        yield f"{_place(at)} is {_shown(value)} and not {_shown(expected)}"


def _equal(value: Any, expected: Any, how: Comparison) -> bool:
    if isinstance(value, bool) or isinstance(expected, bool):
        return value is expected
    if how.tolerant and isinstance(value, int | float) and isinstance(expected, int | float):
        return abs(value - expected) <= max(how.absolute, how.relative * abs(expected))
    return bool(value == expected)


def _unordered(
    ours: list[tuple[int, Any, Rules]], theirs: list[tuple[int, Any, Rules]], how: Comparison, at: str
) -> Iterator[str]:
    """Differences of two lists whose order does not count."""
    if how.tolerant:
        lonely = _unmatched(ours, theirs, how)
        found = None if lonely is None else theirs[lonely]
    else:
        # Equality is an equivalence here, so that equal elements have equal texts.
        left = Counter(_canonical(part, below) for _, part, below in ours)
        right = [(_canonical(part, below), (index, part, below)) for index, part, below in theirs]
        found = None
        for text, element in right:
            left[text] -= 1
            if left[text] < 0:
                found = element
                break
    if found is not None:
        yield f"{_place(at)} has no element {_shown(found[1])}"
    elif len(ours) != len(theirs):
        yield f"{_place(at)} has {len(ours)} elements and not {len(theirs)}"


def _canonical(value: Any, rules: Rules) -> str:
    if isinstance(value, dict):
        members = sorted((key, _canonical(*found)) for key, found in _members(value, rules).items())
        return "{" + ",".join(f"{json.dumps(key)}:{text}" for key, text in members) + "}"
    if isinstance(value, list):
        return (
            "["
            + ",".join(sorted(_canonical(part, below) for _, part, below in _elements(value, rules)))
            + "]"
        )
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value)


def _unmatched(
    ours: list[tuple[int, Any, Rules]], theirs: list[tuple[int, Any, Rules]], how: Comparison
) -> int | None:
    """The first of `theirs` that is left over when as many as possible are paired with one of `ours`.

    With a tolerance 1 may equal 2 and 2 equal 3 while 1 does not equal 3, so that taking the first that fits
    is not enough: paths that augment the matching are sought (Berge 1957), breadth first.
    """
    fits = [
        [
            index
            for index, (_, part, below) in enumerate(ours)
            if next(_differences(part, below, other, beside, how, ""), None) is None
        ]
        for _, other, beside in theirs
    ]
    partner: dict[int, int] = {}
    for start in range(len(theirs)):
        came_from: dict[int, int] = {}
        queue, free = [start], None
        while queue and free is None:
            current = queue.pop(0)
            for index in fits[current]:
                if index in came_from:
                    continue
                came_from[index] = current
                if index not in partner:
                    free = index
                    break
                queue.append(partner[index])
        if free is None:
            return start
        _turn(partner, came_from, free, start)
    return None


def _turn(partner: dict[int, int], came_from: dict[int, int], free: int, start: int) -> None:
    """Pair the ends of a path anew, from the free one back to where it began."""
    previous = {of: index for index, of in partner.items()}
    index: int | None = free
    while index is not None:
        current = came_from[index]
        partner[index] = current
        index = None if current == start else previous[current]


def _place(at: str) -> str:
    return at or "the whole"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
