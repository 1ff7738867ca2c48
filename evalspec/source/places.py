"""Where each key and value of a document stands, as byte offsets: a tree shaped like the value."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evalspec.source.pointers import escape, split

Range = tuple[int, int]
"""Byte offsets of a stretch of the text: the first byte, and the one after the last."""


class Place:
    """Where a value stands, and its key (None for list elements), and everything that it holds."""

    __slots__ = ("children", "frozen", "key", "opened", "value")

    def __init__(self, key: Range | None, value: Range) -> None:
        self.key = key
        self.value = value
        self.children: dict[str, Place] | list[Place] | None = None
        self.opened = False
        """TOML: a header or a finished group of dotted keys defined this table; neither may do so again."""
        self.frozen = False
        """TOML: an inline table or array, to which nothing can be added later."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """A key that is defined a second time: its name, the second place, and the first."""

    name: str
    second: Range
    first: Range


def find(root: Place, pointer: str) -> tuple[Place, bool]:
    """The place at `pointer`, or of its nearest ancestor that has one; and whether it is the place itself."""
    current = root
    for part in split(pointer):
        children = current.children
        following: Place | None = None
        if isinstance(children, dict):
            following = children.get(part)
        elif isinstance(children, list) and part.isascii() and part.isdigit() and len(part) < 20:
            following = children[int(part)] if int(part) < len(children) else None
        if following is None:
            return current, False
        current = following
    return current, True


def pointers(root: Place) -> Iterator[str]:
    """The pointer of every place."""
    stack: list[tuple[str, Place]] = [("", root)]
    while stack:
        pointer, place = stack.pop()
        yield pointer
        if isinstance(place.children, dict):
            stack.extend((f"{pointer}/{escape(key)}", child) for key, child in place.children.items())
        elif isinstance(place.children, list):
            stack.extend((f"{pointer}/{index}", child) for index, child in enumerate(place.children))


def prune(root: Place, value: Any) -> None:
    """Forget the places that do not fit the value, so that a question about them ends at an ancestor."""
    stack: list[tuple[Place, Any]] = [(root, value)]
    while stack:
        place, current = stack.pop()
        children = place.children
        if isinstance(children, dict) and isinstance(current, dict):
            place.children = {key: child for key, child in children.items() if key in current}
            stack.extend((child, current[key]) for key, child in place.children.items())
        elif isinstance(children, list) and isinstance(current, list) and len(children) == len(current):
            stack.extend(zip(children, current, strict=True))
        else:
            place.children = None
