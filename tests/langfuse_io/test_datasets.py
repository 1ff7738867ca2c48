"""Reading hosted datasets: a version that was pinned shows the same items for ever."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from evalspec.diagnostics.errors import ServiceRefused
from evalspec.langfuse_io import datasets as datasets_module
from evalspec.langfuse_io.datasets import DatasetReader, LangfuseDatasets, print_time
from tests.emulator.handle import EmulatorServer
from tests.langfuse_io.helpers import settings_for

NAME = "support/ü questions"


class Hosted:
    """A dataset that people edit."""

    def __init__(self, server: EmulatorServer, http: httpx.Client) -> None:
        self.server = server
        self._http = http
        self._post("v2/datasets", {"name": NAME})

    def _post(self, path: str, body: dict[str, Any]) -> None:
        self._http.post(f"/api/public/{path}", json=body).raise_for_status()

    def keep(self, item_id: str, **fields: Any) -> None:
        self._post("dataset-items", {"datasetName": NAME, "id": item_id, **fields})

    def delete(self, item_id: str) -> None:
        self._http.delete(f"/api/public/dataset-items/{item_id}").raise_for_status()

    def fetch(self, version: datetime | None = None) -> Any:
        return LangfuseDatasets(settings_for(self.server)).fetch(NAME, version)


@pytest.fixture
def hosted(emulator: EmulatorServer) -> Iterator[Hosted]:
    with emulator.client() as http:
        dataset = Hosted(emulator, http)
        for number in range(4):
            dataset.keep(f"i{number}", input={"q": number}, expectedOutput=number, metadata={"n": number})
        yield dataset


def ids_of(dataset: Any) -> list[str]:
    return [item.id for item in dataset.items]


def test_items_come_oldest_first(hosted: Hosted) -> None:
    found = hosted.fetch()

    assert found.name == NAME
    assert ids_of(found) == ["i0", "i1", "i2", "i3"]
    assert (found.items[1].input, found.items[1].expected_output, found.items[1].metadata) == (
        {"q": 1},
        1,
        {"n": 1},
    )
    assert found.version.tzinfo is not None


def add_and_delete(hosted: Hosted) -> None:
    hosted.keep("i9", input="new")
    hosted.delete("i9")


CHANGES: dict[str, Callable[[Hosted], object]] = {
    "an edit": lambda hosted: hosted.keep("i1", input="edited"),
    "an addition": lambda hosted: hosted.keep("i9", input="new"),
    "an archiving": lambda hosted: hosted.keep("i3", status="ARCHIVED"),
    "a deletion": lambda hosted: hosted.delete("i0"),
    "an addition that is deleted": add_and_delete,
}


@pytest.mark.parametrize("first", CHANGES)
@pytest.mark.parametrize("second", ["an edit", "a deletion"])
def test_the_newest_version_is_a_pin_that_reproduces(hosted: Hosted, first: str, second: str) -> None:
    """Whatever was changed last before the pin and first after it."""
    CHANGES[first](hosted)
    pinned = hosted.fetch()
    again = hosted.fetch(pinned.version)
    hosted.keep("i2", input="edited again") if second == "an edit" else hosted.delete("i2")
    later = hosted.fetch(pinned.version)

    assert later == again == pinned
    assert hosted.fetch().items != pinned.items


@pytest.mark.parametrize("change", CHANGES)
def test_the_pin_depends_on_the_dataset_and_not_on_the_moment(
    hosted: Hosted, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    CHANGES[change](hosted)
    first = hosted.fetch()
    hosted.server.admin.advance(3600)
    monkeypatch.setattr(datasets_module, "datetime", WrongClock)
    second = hosted.fetch()

    assert second.version == first.version
    assert second == first


class WrongClock(datetime):
    """A machine whose clock is a day behind."""

    @classmethod
    def now(cls, tz: Any = None) -> "WrongClock":
        early = datetime.now(tz) - timedelta(days=1)
        return cls.fromtimestamp(early.timestamp(), tz)


def test_archived_items_are_left_out_of_old_versions_too(hosted: Hosted) -> None:
    hosted.keep("i1", status="ARCHIVED")
    hosted.keep("i2", input="later")

    found = hosted.fetch()
    assert sorted(ids_of(found)) == ["i0", "i2", "i3"]
    assert hosted.fetch(found.version) == found


def test_many_pages(hosted: Hosted) -> None:
    for number in range(4, 230):
        hosted.keep(f"i{number}", input=number)
    found = hosted.fetch()

    assert len(set(ids_of(found))) == 230
    assert ids_of(found) == [f"i{number}" for number in range(230)]


def test_an_empty_dataset_has_a_version(emulator: EmulatorServer) -> None:
    with emulator.client() as http:
        dataset = Hosted(emulator, http)
        found = dataset.fetch()
        assert found.items == ()
        dataset.keep("first", input=1)
        assert dataset.fetch(found.version).items == ()


def test_a_dataset_that_is_not_there(emulator: EmulatorServer) -> None:
    with pytest.raises(LookupError, match="no dataset named 'nope'"):
        LangfuseDatasets(settings_for(emulator)).fetch("nope", None)


def test_a_dataset_that_keeps_changing_cannot_be_pinned(
    hosted: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = DatasetReader.active

    def restless(self: DatasetReader, version: datetime | None) -> list[dict[str, Any]]:
        found = read(self, version)
        if version is None:
            hosted.keep("i1", input=f"edited at {datetime.now(UTC)}")
            return [item | {"input": "seen halfway"} for item in found]
        return found

    monkeypatch.setattr(DatasetReader, "active", restless)
    with pytest.raises(ServiceRefused, match="kept changing"):
        hosted.fetch()


def test_times_are_written_in_utc() -> None:
    moment = datetime.fromisoformat("2026-11-23T10:00:00.123+02:00")
    assert print_time(moment) == "2026-11-23T08:00:00.123000Z"
