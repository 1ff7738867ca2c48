"""Python values as JSON trees: what user code returns, in a form that can be kept, digested and sent."""

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from enum import Enum
from pathlib import PurePath
from typing import Any, Final, NoReturn
from uuid import UUID

from evalspec.plan.canonical import MAX_DEPTH, canonical_json
from evalspec.plan.values import Item, JsonValue

__all__ = ["MAX_DEPTH", "MAX_INTEGER", "MAX_VALUES", "NotJson", "fresh", "fresh_item", "to_json"]

MAX_VALUES: Final = 5_000_000
"""How many values one tree may hold; a structure that shares its branches can be far larger than it looks."""

MAX_INTEGER: Final = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (RFC 7493, section 2.2)."""

_Steps = tuple[str | int, ...]


class NotJson(ValueError):
    """A value has no JSON form. `pointer` (RFC 6901) leads to it inside the value that was given."""

    def __init__(self, message: str, pointer: str) -> None:
        self.message = message
        self.pointer = pointer
        super().__init__(f"{message} (at {pointer or 'the top'})")


def to_json(value: Any) -> JsonValue:
    """`value` as a JSON tree of plain built-in types, which shares nothing mutable with it.

    Dataclasses, pydantic models, named tuples and mappings become objects; other sequences arrays; sets
    arrays in the order of their members' JSON; enum members their value; dates and times RFC 3339 text; UUIDs
    and paths text; numpy-like scalars and arrays (anything with `dtype` and `tolist`) what their `tolist`
    gives.

    Raises NotJson for everything else: bytes, Decimal and timedelta (there is more than one way to write
    them), NaN and infinities, integers beyond 2^53-1, keys that are not text, half surrogate pairs,
    iterators, cycles.
    """
    if type(value) is str and value.isascii():
        return value
    tree: JsonValue = _Walk().value(value, ())
    return tree


def fresh(tree: Any) -> Any:
    """A copy of a JSON tree, so that whoever changes it changes nothing for others."""
    kind = type(tree)
    if kind is dict:
        return {key: fresh(child) for key, child in tree.items()}
    if kind is list:
        return [fresh(child) for child in tree]
    return tree


def fresh_item(item: Item) -> Item:
    """A copy of an item that shares nothing mutable with it."""
    return Item(item.id, fresh(item.input), fresh(item.expected_output), fresh(item.metadata))


def _refuse(message: str, steps: _Steps) -> NoReturn:
    pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    raise NotJson(message, pointer)


class _Walk:
    """One conversion: counts the values and knows the containers it is inside of."""

    def __init__(self) -> None:
        self._left = MAX_VALUES
        self._inside: set[int] = set()

    def value(self, value: Any, steps: _Steps) -> Any:
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is str:
            return self._text(value, steps)
        if kind is int:
            return self._integer(value, steps)
        if kind is float:
            return self._number(value, steps)
        if kind is dict or kind is list or kind is tuple:
            return self._container(value, steps)
        return self._other(value, steps)

    def _text(self, value: str, steps: _Steps) -> str:
        # Not str(value): an enum member prints its name there.
        text = str.__str__(value)
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                _refuse("the text holds half of a surrogate pair, which is no character", steps)
        return text

    def _integer(self, value: int, steps: _Steps) -> int:
        if abs(value) > MAX_INTEGER:
            _refuse("an integer beyond 2^53-1 does not survive in JSON; return it as text", steps)
        return int(value)

    def _number(self, value: float, steps: _Steps) -> float:
        if not math.isfinite(value):
            _refuse("NaN and infinities are not JSON numbers", steps)
        return float(value)

    def _container(self, value: Any, steps: _Steps) -> Any:
        if len(steps) >= MAX_DEPTH:
            _refuse(f"the value is nested more than {MAX_DEPTH} levels deep", steps)
        if id(value) in self._inside:
            _refuse("the value contains itself", steps)
        self._left -= len(value) + 1
        if self._left < 0:
            _refuse(f"the value holds more than {MAX_VALUES:,} values", steps)
        self._inside.add(id(value))
        try:
            if isinstance(value, Mapping):
                return self._object(value, steps)
            if isinstance(value, tuple) and hasattr(value, "_fields"):
                return self._object(dict(zip(value._fields, value, strict=True)), steps)
            return [self.value(child, (*steps, index)) for index, child in enumerate(value)]
        finally:
            self._inside.discard(id(value))

    def _object(self, value: Mapping[Any, Any], steps: _Steps) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, child in value.items():
            if not isinstance(key, str):
                _refuse(f"the key {key!r:.80} is {_a(type(key).__name__)} and not text", steps)
            name = self._text(key, steps)
            result[name] = self.value(child, (*steps, name))
        return result

    def _other(self, value: Any, steps: _Steps) -> Any:
        if isinstance(value, Enum):
            return self.value(value.value, steps)
        if isinstance(value, Item):
            return self._container(value.as_dict(), steps)
        if is_dataclass(value) and not isinstance(value, type):
            return self._container({field.name: getattr(value, field.name) for field in fields(value)}, steps)
        if hasattr(value, "dtype") and callable(getattr(value, "tolist", None)):
            return self.value(value.tolist(), steps)
        if callable(getattr(value, "model_dump", None)) and not isinstance(value, type):
            return self.value(value.model_dump(mode="json"), steps)
        if isinstance(value, str):
            return self._text(value, steps)
        if isinstance(value, int):
            return self._integer(value, steps)
        if isinstance(value, float):
            return self._number(value, steps)
        if isinstance(value, datetime | date | time):
            return _moment(value)
        if isinstance(value, UUID | PurePath):
            return self._text(str(value), steps)
        if isinstance(value, Set):
            return self._set(value, steps)
        if isinstance(value, Mapping) or (
            isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview)
        ):
            return self._container(value, steps)
        _refuse(
            f"{_a(type(value).__name__)} has no one JSON form; return a dict, a list, text or a number", steps
        )

    def _set(self, value: Set[Any], steps: _Steps) -> list[Any]:
        members = [self.value(child, (*steps, index)) for index, child in enumerate(value)]
        return sorted(members, key=canonical_json)


def _moment(value: date | time) -> str:
    """RFC 3339 §5.6: `Z` for the offset zero."""
    text = value.isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def _a(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
