import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalspec.journal import ids
from evalspec.journal.journal import Journal
from evalspec.journal.records import Failure, RunScoreRecord, RunStatus
from evalspec.langfuse_io.publisher import PublicationReport, Publisher
from evalspec.langfuse_io.settings import LangfuseSettings
from evalspec.plan.model import Plan
from evalspec.plan.values import Item
from tests.emulator.handle import EmulatorServer
from tests.langfuse_io.helpers import (
    RUN_ID,
    Records,
    default_plan,
    failed_records,
    record_all,
    recorded_run,
    records_of,
    settings_for,
)
from tests.support.plans import make_header, make_items, plan_json, with_digests

FROM = {"fromStartTime": "2026-01-01T00:00:00Z"}
ALL_FIELDS = "core,dataset,io,metadata,itemMetadata,experimentMetadata,scores"


def publish(
    journal: Journal, plan: Plan, server: EmulatorServer, timeout: float = 15.0, **more: Any
) -> PublicationReport:
    publisher = Publisher(journal, plan, settings_for(server), settle=0.3, **more)
    publisher.start()
    return publisher.finish(timeout)


def get(server: EmulatorServer, path: str, **params: Any) -> list[dict[str, Any]]:
    with server.client() as client:
        found: list[dict[str, Any]] = (
            client.get(f"/api/public/{path}", params=params).raise_for_status().json()["data"]
        )
    return found


def shown_items(server: EmulatorServer) -> list[dict[str, Any]]:
    return get(server, "experiment-items", **FROM, fields=ALL_FIELDS, limit=100)


def test_a_run_becomes_an_experiment(either_emulator: EmulatorServer, tmp_path: Path) -> None:
    run_score = RunScoreRecord("accuracy", None, "NUMERIC", 0.75, {"scored": 3, "expected": 3})
    with recorded_run(tmp_path, run_scores=[run_score], metadata={"team": "maps"}) as (journal, plan):
        report = publish(journal, plan, either_emulator, metadata={"evalspec_factor_subject_task": "abc"})

    assert report.error is None
    assert (report.sent, report.confirmed, report.refused, report.pending) == (13, 13, 0, 0)
    assert (report.spans.confirmed, report.scores.confirmed) == (3, 10)
    [experiment] = get(either_emulator, "experiments", **FROM, fields="core,metadata,scores")
    assert experiment["id"] == ids.experiment_id(RUN_ID, 0)
    assert report.experiments == ((experiment["id"], experiment["name"]),)
    assert experiment["name"] == f"capitals-{RUN_ID}"
    assert experiment["itemCount"] == 3
    assert experiment["metadata"]["evalspec_plan_digest"] == plan.digest
    assert experiment["metadata"]["evalspec_group"] == RUN_ID
    assert experiment["metadata"]["team"] == "maps"
    assert experiment["metadata"]["evalspec_factor_subject_task"] == "abc"
    assert [(score["name"], score["value"]) for score in experiment["scores"]] == [("accuracy", 0.75)]
    items = shown_items(either_emulator)
    assert {item["experimentItemId"] for item in items} == {"item-0", "item-1", "item-2"}
    [item] = [item for item in items if item["experimentItemId"] == "item-2"]
    assert (item["input"], item["output"], item["expectedOutput"]) == ('{"n":2}',) * 3
    assert item["experimentItemMetadata"] == {"even": "true"}
    assert item["environment"] == "sdk-experiment"
    assert {score["name"]: score["value"] for score in item["scores"]} == {
        "exact": True,
        "close": 0.5,
        "tone": "kind",
    }


