"""Datasets pushed and pulled."""

import json
from pathlib import Path
from typing import Any

import pytest

from evalspec.diagnostics.errors import ServiceUnreachable, UsageError
from evalspec.journal.ids import hosted_item_id
from evalspec.langfuse_io import client as client_module
from evalspec.langfuse_io.client import SyncClient
from evalspec.langfuse_io.dataset_sync import PushReport, pull_dataset, push_dataset, push_items
from evalspec.langfuse_io.datasets import LangfuseDatasets
from evalspec.langfuse_io.hosted_items import copy_of, restored
from evalspec.langfuse_io.publisher import Publisher
from evalspec.plan.values import Item
from tests.emulator.faults import FaultRule
from tests.emulator.handle import EmulatorServer
from tests.langfuse_io.helpers import default_plan, recorded_run, settings_for
from tests.support.plans import make_items

NAME = "capitals"
ITEMS = [
    Item("fr", {"country": "France"}, {"answer": "Paris"}, {"continent": "Europe"}),
    Item("jp", "Japan", "Tokyo"),
    Item("ä/ö", [1, 2.5], None, ["a", "list"]),
    Item("own", 1, 2, {"evalspec_item_id": "somebody else's"}),
    Item("empty", 1, 2, {}),
]


def push(server: EmulatorServer, items: list[Item], **more: Any) -> PushReport:
    return push_dataset(settings_for(server), NAME, items, **more)


def counts(report: PushReport) -> tuple[int, int, int]:
    return report.created, report.updated, report.unchanged


def hosted(server: EmulatorServer) -> dict[str, Item]:
    return {item.id: item for item in LangfuseDatasets(settings_for(server)).fetch(NAME, None).items}


def test_pushing_twice_changes_nothing(either_emulator: EmulatorServer) -> None:
    first = push(either_emulator, ITEMS, description="of countries")
    second = push(either_emulator, ITEMS, description="of countries")

    assert counts(first) == (5, 0, 0)
    assert counts(second) == (0, 0, 5)
    assert second.version == first.version
    assert second.dataset_id == first.dataset_id
    assert first.refused == second.refused == ()
    assert either_emulator.admin.counters()["requests"]["POST /api/public/v2/datasets 200"] == 1


def test_hosted_items_have_derived_ids_and_keep_their_own_in_metadata(emulator: EmulatorServer) -> None:
    push(emulator, ITEMS)
    there = hosted(emulator)

    assert set(there) == {hosted_item_id(NAME, item.id) for item in ITEMS}
    assert there[hosted_item_id(NAME, "fr")].metadata == {"continent": "Europe", "evalspec_item_id": "fr"}
    assert there[hosted_item_id(NAME, "jp")].metadata == {"evalspec_item_id": "jp"}
    assert there[hosted_item_id(NAME, "ä/ö")].metadata == {
        "evalspec_metadata": ["a", "list"],
        "evalspec_item_id": "ä/ö",
    }


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.id)
def test_a_copy_gives_the_item_back(item: Item) -> None:
    assert restored(NAME, copy_of(NAME, item)) == item


def test_an_item_that_is_no_copy_is_itself() -> None:
    theirs = Item("made-there", 1, 2, {"evalspec_item_id": "fr"})

    assert restored(NAME, theirs) is theirs


def test_only_what_differs_is_written(emulator: EmulatorServer) -> None:
    push(emulator, ITEMS)
    changed = [
        Item("fr", {"country": "France"}, {"answer": "Paris, of course"}, {"continent": "Europe"}),
        *ITEMS[1:],
    ]
    report = push(emulator, [*changed, Item("de", "Germany", "Berlin")])

    assert counts(report) == (1, 1, 4)
    assert hosted(emulator)[hosted_item_id(NAME, "fr")].expected_output == {"answer": "Paris, of course"}


def test_equal_numbers_are_not_a_difference(emulator: EmulatorServer) -> None:
    push(emulator, [Item("a", 1.0, True)])

    assert counts(push(emulator, [Item("a", 1, True)])) == (0, 0, 1)
    assert counts(push(emulator, [Item("a", 1, 1)])) == (0, 1, 0)


def test_what_was_emptied_is_empty_on_the_server(emulator: EmulatorServer) -> None:
    """The server takes null for "as it was"."""
    push(emulator, ITEMS)
    emptied = [Item("fr", {"country": "France"}, None, None), *ITEMS[1:]]
    report = push(emulator, emptied)

    assert counts(report) == (0, 1, 4)
    item = hosted(emulator)[hosted_item_id(NAME, "fr")]
    assert (item.expected_output, item.metadata) == (None, {"evalspec_item_id": "fr"})
    assert counts(push(emulator, emptied)) == (0, 0, 5)


def test_items_gone_from_the_file_are_reported_and_archived_only_when_asked(emulator: EmulatorServer) -> None:
    push(emulator, ITEMS)
    report = push(emulator, ITEMS[1:])
    assert (report.gone, report.archived, len(hosted(emulator))) == (("fr",), False, 5)

    report = push(emulator, ITEMS[1:], archive_gone=True)
    assert (report.gone, report.archived, len(hosted(emulator))) == (("fr",), True, 4)

    assert counts(push(emulator, ITEMS)) == (1, 0, 4)
    assert len(hosted(emulator)) == 5


