"""Rows of a table (CSV, Parquet) as rows of items: which column goes where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalspec.datasets.base import ItemError, Place
from evalspec.diagnostics import closest
from evalspec.kinds.json_rows import decode_cell
from evalspec.plan.values import ITEM_FIELDS

__all__ = ["Columns"]

Mapped = Mapping[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class _Target:
    """Where the cell at `index` goes: a field of the item, or a key (of a key …) in it."""

    index: int
    header: str
    path: tuple[str, ...]
    is_json: bool


class Columns:
    """Turns the cells of a row into the tree of an item.

    Without a mapping a column is named as the field it holds (`input`), or as a key in it
    (`input.question`). With one, each field names its column, or a list of columns that become the keys of
    an object; other columns are left out. Cells of `json_columns` are JSON, and empty ones of them are
    absent; so is an empty id.
    """

    def __init__(
        self, header: Sequence[str], mapped: Mapped | None, json_columns: Sequence[str], place: Place
    ) -> None:
        twice = next((name for index, name in enumerate(header) if name in header[:index]), None)
        if twice is not None:
            raise ItemError("item-shape", f"two columns are called `{twice}`", place)
        for index, name in enumerate(json_columns):
            if name not in header:
                raise _no_column(name, header, ("json_columns", index))
        paths = _by_name(header, place) if mapped is None else _by_mapping(header, mapped)
        self._targets = tuple(
            _Target(header.index(name), name, path, name in json_columns) for name, path in paths.items()
        )
        self.width = len(header)

    @property
    def headers(self) -> tuple[str, ...]:
        """The columns that are used."""
        return tuple(target.header for target in self._targets)

    def row(self, cells: Sequence[Any], place: Place) -> dict[str, Any]:
        """The tree of an item. Raises ItemError for a cell that is not the JSON it should be."""
        row: dict[str, Any] = {}
        for target in self._targets:
            value = cells[target.index]
            if target.is_json:
                if value is None or value == "":
                    continue
                value = self._decoded(value, target, place)
            if target.path == ("id",) and (value is None or value == ""):
                continue
            holder = row
            for key in target.path[:-1]:
                holder = holder.setdefault(key, {})
            holder[target.path[-1]] = value
        return row

    def _decoded(self, value: Any, target: _Target, place: Place) -> Any:
        if not isinstance(value, str):
            message = f"the cell in `{target.header}` is not text, so it cannot be JSON"
            raise ItemError("item-syntax", message, place)
        return decode_cell(value, target.header, place)


def _by_name(header: Sequence[str], place: Place) -> dict[str, tuple[str, ...]]:
    paths: dict[str, tuple[str, ...]] = {}
    for name in header:
        path = tuple(name.split("."))
        if path[0] not in ITEM_FIELDS or not all(path) or (path[0] == "id" and len(path) > 1):
            raise ItemError(
                "item-shape",
                f"the column `{name}` is no field of an item",
                place,
                expected="`id`, `input`, `expected_output`, `metadata`, a key such as `input.question`, or "
                "a table `columns` in the spec",
                suggestion=closest(name, ITEM_FIELDS),
            )
        paths[name] = path
    for name, path in paths.items():
        for other, longer in paths.items():
            if len(longer) > len(path) and longer[: len(path)] == path:
                message = f"the column `{name}` holds all of what `{other}` is a part of"
                raise ItemError("item-shape", message, place)
    return paths


def _by_mapping(header: Sequence[str], mapped: Mapped) -> dict[str, tuple[str, ...]]:
    paths: dict[str, tuple[str, ...]] = {}
    for field, names in mapped.items():
        listed = [names] if isinstance(names, str) else names
        for index, name in enumerate(listed):
            at = ("columns", field) if isinstance(names, str) else ("columns", field, index)
            if name not in header:
                raise _no_column(name, header, at)
            if name in paths:
                raise ItemError("wrong-value", f"the column `{name}` is used twice", at=at)
            paths[name] = (field,) if isinstance(names, str) else (field, name)
    return paths


def _no_column(name: str, header: Sequence[str], at: tuple[str | int, ...]) -> ItemError:
    known = ", ".join(f"`{column}`" for column in header[:20])
    near = closest(name, header)
    return ItemError(
        "wrong-value",
        f"there is no column `{name}`",
        at=at,
        suggestion=near,
        expected=None if near else f"one of {known}",
    )