def test_the_observations_of_an_item_nest(emulator: EmulatorServer, tmp_path: Path) -> None:
    with recorded_run(tmp_path) as (journal, plan):
        publish(journal, plan, emulator)
    trace_id = ids.trace_id(RUN_ID, "item-1", 0)
    rows = get(emulator, "v2/observations", traceId=trace_id, fields="core,basic,io,metadata")
    by_name = {row["name"]: row for row in rows}

    root = by_name["experiment-item-run"]
    assert root["parentObservationId"] is None
    assert root["isRootObservation"]
    task = by_name["experiment-item-task"]
    assert task["parentObservationId"] == root["id"]
    assert task["id"] == ids.task_span_id(RUN_ID, "item-1", 0, 1)
    assert by_name["call"]["parentObservationId"] == task["id"]
    assert by_name["call"]["type"] == "GENERATION"
    for name in ("exact", "close", "tone"):
        assert by_name[name]["type"] == "EVALUATOR"
        assert by_name[name]["parentObservationId"] == root["id"]
        assert not by_name[name]["isRootObservation"]
    assert json.loads(by_name["close"]["output"]) == [
        {"name": "close", "value": 0.5, "comment": "close of item-1"}
    ]
    assert {row["environment"] for row in rows} == {"sdk-experiment"}


def test_scores_carry_their_evidence(either_emulator: EmulatorServer, tmp_path: Path) -> None:
    with recorded_run(tmp_path) as (journal, plan):
        publish(journal, plan, either_emulator)
    [score] = get(
        either_emulator, "v3/scores", id=ids.score_id(RUN_ID, "item-1", 0, "close"), fields="details,subject"
    )
    [config] = [config for config in get(either_emulator, "score-configs") if config["name"] == "close"]

    assert score["configId"] == config["id"]
    assert (config["minValue"], config["maxValue"]) == (0, 1)
    assert score["comment"] == "close of item-1"
    assert score["timestamp"] == "2026-11-18T11:06:40.015Z"
    assert score["subject"] == {
        "kind": "observation",
        "id": ids.root_span_id(RUN_ID, "item-1", 0),
        "traceId": ids.trace_id(RUN_ID, "item-1", 0),
    }
    metadata = score["metadata"]
    assert metadata["evalspec_item"] == "item-1"
    assert metadata["evalspec_run"] == RUN_ID
    assert metadata["evalspec_evaluator_digest"] == plan.evaluators["close"].digest
    assert metadata["evalspec_score_digest"] == plan.scores["close"].digest
    assert (metadata["evalspec_mode"], metadata["evalspec_source"]) == ("offline", "evalspec")


def test_failures_are_published_too(emulator: EmulatorServer, tmp_path: Path) -> None:
    def make(item: Item, position: int, trial: int) -> Records:
        return failed_records(item, position) if position == 1 else records_of(item, position)

    with recorded_run(tmp_path, make=make) as (journal, plan):
        report = publish(journal, plan, emulator)

    assert (report.spans.confirmed, report.scores.confirmed, report.error) == (3, 6, None)
    [item] = [item for item in shown_items(emulator) if item["experimentItemId"] == "item-1"]
    assert item["level"] == "ERROR"
    assert item["output"] is None
    rows = get(emulator, "v2/observations", traceId=item["traceId"], fields="core,basic,io")
    statuses = {row["id"]: row["statusMessage"] for row in rows}
    assert statuses[item["id"]] == "ValueError: no such country"
    assert statuses[ids.task_span_id(RUN_ID, "item-1", 0, 1)] == "OSError: try again"
    assert statuses[ids.task_span_id(RUN_ID, "item-1", 0, 2)] == "ValueError: no such country"


def test_repeats_are_experiments_of_one_group(emulator: EmulatorServer, tmp_path: Path) -> None:
    items = make_items(2)
    scores = [
        RunScoreRecord("accuracy", None, "NUMERIC", 0.5, {"trials": 2}),
        RunScoreRecord("accuracy", 0, "NUMERIC", 0.25),
        RunScoreRecord("accuracy", 1, "NUMERIC", 0.75),
    ]
    plan = default_plan(items, repeats=2)
    with recorded_run(tmp_path, plan, items=items, run_scores=scores) as (journal, plan):
        report = publish(journal, plan, emulator)

    assert (report.sent, report.confirmed) == (4 + 12 + 3, 4 + 12 + 3)
    experiments = {
        row["id"]: row for row in get(emulator, "experiments", **FROM, fields="core,metadata,scores")
    }
    assert set(experiments) == {ids.experiment_id(RUN_ID, 0), ids.experiment_id(RUN_ID, 1)}
    first, second = (experiments[ids.experiment_id(RUN_ID, trial)] for trial in (0, 1))
    assert (first["name"], second["name"]) == (f"capitals-{RUN_ID} · trial 1", f"capitals-{RUN_ID} · trial 2")
    assert (first["itemCount"], second["itemCount"]) == (2, 2)
    assert first["metadata"]["evalspec_group"] == second["metadata"]["evalspec_group"]
    assert second["metadata"]["evalspec_trial"] == "2"
    assert {score["name"]: score["value"] for score in first["scores"]} == {
        "accuracy": 0.25,
        "accuracy (2 trials)": 0.5,
    }
    assert {score["name"]: score["value"] for score in second["scores"]} == {"accuracy": 0.75}


