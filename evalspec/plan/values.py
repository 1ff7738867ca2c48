"""The values an evaluation moves about: JSON trees, and dataset items made of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"

ITEM_FIELDS = ("id", "input", "expected_output", "metadata")


@dataclass(slots=True, unsafe_hash=True)
class Item:
    """One dataset item, as task and evaluators see it; not to be changed.

    Fields can be read as attributes and by key (`item.input`, `item["input"]`), because functions written for
    Langfuse experiments use either. An expected output or metadata that is absent is None.
    """

    id: str
    input: Any
    expected_output: Any = None
    metadata: Any = None

    def __getitem__(self, key: str) -> Any:
        if key in ITEM_FIELDS:
            return getattr(self, key)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return key in ITEM_FIELDS

    def __iter__(self) -> Iterator[str]:
        return iter(ITEM_FIELDS)

    def get(self, key: str, default: Any = None) -> Any:
        """The field `key`, or `default` where an item has no such field."""
        return getattr(self, key) if key in ITEM_FIELDS else default

    def keys(self) -> tuple[str, ...]:
        """The names of an item's fields."""
        return ITEM_FIELDS

    def as_dict(self) -> dict[str, Any]:
        """The item as a plain tree."""
        return {key: getattr(self, key) for key in ITEM_FIELDS}

    @classmethod
    def from_mapping(cls, value: Mapping[str, Any]) -> "Item":
        """The item of a plain tree that is known to be well-formed."""
        return cls(value["id"], value.get("input"), value.get("expected_output"), value.get("metadata"))
