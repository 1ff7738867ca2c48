"""From a row of data to an item: its shape, its id, its digest."""

import re
from collections.abc import Mapping
from typing import Any, Final

from evalspec.datasets.base import At, ItemError, Place, SourceItem
from evalspec.diagnostics import closest
from evalspec.kinds.wording import clause
from evalspec.plan.canonical import NotCanonical, canonical_json, digest_bytes
from evalspec.plan.values import ITEM_FIELDS, Item

__all__ = ["MAX_ID", "item_digest", "read_item"]

MAX_ID: Final = 800
"""The longest id in characters, which is Langfuse's limit for ids."""

_OTHER_NAMES: Final = {
    "answer": "expected_output",
    "expected": "expected_output",
    "ideal": "expected_output",
    "label": "expected_output",
    "output": "expected_output",
    "reference": "expected_output",
    "target": "expected_output",
    "inputs": "input",
    "prompt": "input",
    "question": "input",
    "meta": "metadata",
    "tags": "metadata",
    "key": "id",
    "uuid": "id",
}
_PARTS: Final = ("input", "expected_output", "metadata")
_DERIVED_DIGITS: Final = 16
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and halves of surrogate pairs."""


def read_item(row: Any, place: Place | None = None, at: At = ()) -> SourceItem:
    """The item of a JSON tree with `input` and perhaps `id`, `expected_output`, `metadata`.

    Ids that are whole numbers become text. Raises ItemError.
    """
    if not isinstance(row, dict):
        message = f"an item is an object, and this is {_kind(row)}"
        raise ItemError("item-shape", message, place, at=at, expected='`{"input": …}`')
    unknown = next((key for key in row if key not in ITEM_FIELDS), None)
    if unknown is not None:
        free = [name for name in ITEM_FIELDS if name not in row]
        raise ItemError(
            "item-shape",
            f"an item has no field `{unknown}`",
            place,
            at=at,
            expected="`id`, `input`, `expected_output`, `metadata`; anything else belongs into `metadata`",
            suggestion=closest(unknown, free) or _other_name(unknown, free),
        )
    if "input" not in row:
        raise ItemError("item-shape", "the item has no `input`", place, at=at)
    if row.get("id") is not None:
        item = Item(_given_id(row["id"], place, at), *_parts(row))
        return SourceItem(item, True, place, at)
    digest_ = item_digest(Item("", *_parts(row)), place, at)
    derived = "item-" + digest_.removeprefix("sha256:")[:_DERIVED_DIGITS]
    return SourceItem(Item(derived, *_parts(row)), False, place, at, digest_)


def item_digest(item: Item, place: Place | None = None, at: At = ()) -> str:
    """The digest of an item's content: of the canonical JSON of the list of input, expected output and
    metadata. Its id is not part of it, and a part that is absent counts as null.

    Raises ItemError for a number that does not survive canonical JSON, and for text that is no text.
    """
    parts: list[bytes] = []
    for name, value in zip(_PARTS, (item.input, item.expected_output, item.metadata), strict=True):
        try:
            parts.append(canonical_json(value))
        except NotCanonical as error:
            code = "number-not-canonical" if _is_number(value, error.pointer) else "item-shape"
            message = f"`{name}{error.pointer}`: {clause(error.message)}"
            raise ItemError(code, message, place, at=(*at, name) if at else ()) from None
    return digest_bytes("item", b"[%b,%b,%b]" % tuple(parts))


def _parts(row: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return row["input"], row.get("expected_output"), row.get("metadata")


def _given_id(value: Any, place: Place | None, at: At) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        message = f"an id is text, and this one is {_kind(value)}"
    elif not value:
        message = "the id is empty"
    elif len(value) > MAX_ID:
        message = f"the id has {len(value)} characters, more than {MAX_ID}"
    elif not (unfit := _UNFIT.search(value)):
        return value
    elif "\ud800" <= unfit[0] <= "\udfff":
        message = "the id holds half of a surrogate pair, which is no character"
    else:
        message = "the id holds a control character"
    where = (*at, "id") if at else ()
    raise ItemError("item-shape", message, place, at=where, expected=f"text of 1 to {MAX_ID} characters")


def _other_name(key: str, free: list[str]) -> str | None:
    name = _OTHER_NAMES.get(key.lower())
    return name if name in free else None


def _is_number(value: Any, pointer: str) -> bool:
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]
    return isinstance(value, int | float)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(value), type(value).__name__)