def test_publishing_again_sends_nothing(emulator: EmulatorServer, tmp_path: Path) -> None:
    with recorded_run(tmp_path) as (journal, plan):
        publish(journal, plan, emulator)
        before = emulator.admin.counters()
        report = publish(journal, plan, emulator)
        after = emulator.admin.counters()

    assert report.confirmed == 12
    assert after["spans"] == before["spans"]
    assert after["scores"] == before["scores"]


def test_another_attempt_replaces_the_root_and_leaves_one_item(
    emulator: EmulatorServer, tmp_path: Path
) -> None:
    items = make_items(1)
    with recorded_run(
        tmp_path, default_plan(items), items=items, make=lambda i, p, t: failed_records(i, p)
    ) as (
        journal,
        plan,
    ):
        publish(journal, plan, emulator)
        records = records_of(items[0], 0)
        retried = [_later(record, 3) if number == 0 else record for number, record in enumerate(records)]
        asyncio.run(_put(journal, retried))
        report = publish(journal, plan, emulator)

    assert (report.spans.complete, report.confirmed) == (1, 4)
    [item] = shown_items(emulator)
    assert item["level"] == "DEFAULT"
    assert item["output"] == '{"n":0}'


def _later(record: Any, attempt: int) -> Any:
    return replace(record, attempt=attempt)


async def _put(journal: Journal, records: Sequence[Any]) -> None:
    await journal.put(*records)
    await journal.flush()


def test_it_follows_the_journal_while_the_run_goes_on(emulator: EmulatorServer, tmp_path: Path) -> None:
    items = make_items(40)
    plan = default_plan(items)
    with Journal.create(
        tmp_path / "run", make_header(plan, RUN_ID), plan_json(plan), with_digests(items)
    ) as journal:
        publisher = Publisher(journal, plan, settings_for(emulator))
        publisher.start()
        asyncio.run(record_some(journal, items[:20]))
        deadline = time.monotonic() + 10
        while publisher.report().sent < 80:
            assert time.monotonic() < deadline, publisher.report()
            time.sleep(0.02)
        asyncio.run(record_all(journal, plan, items))
        report = publisher.finish(15)

    assert (report.confirmed, report.pending) == (160, 0)


async def record_some(journal: Journal, items: Sequence[Item]) -> None:
    for position, item in enumerate(items):
        await journal.put(*records_of(item, position))
    await journal.flush()
    await asyncio.wrap_future(journal.set_status(RunStatus.RUNNING))


def test_wrong_keys_stop_the_publication_and_nothing_else(emulator: EmulatorServer, tmp_path: Path) -> None:
    settings = LangfuseSettings(emulator.base_url, emulator.public_key, "sk-lf-wrong")
    with recorded_run(tmp_path) as (journal, plan):
        publisher = Publisher(journal, plan, settings)
        publisher.start()
        report = publisher.finish(5)

    assert report.error is not None
    assert "refused the keys" in report.error
    assert "sk-lf-wrong" not in repr(report)
    assert (report.sent, report.pending) == (0, 12)


def test_a_run_belongs_to_one_project(emulator: EmulatorServer, tmp_path: Path) -> None:
    with recorded_run(tmp_path) as (journal, plan):
        publish(journal, plan, emulator)
        stored = reader_meta(journal)
        journal.set_meta("experiment", stored | {"project_id": "another"}).result()
        report = publish(journal, plan, emulator)

    assert report.error is not None
    assert "published to project another" in report.error


