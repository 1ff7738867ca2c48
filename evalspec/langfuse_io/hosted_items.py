"""Items of ours on a server, and back: ids and metadata.

A pushed item's id is derived from the dataset's name and its own id (ids are unique per project there). Its
own id stands in its metadata under `evalspec_item_id`; metadata that is no object, or is empty, or uses one
of the two keys itself, moves below `evalspec_metadata`. So what is pulled is what was pushed.
"""

from typing import Any

from evalspec.journal.ids import hosted_item_id
from evalspec.plan.values import Item

ITEM_ID = "evalspec_item_id"
METADATA = "evalspec_metadata"


def hosted_metadata(item: Item) -> dict[str, Any]:
    """The metadata of an item's hosted copy."""
    own = item.metadata
    if own is None:
        return {ITEM_ID: item.id}
    if isinstance(own, dict) and own and ITEM_ID not in own and METADATA not in own:
        return {**own, ITEM_ID: item.id}
    return {METADATA: own, ITEM_ID: item.id}


def restored(dataset: str, item: Item) -> Item:
    """The item of which a hosted item is the copy; a hosted item that is no copy is itself."""
    metadata = item.metadata
    if not isinstance(metadata, dict) or not isinstance(metadata.get(ITEM_ID), str):
        return item
    own_id = metadata[ITEM_ID]
    if hosted_item_id(dataset, own_id) != item.id:
        return item
    rest = {key: value for key, value in metadata.items() if key != ITEM_ID}
    own = rest.get(METADATA, rest or None)
    return Item(own_id, item.input, item.expected_output, own)


def copy_of(dataset: str, item: Item) -> Item:
    """The item's hosted copy."""
    return Item(hosted_item_id(dataset, item.id), item.input, item.expected_output, hosted_metadata(item))
