"""The items of a plan read again, and held against the digests that the plan has of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from evalspec.datasets import DATASETS
from evalspec.datasets.base import HostedDatasets, ItemError, SourceItem
from evalspec.datasets.select import digest_of
from evalspec.diagnostics import WorldMovedError
from evalspec.kinds.loading import Loading
from evalspec.plan.model import PlanDataset
from evalspec.plan.values import Item

__all__ = ["verified_items"]

_SHOWN = 5


def verified_items(
    dataset: PlanDataset,
    loading: Loading,
    hosted: HostedDatasets | None = None,
    *,
    on_moved: Callable[[str], None] | None = None,
) -> Iterator[tuple[Item, str]]:
    """The plan's items in the plan's order, each with its digest.

    Items are found by id, so other items may have come or gone. Nothing is held while the dataset has the
    order it had when the plan was made; items that come earlier now wait for their turn.

    Raises WorldMovedError for items that changed or are missing, after looking through the rest of the
    dataset for more of them. With `on_moved` nothing is raised for them: it is told of each, changed items
    are given as they are now, and missing ones are left out.
    """
    moved: list[str] = []
    try:
        sources = DATASETS[dataset.type].read(dataset.fields, loading, hosted)
        for index, source in _in_order(sources, dataset.items.ids):
            if source is None:
                moved.append(f"item `{dataset.items.ids[index]}` is missing")
            else:
                digest = digest_of(source)
                if digest != dataset.items.digest_at(index):
                    moved.append(f"item `{source.item.id}` changed")
                if on_moved is not None or not moved:
                    yield source.item, digest
            if on_moved is not None and moved:
                on_moved(moved.pop())
    except ItemError as error:
        place = f"{error.place[0]}:{error.place[1]}: " if error.place else ""
        message = f"the dataset cannot be read any more: {place}{error}"
        raise WorldMovedError(message, [message]) from None
    if moved:
        shown = ", ".join(moved[:_SHOWN]) + (", …" if len(moved) > _SHOWN else "")
        count = f"{len(moved)} of {len(dataset.items)} items"
        raise WorldMovedError(f"the dataset is not what the plan says: {count} differ: {shown}", moved)


def _in_order(sources: Iterable[SourceItem], ids: Sequence[str]) -> Iterator[tuple[int, SourceItem | None]]:
    """The items named in `ids`, in that order with their index; None for one that is not there."""
    waiting: dict[str, SourceItem] = {}
    places: dict[str, int] | None = None
    index = 0
    for source in sources:
        item_id = source.item.id
        if index < len(ids) and item_id == ids[index]:
            yield index, source
            index += 1
            while index < len(ids) and ids[index] in waiting:
                yield index, waiting.pop(ids[index])
                index += 1
            continue
        if places is None:
            places = {planned: place for place, planned in enumerate(ids)}
        if places.get(item_id, -1) > index:
            waiting.setdefault(item_id, source)
    for rest in range(index, len(ids)):
        yield rest, waiting.pop(ids[rest], None)
