"""A server that is down costs time and nothing else."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from evalspec.journal.journal import Journal
from evalspec.langfuse_io import client as client_module
from evalspec.langfuse_io.client import SyncClient
from evalspec.langfuse_io.delivery import Delivery
from evalspec.langfuse_io.publisher import Publisher
from evalspec.langfuse_io.score_configs import list_score_configs
from tests.emulator.faults import FaultRule
from tests.emulator.handle import EmulatorServer
from tests.langfuse_io.helpers import recorded_run, settings_for
from tests.support.plans import make_items


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(client_module, "LONGEST_PAUSE", 0.1)


OUTAGES = {
    "unavailable": FaultRule(status=503, duration=0.3),
    "broken": FaultRule(status=500, duration=0.3),
    "refusing": FaultRule(action="refuse", duration=0.3),
    "hanging": FaultRule(action="hang", duration=0.3),
    "half busy": FaultRule(status=429, retry_after="0", share=0.5),
    "half broken": FaultRule(status=500, share=0.5),
    "out in the middle": FaultRule(status=503, start="first_write", duration=0.3),
}


@pytest.mark.parametrize("name", OUTAGES)
def test_everything_arrives_once(emulator: EmulatorServer, tmp_path: Path, name: str) -> None:
    emulator.admin.set_faults(OUTAGES[name])
    with recorded_run(tmp_path, items=make_items(50)) as (journal, plan):
        publisher = Publisher(journal, plan, settings_for(emulator, timeout=0.2))
        publisher.start()
        report = publisher.finish(20)
    counters = emulator.admin.counters()

    assert (report.error, report.sent, report.confirmed, report.refused) == (None, 200, 200, 0)
    assert (counters["spans"]["distinct"], counters["scores"]["distinct"]) == (300, 150)
    assert counters["experiment_items"] == 50


@pytest.mark.parametrize("action", ["refuse", "hang"])
def test_what_could_not_be_sent_is_pending_and_sent_later(
    emulator: EmulatorServer, tmp_path: Path, action: Any
) -> None:
    emulator.admin.set_faults(FaultRule(action=action))
    with recorded_run(tmp_path) as (journal, plan):
        publisher = Publisher(journal, plan, settings_for(emulator, timeout=30))
        publisher.start()
        began = time.monotonic()
        first = publisher.finish(0.3)
        took = time.monotonic() - began
        emulator.admin.set_faults()
        again = Publisher(journal, plan, settings_for(emulator))
        again.start()
        second = again.finish(15)

    assert (first.sent, first.pending) == (0, 12)
    assert took < 10
    if action == "refuse":
        assert first.error is not None
        assert "cannot connect" in first.error
    assert (second.confirmed, second.pending, second.error) == (12, 0, None)


def test_an_outage_after_the_start_is_told_and_survived(emulator: EmulatorServer, tmp_path: Path) -> None:
    emulator.admin.set_faults(FaultRule(status=503, path="otel|ingestion"))
    with recorded_run(tmp_path) as (journal, plan):
        publisher = Publisher(journal, plan, settings_for(emulator))
        publisher.start()
        report = publisher.finish(0.4)
        assert report.pending == 12
        assert report.error is not None
        assert "503" in report.error
        emulator.admin.set_faults()
        again = Publisher(journal, plan, settings_for(emulator))
        again.start()
        assert again.finish(15).confirmed == 12


def test_keys_that_stop_working_end_the_publication(emulator: EmulatorServer, tmp_path: Path) -> None:
    emulator.admin.set_faults(FaultRule(status=403, path="otel"))
    with recorded_run(tmp_path) as (journal, plan):
        publisher = Publisher(journal, plan, settings_for(emulator))
        publisher.start()
        report = publisher.finish(10)

    assert report.error is not None
    assert "refused the keys" in report.error
    assert report.spans.pending == 3


def test_a_publication_can_be_broken_off_anywhere(emulator: EmulatorServer, tmp_path: Path) -> None:
    """Many short publications, each cut off by its time, add up to one."""
    emulator.admin.set_faults(FaultRule(action="slow", delay=0.1, path="otel|ingestion"))
    with recorded_run(tmp_path, items=make_items(300)) as (journal, plan):
        for _ in range(4):
            publisher = Publisher(journal, plan, settings_for(emulator), confirm=False)
            publisher.start()
            report = publisher.finish(0.25)
            if not report.pending:
                break
        emulator.admin.set_faults()
        final = Publisher(journal, plan, settings_for(emulator))
        final.start()
        report = final.finish(15)
    emulator.admin.merge()
    counters = emulator.admin.counters()

    assert (report.confirmed, report.pending) == (1200, 0)
    assert (counters["spans"]["distinct"], counters["spans"]["rows"]) == (1800, 1800)
    assert (counters["scores"]["distinct"], counters["scores"]["rows"]) == (900, 900)


def test_a_fault_of_the_publication_does_not_reach_the_run(
    emulator: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(delivery: Delivery, trials: Any) -> Any:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(Delivery, "spans", broken)
    with recorded_run(tmp_path) as (journal, plan):
        publisher = Publisher(journal, plan, settings_for(emulator))
        publisher.start()
        report = publisher.finish(5)

    assert report.error == "publication failed unexpectedly: ZeroDivisionError: a bug"
    assert report.spans.pending == 3


def test_a_closed_journal_ends_the_publication(emulator: EmulatorServer, tmp_path: Path) -> None:
    with recorded_run(tmp_path) as (journal, plan):
        publisher = Publisher(journal, plan, settings_for(emulator), confirm=False)
        publisher.start()
        first = publisher.finish(5)
    assert first.sent == 12
    with Journal.open(tmp_path / "run") as journal:
        pass
    late = Publisher(journal, plan, settings_for(emulator))
    late.start()
    report = late.finish(5)

    assert report.error is None or "closed" in report.error
    assert report.sent == 12


def test_no_thread_is_left_behind(emulator: EmulatorServer, tmp_path: Path) -> None:
    before = threading.active_count()
    with recorded_run(tmp_path) as (journal, plan):
        publisher = Publisher(journal, plan, settings_for(emulator))
        publisher.start()
        publisher.finish(10)
    assert threading.active_count() <= before


def test_the_first_score_configs_survive_a_busy_start(emulator: EmulatorServer, tmp_path: Path) -> None:
    """Creating configs begins anew when the server breaks off in between; none is made twice."""
    emulator.admin.set_faults(FaultRule(status=500, path="score-configs", methods=("POST",), times=20))
    with recorded_run(tmp_path) as (journal, plan):
        publisher = Publisher(journal, plan, settings_for(emulator))
        publisher.start()
        report = publisher.finish(20)
    with SyncClient(settings_for(emulator)) as client:
        names = sorted(config.name for config in list_score_configs(client))
    assert report.confirmed == 12
    assert names == ["close", "exact", "tone"]