def test_a_run_belongs_to_one_server(emulator: EmulatorServer, tmp_path: Path) -> None:
    # Two servers may have been set up with the same project and keys.
    with recorded_run(tmp_path) as (journal, plan):
        publish(journal, plan, emulator)
        stored = reader_meta(journal)
        journal.set_meta("experiment", stored | {"base_url": "http://other.example"}).result()
        report = publish(journal, plan, emulator)

    assert report.error is not None
    assert "published to http://other.example, and LANGFUSE_BASE_URL is" in report.error


def reader_meta(journal: Journal) -> dict[str, Any]:
    with journal.reader() as reader:
        found: dict[str, Any] = reader.meta("experiment")
    return found


def test_a_run_score_without_a_value_is_not_sent(emulator: EmulatorServer, tmp_path: Path) -> None:
    scores = [
        RunScoreRecord("accuracy", None, "NUMERIC", 0.5),
        RunScoreRecord(
            "broken", None, "NUMERIC", None, failure=Failure("exception", "ZeroDivisionError", "no")
        ),
    ]
    with recorded_run(tmp_path, run_scores=scores) as (journal, plan):
        report = publish(journal, plan, emulator)

    assert (report.error, report.scores.complete, report.scores.confirmed) == (None, 10, 10)
    [experiment] = get(emulator, "experiments", **FROM, fields="core,scores")
    assert [score["name"] for score in experiment["scores"]] == ["accuracy"]


def test_what_the_servers_config_would_drop_is_refused_here(emulator: EmulatorServer, tmp_path: Path) -> None:
    with emulator.client() as client:
        body = {"name": "close", "dataType": "NUMERIC", "minValue": 0.6}
        client.post("/api/public/score-configs", json=body).raise_for_status()
    with recorded_run(tmp_path) as (journal, plan):
        report = publish(journal, plan, emulator)

    assert (report.scores.confirmed, report.scores.refused) == (6, 3)
    assert {refusal.name for refusal in report.refusals} == {"close"}
    assert "0.5 is below the minimum 0.6" in report.refusals[0].reason
    assert "its minimum is 0.6, the plan says 0" in report.notes[0]
    assert emulator.admin.counters()["scores"]["deliveries"] == 6


def test_what_was_refused_is_sent_again_when_publishing_again(
    emulator: EmulatorServer, tmp_path: Path
) -> None:
    run_score = RunScoreRecord("accuracy", None, "NUMERIC", float("1e400"))
    with emulator.client() as client:
        body = {"name": "close", "dataType": "NUMERIC", "minValue": 0.6}
        config = client.post("/api/public/score-configs", json=body).raise_for_status().json()["id"]
        with recorded_run(tmp_path, run_scores=[run_score]) as (journal, plan):
            first = publish(journal, plan, emulator)
            client.patch(f"/api/public/score-configs/{config}", json={"minValue": 0}).raise_for_status()
            second = publish(journal, plan, emulator)

    assert (first.scores.confirmed, first.scores.refused) == (6, 4)
    assert (second.scores.confirmed, second.scores.refused) == (9, 1)
    assert [refusal.kind for refusal in second.refusals] == ["run_score"]
    assert emulator.admin.counters()["spans"]["deliveries"] == 18


@pytest.mark.parametrize("repeat", [1, 2])
def test_delivering_twice_changes_nothing(emulator: EmulatorServer, tmp_path: Path, repeat: int) -> None:
    """The marks are lost between two deliveries, as after a kill: the same bytes come again."""
    with recorded_run(tmp_path) as (journal, plan):
        publish(journal, plan, emulator)
        before = emulator.admin.dump()
        for _ in range(repeat):
            journal.submit(
                lambda connection: connection.execute("UPDATE completion SET spans_sent = 0, scores_sent = 0")
            )
            report = publish(journal, plan, emulator)
        emulator.admin.merge()
        after = emulator.admin.dump()

    assert report.confirmed == 12
    assert contents(before) == contents(after)
    assert emulator.admin.counters()["experiment_items"] == 3


def contents(dump: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str]]:
    return sorted({(row["span_id"], str(row["content"])) for row in dump["spans"]})
