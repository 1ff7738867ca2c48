"""What a dataset kind is."""

import builtins
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from pydantic import Field

from evalspec.kinds.fields import KindFields
from evalspec.kinds.item_errors import At, ItemError, Place
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving
from evalspec.plan.values import Item

__all__ = [
    "At",
    "DatasetFields",
    "DatasetKind",
    "HostedDataset",
    "HostedDatasets",
    "ItemError",
    "Place",
    "SampleFields",
    "SourceItem",
]


class SampleFields(KindFields):
    """A sample of the items, keyed by item id."""

    size: int | None = Field(None, ge=1, description="How many items, at most.", examples=[150])
    rate: float | None = Field(
        None, gt=0, le=1, description="Which share of the items, between 0 and 1.", examples=[0.1]
    )
    seed: int = Field(0, description="Another seed chooses other items.")


class DatasetFields(KindFields):
    """Fields that every dataset has."""

    description: str | None = Field(None, description="What the dataset is about, for people.")
    where: str | None = Field(
        None,
        description="Only items for which this expression holds, over `input`, `expected_output`, `metadata` "
        "and `item`. An item that lacks a key it needs is left out and counted.",
        examples=["metadata.continent != 'Antarctica'"],
    )
    sample: SampleFields | None = Field(
        None,
        description="Only a sample of the items: the same ones on every machine.",
        examples=[{"size": 150, "seed": 7}, {"rate": 0.1}],
    )


@dataclass(slots=True)
class SourceItem:
    """An item and where it stands, not to be changed: in a data file (`place`) or in the spec (`at`).

    `given_id` says whether the item names its own id; otherwise the id is derived from its content, and
    `digest`, that of the content, is known already.
    """

    item: Item
    given_id: bool
    place: Place | None = None
    at: At = ()
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class HostedDataset:
    """A dataset as a server holds it at `version`; `items` are the ACTIVE ones at that moment, oldest
    first.
    """

    id: str
    name: str
    version: datetime
    items: tuple[Item, ...]


class HostedDatasets(Protocol):
    """The port to a server that keeps datasets. Raises ServiceUnreachable, ServiceRefused, and LookupError
    for a dataset that is not there."""

    def fetch(self, name: str, version: datetime | None) -> HostedDataset: ...


F = TypeVar("F", bound=DatasetFields)


@dataclass(frozen=True, slots=True)
class DatasetKind(Generic[F]):
    """One kind of dataset: its fields, how it is resolved, and how its items are read.

    `read` yields every item before selection; it may raise ItemError at any item. It gets the resolved
    fields, and the port where the dataset is `hosted`.
    """

    type: str
    fields: builtins.type[F]
    resolve: Callable[[F, Resolving], Resolved]
    read: Callable[[dict[str, Any], Loading, HostedDatasets | None], Iterator[SourceItem]]
    hosted: bool = False
