"""Reading back: what arrived, what did not yet, and what never will."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalspec.journal import ids
from evalspec.journal.journal import Journal
from evalspec.journal.records import EvaluationRecord, RunScoreRecord, ScoreRecord
from evalspec.langfuse_io import confirm as confirm_module
from evalspec.langfuse_io.publisher import PublicationReport, Publisher
from evalspec.langfuse_io.score_configs import ServerConfig
from evalspec.plan.model import Plan
from evalspec.plan.values import Item
from tests.emulator.faults import FaultRule
from tests.emulator.handle import EmulatorServer, emulator_in_thread
from tests.emulator.settings import Settings
from tests.langfuse_io.helpers import RUN_ID, Records, default_plan, recorded_run, records_of, settings_for
from tests.support.plans import make_items, make_score


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirm_module, "PAUSES", (0.05,))


@pytest.fixture
def slow_emulator() -> Iterator[EmulatorServer]:
    """Spans can be read sooner than scores, and neither at once."""
    with emulator_in_thread(Settings(span_delay=0.1, score_delay=0.3)) as server:
        yield server


def publish(
    journal: Journal,
    plan: Plan,
    server: EmulatorServer,
    timeout: float = 10.0,
    settle: float = 0.1,
    **more: Any,
) -> PublicationReport:
    publisher = Publisher(journal, plan, settings_for(server), settle=settle, **more)
    publisher.start()
    return publisher.finish(timeout)


def test_it_waits_until_everything_can_be_read(slow_emulator: EmulatorServer, tmp_path: Path) -> None:
    run_score = RunScoreRecord("accuracy", None, "NUMERIC", 0.5)
    with recorded_run(tmp_path, run_scores=[run_score]) as (journal, plan):
        report = publish(journal, plan, slow_emulator, settle=5.0)

    assert (report.confirmed, report.not_yet_visible, report.refused) == (13, 0, 0)


def test_not_yet_visible_is_not_missing_and_is_confirmed_later(tmp_path: Path) -> None:
    with emulator_in_thread(Settings(score_delay=3600)) as server, recorded_run(tmp_path) as (journal, plan):
        first = publish(journal, plan, server, timeout=0.4)
        server.admin.advance(4000)
        second = publish(journal, plan, server)
        deliveries = server.admin.counters()["scores"]["deliveries"]

    assert (first.sent, first.confirmed, first.not_yet_visible, first.refused) == (12, 0, 12, 0)
    assert (second.sent, second.confirmed, second.not_yet_visible) == (12, 12, 0)
    assert deliveries == 9


def test_what_was_accepted_and_then_dropped_is_found(
    emulator: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with emulator.client() as http:
        config = {"name": "close", "dataType": "NUMERIC", "minValue": 0.6}
        http.post("/api/public/score-configs", json=config).raise_for_status()
    monkeypatch.setattr(ServerConfig, "objection", lambda config, value: None)
    with recorded_run(tmp_path) as (journal, plan):
        report = publish(journal, plan, emulator)

    assert emulator.admin.counters()["scores"]["deliveries"] == 9
    assert (report.scores.confirmed, report.scores.refused, report.not_yet_visible) == (6, 3, 0)
    assert {(refusal.item_id, refusal.name) for refusal in report.refusals} == {
        ("item-0", "close"),
        ("item-1", "close"),
        ("item-2", "close"),
    }
    assert "accepted it and then dropped it" in report.refusals[0].reason


def test_another_value_than_was_sent_is_found(emulator: EmulatorServer, tmp_path: Path) -> None:
    with recorded_run(tmp_path) as (journal, plan):
        publish(journal, plan, emulator, confirm=False)
        score_id = ids.score_id(RUN_ID, "item-1", 0, "close")
        body = {"id": score_id, "name": "close", "value": 0.1, "traceId": ids.trace_id(RUN_ID, "item-1", 0)}
        with emulator.client() as http:
            http.post("/api/public/scores", json=body).raise_for_status()
        report = publish(journal, plan, emulator)

    [refusal] = report.refusals
    assert (refusal.id, refusal.reason) == (score_id, "the server shows 0.1 where 0.5 was sent")
    assert (report.confirmed, report.refused) == (11, 1)


def test_spans_that_are_gone_are_found(emulator: EmulatorServer, tmp_path: Path) -> None:
    with recorded_run(tmp_path) as (journal, plan):
        publish(journal, plan, emulator, confirm=False)
        with emulator.client() as http:
            http.delete(f"/api/public/traces/{ids.trace_id(RUN_ID, 'item-1', 0)}").raise_for_status()
        report = publish(journal, plan, emulator)

    refused = {(refusal.kind, refusal.item_id) for refusal in report.refusals}
    assert ("span", "item-1") in refused
    assert {item_id for _, item_id in refused} == {"item-1"}
    assert report.spans.confirmed == 2


def test_nothing_is_missing_while_nothing_can_be_seen(tmp_path: Path) -> None:
    """A server whose readers lag behind for minutes has lost nothing."""
    delays = Settings(span_delay=3600, score_delay=3600)
    with emulator_in_thread(delays) as server, recorded_run(tmp_path) as (journal, plan):
        report = publish(journal, plan, server, timeout=0.4, settle=0.0)

    assert (report.sent, report.refused, report.not_yet_visible) == (12, 0, 12)


def test_a_server_that_cannot_be_read_is_told(emulator: EmulatorServer, tmp_path: Path) -> None:
    emulator.admin.set_faults(FaultRule(status=500, path="experiment-items"))
    with recorded_run(tmp_path) as (journal, plan):
        report = publish(journal, plan, emulator, timeout=0.4)

    assert (report.sent, report.pending, report.confirmed) == (12, 0, 0)
    assert report.error is not None
    assert "could not be read back" in report.error


def test_ids_with_commas_and_many_characters(emulator: EmulatorServer, tmp_path: Path) -> None:
    items = [Item("a, b", 1), Item("ü" * 300, 2), Item("x" * 3000, 3), Item("plain", 4)]
    with recorded_run(tmp_path, default_plan(items), items=items) as (journal, plan):
        report = publish(journal, plan, emulator)

    assert (report.error, report.confirmed) == (None, 16)


def test_more_scores_than_an_item_shows(emulator: EmulatorServer, tmp_path: Path) -> None:
    names = [f"score {number}" for number in range(60)]
    plan = default_plan(
        2, scores={name: make_score() for name in names}, evaluators={name: name for name in names}
    )

    def make(item: Item, position: int, trial: int) -> Records:
        first, second, *_ = records_of(item, position, trial)
        assert isinstance(second, EvaluationRecord)
        return [
            first,
            *(replace(second, evaluator=name, scores=(ScoreRecord(name, 0.5),)) for name in names),
        ]

    with recorded_run(tmp_path, plan, items=make_items(2), make=make) as (journal, plan):
        report = publish(journal, plan, emulator)

    assert (report.scores.confirmed, report.spans.confirmed) == (120, 2)


def test_a_run_of_many_items_is_read_back_page_by_page(
    either_emulator: EmulatorServer, tmp_path: Path
) -> None:
    with recorded_run(tmp_path, items=make_items(150)) as (journal, plan):
        report = publish(journal, plan, either_emulator)

    assert (report.spans.confirmed, report.scores.confirmed) == (150, 450)
