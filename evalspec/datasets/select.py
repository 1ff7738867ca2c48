"""Reading a dataset whole, and selecting the items of a plan from it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from evalspec.datasets.base import DatasetKind, HostedDatasets, ItemError, SourceItem
from evalspec.datasets.checks import WHERE_NAMES
from evalspec.datasets.items import item_digest
from evalspec.datasets.sampling import sample_by_rate, sample_by_size
from evalspec.kinds.loading import Loading
from evalspec.kinds.wording import clause
from evalspec.plan.document import items_digest
from evalspec.plan.items import PlanItems
from evalspec.plan.values import Item
from evalspec.templates import EvaluationError, Expression, MissingKey, compile_expression

__all__ = [
    "SampleLike",
    "Selection",
    "digest_of",
    "read_items",
    "select_items",
]


_MAX_TWICE = 20


class SampleLike(Protocol):
    """A sample as a spec or a plan holds it: a size or a rate, and a seed."""

    @property
    def size(self) -> int | None: ...
    @property
    def rate(self) -> float | None: ...
    @property
    def seed(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Selection:
    """What was selected: how many items there were, how many `where` could not decide, and the items in
    order.
    """

    available: int
    unselectable: int
    items: PlanItems

    @property
    def digest(self) -> str:
        """The digest over the ids and digests of the items, in order."""
        return items_digest(self.items)


def read_items(
    kind: DatasetKind[Any], fields: dict[str, Any], loading: Loading, hosted: HostedDatasets | None = None
) -> Iterator[SourceItem]:
    """Every item of a dataset before selection; two with the same id are an ItemError, with whatever else is
    wrong after them.

    Holds the ids. Raises ItemError, LookupError for a hosted dataset that is not there, ServiceUnreachable.
    """
    seen: set[str] = set()
    again: list[SourceItem] = []
    others: tuple[ItemError, ...] = ()
    try:
        for source in kind.read(fields, loading, hosted):
            if source.item.id in seen:
                again.append(source)
                if len(again) == _MAX_TWICE:
                    break
            else:
                seen.add(source.item.id)
                if not again:
                    yield source
    except ItemError as error:
        if not again:
            raise
        others = (error, *error.more)
    if again:
        firsts = _firsts({source.item.id for source in again}, kind.read(fields, loading, hosted))
        first, *rest = (_twice(source, firsts[source.item.id]) for source in again)
        first.more = (*rest, *others)
        raise first


def _firsts(wanted: set[str], sources: Iterable[SourceItem]) -> dict[str, SourceItem]:
    """The first item of each of these ids."""
    found: dict[str, SourceItem] = {}
    for source in sources:
        if source.item.id in wanted:
            found.setdefault(source.item.id, source)
            if len(found) == len(wanted):
                break
    return found


def _twice(second: SourceItem, first: SourceItem) -> ItemError:
    item_id = second.item.id
    where = first.place or first.at or None
    there = f" (as in line {first.place[1]})" if first.place else ""
    if second.given_id or first.given_id:
        at = (*second.at, "id") if second.at else ()
        message = f"the id `{item_id}` is given a second time{there}"
        return ItemError(
            "duplicate-item-id", message, second.place, at=at, expected="each id once", first=where
        )
    message = f"an item with the same content is there already{there}"
    expected = "an `id` for each, if both are meant"
    return ItemError("duplicate-item", message, second.place, at=second.at, expected=expected, first=where)


def select_items(
    items: Iterable[SourceItem], where: str | None = None, sample: SampleLike | None = None
) -> Selection:
    """The items for which `where` holds, or a sample of these.

    An item for which `where` meets a missing key is not selected, and counted. Raises ItemError where the
    expression gives something else than true or false.
    """
    counter = _Counter(compile_expression(where, WHERE_NAMES) if where is not None else None)
    kept = counter.keep(items)
    if sample is not None and sample.rate is not None:
        seed, rate = sample.seed, sample.rate
        kept = (source for source in kept if sample_by_rate(seed, rate, source.item.id))
    selected = PlanItems()
    if sample is not None and sample.size is not None:
        keyed = ((source.item.id, source) for source in kept)
        for item_id, source in sample_by_size(sample.seed, sample.size, keyed):
            selected.append(item_id, digest_of(source))
    else:
        for source in kept:
            selected.append(source.item.id, digest_of(source))
    return Selection(counter.available, counter.unselectable, selected)


def digest_of(source: SourceItem) -> str:
    """The digest of an item's content, computed if it is not known yet. Raises ItemError."""
    return source.digest or item_digest(source.item, source.place, source.at)


class _Counter:
    """Applies `where`, counting."""

    def __init__(self, where: Expression | None) -> None:
        self._where = where
        self.available = 0
        self.unselectable = 0

    def keep(self, items: Iterable[SourceItem]) -> Iterator[SourceItem]:
        for source in items:
            self.available += 1
            if self._where is None or self._holds(self._where, source.item):
                yield source

    def _holds(self, where: Expression, item: Item) -> bool:
        scope = {
            "input": item.input,
            "expected_output": item.expected_output,
            "metadata": item.metadata,
            "item": item.as_dict(),
        }
        try:
            value = where.evaluate(scope)
        except MissingKey:
            self.unselectable += 1
            return False
        except EvaluationError as error:
            message = f"`where` cannot be decided for the item `{item.id}`: {clause(error.message)}"
            raise ItemError("wrong-value", message, at=("where",)) from None
        if not isinstance(value, bool):
            message = f"`where` gives neither true nor false for the item `{item.id}`"
            raise ItemError(
                "wrong-type", message, at=("where",), expected="a condition, such as a comparison"
            )
        return value
