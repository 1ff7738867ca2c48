"""JSON pointers (RFC 6901): the address of a value inside a tree of tables and lists.

The empty pointer is the whole tree; `/evaluators/exact/score` a place below it. `~` and `/` inside a key are
written `~0` and `~1`.
"""

from collections.abc import Iterator
from typing import Any


def escape(part: str) -> str:
    """One key as it stands inside a pointer."""
    if "~" in part or "/" in part:
        return part.replace("~", "~0").replace("/", "~1")
    return part


def join(pointer: str, *parts: str | int) -> str:
    """The pointer of what lies below `pointer` at the keys or list positions `parts`."""
    return pointer + "".join("/" + escape(str(part)) for part in parts)


def split(pointer: str) -> tuple[str, ...]:
    """The keys and list positions of a pointer, unescaped. ValueError when it is no pointer."""
    if pointer == "":
        return ()
    if not pointer.startswith("/"):
        raise ValueError(f"a JSON pointer is empty or starts with '/', not {pointer!r}")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/"))


def parent(pointer: str) -> str | None:
    """The pointer of the table or list that holds this value; None for the whole tree."""
    return pointer.rpartition("/")[0] if pointer else None


def get(value: Any, pointer: str) -> Any:
    """The value at `pointer`. KeyError when there is nothing there."""
    for part in split(pointer):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and _is_index(part) and int(part) < len(value):
            value = value[int(part)]
        else:
            raise KeyError(pointer)
    return value


def walk(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a tree with its pointer, in the order of the file: tables before what they hold."""
    stack: list[tuple[str, Any]] = [(pointer, value)]
    while stack:
        place, current = stack.pop()
        yield place, current
        if isinstance(current, dict):
            stack.extend((f"{place}/{escape(key)}", current[key]) for key in reversed(current))
        elif isinstance(current, list):
            stack.extend((f"{place}/{index}", current[index]) for index in range(len(current) - 1, -1, -1))


def _is_index(part: str) -> bool:
    # RFC 6901 §4: digits without a leading zero, ASCII only, and short enough for int() to take.
    return part.isascii() and part.isdigit() and (part == "0" or part[0] != "0") and len(part) < 20