def test_items_made_on_the_server_are_left_alone_or_kept_under_their_id(emulator: EmulatorServer) -> None:
    push(emulator, ITEMS)
    with emulator.client() as http:
        body = {"datasetName": NAME, "id": "made-there", "input": 1, "metadata": {"by": "hand"}}
        http.post("/api/public/dataset-items", json=body).raise_for_status()
    report = push(emulator, ITEMS, archive_gone=True)
    assert (report.foreign, report.gone, len(hosted(emulator))) == (1, (), 6)

    edited = [*ITEMS, Item("made-there", 2, None, {"by": "hand"})]
    report = push(emulator, edited)
    assert (counts(report), report.kept_ids, report.foreign) == ((0, 1, 5), frozenset({"made-there"}), 0)
    assert hosted(emulator)["made-there"].input == 2


def test_an_item_the_server_refuses_does_not_stop_the_others(emulator: EmulatorServer) -> None:
    with emulator.client() as http:
        schema = {"type": "object", "required": ["q"]}
        http.post("/api/public/v2/datasets", json={"name": NAME, "inputSchema": schema}).raise_for_status()
    report = push(
        emulator, [Item("good", {"q": 1}), Item("bad", {"z": 1}), Item("large", {"q": "x" * 5_000_000})]
    )

    assert report.created == 1
    assert dict(report.refused).keys() == {"bad", "large"}
    assert "required property 'q'" in dict(report.refused)["bad"]


def test_items_that_cannot_be_hosted_are_the_users_mistake(emulator: EmulatorServer) -> None:
    with pytest.raises(UsageError, match="two items have the id 'a'"):
        push(emulator, [Item("a", 1), Item("a", 2)])
    with pytest.raises(UsageError, match="item 'big' cannot be hosted"):
        push(emulator, [Item("big", 2**60)])


def test_a_busy_server_is_no_obstacle(emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "FIRST_PAUSE", 0.01)
    emulator.admin.set_faults(FaultRule(status=500, share=0.3, path="dataset"))
    with SyncClient(settings_for(emulator), tries=12) as client:
        report = push_items(client, NAME, make_items(300))

    assert counts(report)[0] + counts(report)[1] + counts(report)[2] == 300
    emulator.admin.set_faults()
    assert len(hosted(emulator)) == 300


def test_a_server_that_is_down_is_told(emulator: EmulatorServer) -> None:
    emulator.admin.set_faults(FaultRule(action="refuse"))
    with (
        SyncClient(settings_for(emulator), tries=1) as client,
        pytest.raises(ServiceUnreachable, match="cannot connect"),
    ):
        push_items(client, NAME, ITEMS)


def test_what_is_pulled_is_what_was_pushed(emulator: EmulatorServer, tmp_path: Path) -> None:
    push(emulator, ITEMS)
    path = tmp_path / "capitals.jsonl"
    report = pull_dataset(settings_for(emulator), NAME, path)
    pulled = [Item.from_mapping(json.loads(line)) for line in path.read_text().splitlines()]

    assert {item.id: item for item in pulled} == {item.id: item for item in ITEMS}
    assert report.items == 5
    assert counts(push(emulator, pulled)) == (0, 0, 5)
    assert list(tmp_path.iterdir()) == [path]


def test_an_old_version_is_pulled_as_it_was(emulator: EmulatorServer, tmp_path: Path) -> None:
    version = push(emulator, ITEMS[:2]).version
    push(emulator, ITEMS)
    path = tmp_path / "old.jsonl"
    pull_dataset(settings_for(emulator), NAME, path, version)

    assert sorted(json.loads(line)["id"] for line in path.read_text().splitlines()) == ["fr", "jp"]


def test_a_pull_that_fails_leaves_the_file_alone(emulator: EmulatorServer, tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    path.write_text("precious")
    with pytest.raises(LookupError):
        pull_dataset(settings_for(emulator), "nope", path)
    push(emulator, ITEMS)
    with pytest.raises(UsageError, match="cannot write"):
        pull_dataset(settings_for(emulator), NAME, tmp_path / "no folder" / "x.jsonl")

    assert path.read_text() == "precious"


def test_a_run_on_a_file_becomes_a_run_on_its_hosted_copy(
    either_emulator: EmulatorServer, tmp_path: Path
) -> None:
    plan = default_plan(3)
    plan = plan.model_copy(update={"dataset": plan.dataset.model_copy(update={"push_to": NAME})})
    with recorded_run(tmp_path, plan) as (journal, plan):
        publisher = Publisher(journal, plan, settings_for(either_emulator))
        publisher.start()
        report = publisher.finish(15)

    assert (report.confirmed, report.error) == (12, None)
    dataset = LangfuseDatasets(settings_for(either_emulator)).fetch(NAME, None)
    with either_emulator.client() as http:
        params = {"fromStartTime": "2026-01-01T00:00:00Z", "fields": "core,dataset,itemMetadata"}
        items = http.get("/api/public/experiment-items", params=params).json()["data"]
    assert {item["experimentItemId"] for item in items} == {item.id for item in dataset.items}
    assert {item["experimentItemMetadata"]["evalspec_item_id"] for item in items} == {
        "item-0",
        "item-1",
        "item-2",
    }
    assert {item["experimentDatasetId"] for item in items} == {dataset.id}
    assert all(item["experimentItemVersion"] is not None for item in items)
