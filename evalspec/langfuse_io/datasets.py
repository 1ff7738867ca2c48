"""Hosted datasets: read at a version that can be read again.

**The version of "latest"** is a timestamp at which the server shows what it shows now, to the millisecond:
the newest change of an item that is there, or, where the last change was a deletion, the moment of that,
found by bisection. It depends on the dataset alone, neither on this machine's clock nor on when it is asked
for, and lies in the past on the server's clock, so nothing can be added below it. What it gives is compared
with what the server showed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from evalspec.datasets.base import HostedDataset
from evalspec.diagnostics.errors import ServiceRefused
from evalspec.langfuse_io.client import SyncClient
from evalspec.langfuse_io.settings import LangfuseSettings
from evalspec.langfuse_io.working import workers
from evalspec.plan.canonical import canonical_json
from evalspec.plan.values import Item

PAGE = 100
_TRIES = 3
_MILLISECOND = timedelta(milliseconds=1)
_FAR = timedelta(days=3650)

ServerItem = dict[str, Any]


class LangfuseDatasets:
    """The datasets of a project; the port that dataset kinds and the compiler use."""

    def __init__(self, settings: LangfuseSettings) -> None:
        self._settings = settings

    def fetch(self, name: str, version: datetime | None) -> HostedDataset:
        """The items of a dataset at a version, or at the version that "latest" is now, oldest first.

        Raises LookupError where there is no such dataset, ServiceUnreachable, and ServiceRefused.
        """
        with SyncClient(self._settings) as client:
            found = find_dataset(client, name)
            if found is None:
                raise LookupError(f"{self._settings.host} has no dataset named {name!r}")
            reading = DatasetReader(client, name)
            if version is None:
                version, items = reading.latest(parse_time(found["createdAt"]))
            else:
                items = reading.active(version)
            return HostedDataset(found["id"], name, version, tuple(as_item(item) for item in items))


def find_dataset(client: SyncClient, name: str) -> dict[str, Any] | None:
    """The server's record of a dataset; None where there is none."""
    answer = client.ask("GET", f"/v2/datasets/{quote(name, safe='')}")
    if answer.status == 404:
        return None
    found: dict[str, Any] = client.accepted(answer).json()
    return found


def as_item(item: ServerItem) -> Item:
    """A server's item as ours."""
    return Item(item["id"], item.get("input"), item.get("expectedOutput"), item.get("metadata"))


def parse_time(text: str) -> datetime:
    """A time as the API writes it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def print_time(moment: datetime) -> str:
    """A time as the API reads it, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class DatasetReader:
    """Reads the items of one dataset."""

    client: SyncClient
    name: str

    def latest(self, created: datetime) -> tuple[datetime, list[ServerItem]]:
        """The version that shows what the server shows now, and its items.

        `created` is when the dataset was made.
        """
        for _ in range(_TRIES):
            shown = self.active(None)
            for version in self._candidates(shown, created):
                items = self.active(version)
                if _same(items, shown):
                    return version, items
        raise ServiceRefused(
            f"dataset {self.name!r} on {self.client.settings.host} kept changing while it was read"
        )

    def _candidates(self, shown: list[ServerItem], created: datetime) -> Iterator[datetime]:
        """Versions at which the server may show what it shows now, the likeliest first.

        Times are told in milliseconds and may have been cut off to them, hence the next one as well.
        """
        newest = self._newest_change(shown, created)
        yield newest
        yield newest + _MILLISECOND
        # The last change took something away: it shows in items that are archived, or not at all.
        everything = list(self.items(datetime.now(UTC) + _FAR))
        newest = self._newest_change(everything, created)
        yield newest
        yield newest + _MILLISECOND
        yield self._last_deletion(newest)

    def active(self, version: datetime | None) -> list[ServerItem]:
        """The items that are ACTIVE at a version, or now: oldest first, by id where two are of one moment."""
        found = [item for item in self.items(version) if item["status"] == "ACTIVE"]
        return sorted(found, key=lambda item: (item["createdAt"], item["id"]))

    def items(self, version: datetime | None) -> Iterator[ServerItem]:
        """All items at a version (archived ones included), or those shown now."""
        first = self._page(version, 1, PAGE)
        yield from first["data"]
        pages = range(2, first["meta"]["totalPages"] + 1)
        with workers() as pool:
            for answer in pool.map(lambda page: self._page(version, page, PAGE), pages):
                yield from answer["data"]

    def _page(self, version: datetime | None, page: int, limit: int) -> Any:
        wanted: dict[str, Any] = {"datasetName": self.name, "page": page, "limit": limit}
        if version is not None:
            wanted["version"] = print_time(version)
        return self.client.get("/dataset-items", wanted)

    def _count(self, version: datetime) -> int:
        count: int = self._page(version, 1, 1)["meta"]["totalItems"]
        return count

    def _newest_change(self, items: list[ServerItem], created: datetime) -> datetime:
        return max([created, *(parse_time(item["updatedAt"]) for item in items)])

    def _last_deletion(self, known: datetime) -> datetime:
        """The earliest millisecond after `known` from which on as many items are there as now."""
        now = self.client.ask("GET", "/health").date or datetime.now(UTC)
        # The server's clock is told in whole seconds, so a second more is certain to include what has
        # happened.
        low, high = known, max(now, known) + timedelta(seconds=1)
        final = self._count(high)
        while high - low > _MILLISECOND:
            middle = low + (high - low) / 2
            middle = middle.replace(microsecond=middle.microsecond // 1000 * 1000)
            if middle in (low, high):
                break
            if self._count(middle) == final:
                high = middle
            else:
                low = middle
        return high


def _same(items: list[ServerItem], others: list[ServerItem]) -> bool:
    """Whether two readings show the same items with the same content, in whatever order."""
    return _content(items) == _content(others)


def _content(items: list[ServerItem]) -> dict[str, bytes]:
    return {item["id"]: content_of(as_item(item)) for item in items}


def content_of(item: Item) -> bytes:
    """What an item holds, in a form that is equal for equal JSON."""
    try:
        return canonical_json([item.input, item.expected_output, item.metadata])
    except ValueError:
        # The server may hold what we would not take; equal texts are enough to compare it with itself.
        return repr((item.input, item.expected_output, item.metadata)).encode()
