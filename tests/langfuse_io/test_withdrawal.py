"""Imputed scores that were sent, and whose trials were tried again."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

import evalspec
from evalspec.journal import ids
from evalspec.journal.journal import Journal
from evalspec.journal.records import (
    EvaluationRecord,
    EvaluationStatus,
    RunScoreRecord,
    RunStatus,
    ScorePart,
    ScoreRecord,
)
from evalspec.langfuse_io import withdrawal
from evalspec.langfuse_io.publisher import PublicationReport
from evalspec.plan.model import Plan
from evalspec.plan.values import Item
from tests.compiler.project import compiled, write_spec
from tests.emulator.faults import FaultRule
from tests.emulator.handle import EmulatorServer, emulator_in_thread
from tests.emulator.settings import Settings
from tests.langfuse_io.helpers import RUN_ID, Records, failed_records, recorded_run, records_of
from tests.langfuse_io.test_publisher import get, publish
from tests.support.http_service import as_json, as_text, http_service
from tests.support.plans import make_items
from tests.tasks.asking import spec_of

IMPUTED = ids.score_id(RUN_ID, "item-1", 0, "close")
MS = 1_000_000
LATER = 3600.0
"""Seconds after which every deletion has happened."""


def imputing(item: Item, position: int, trial: int) -> Records:
    """A run in which the task of item 1 failed, and `on_task_failure` gave it 0.25 for `close`."""
    if position != 1:
        return records_of(item, position, trial)
    failed = failed_records(item, position, trial)
    return [*failed, imputed_by(failed)]


def imputed_by(failed: Records, value: float = 0.25) -> EvaluationRecord:
    [record] = failed
    score = ScoreRecord("close", value, imputed=True)
    ended = record.ended_ns
    return EvaluationRecord(
        record.position, 0, "", EvaluationStatus.SCORED, record.attempt, ended, ended, (score,)
    )


def tried_again(attempt: int = 3, **scores: ScoreRecord | None) -> Records:
    """Item 1 once more, now without a failure; the scores that are given replace those it usually has."""
    records = records_of(make_items(3)[1], 1)
    for record in records:
        record.started_ns += attempt * 100 * MS
        record.ended_ns += attempt * 100 * MS
        if not isinstance(record, EvaluationRecord):
            record.attempt = attempt
        elif record.evaluator in scores:
            score = scores[record.evaluator]
            record.status = EvaluationStatus.SCORED if score else EvaluationStatus.SKIPPED
            record.scores = (score,) if score else ()
    return records


def put(journal: Journal, records: Sequence[Any]) -> None:
    async def put_all() -> None:
        await journal.put(*records)
        await journal.flush()

    asyncio.run(put_all())


def shown(server: EmulatorServer) -> list[Any]:
    """The values that the server shows under the id of the imputed score."""
    return [score["value"] for score in get(server, "v3/scores", id=IMPUTED)]


def deletions(server: EmulatorServer) -> list[str]:
    paths = [request["path"] for request in server.admin.traffic() if request["method"] == "DELETE"]
    return [path.removeprefix("/api/public/scores/") for path in paths]


@pytest.fixture(params=["4.16", "5"])
def server(request: pytest.FixtureRequest) -> Iterator[EmulatorServer]:
    """Each contract once."""
    with emulator_in_thread(Settings(contract=request.param, record=True)) as server:
        yield server


@pytest.fixture
def run(tmp_path: Path, server: EmulatorServer) -> Iterator[tuple[Journal, Plan]]:
    """A run that is published, the imputed score with it."""
    with recorded_run(tmp_path, make=imputing) as (journal, plan):
        report = publish(journal, plan, server)
        assert (report.error, report.refused, report.pending, report.not_yet_visible) == (None, 0, 0, 0)
        assert shown(server) == [0.25]
        yield journal, plan


def left(journal: Journal) -> int:
    with journal.reader() as reader:
        return len(reader.withdrawn())


def sound(report: PublicationReport) -> bool:
    return (report.error, report.refused, report.pending, report.not_yet_visible) == (None, 0, 0, 0)


def test_it_is_deleted_where_the_trial_gives_none(run: tuple[Journal, Plan], server: EmulatorServer) -> None:
    journal, plan = run
    put(journal, tried_again(close=None))
    report = publish(journal, plan, server)
    assert sound(report)
    assert deletions(server) == [IMPUTED]
    assert any("asked to delete 1 score that the run does not give any more" in note for note in report.notes)
    server.admin.advance(LATER)
    assert shown(server) == []


def test_nothing_more_is_done_once_it_is_gone(
    run: tuple[Journal, Plan], server: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, plan = run
    put(journal, tried_again(close=None))
    publish(journal, plan, server)
    assert publish(journal, plan, server).notes
    assert left(journal) == 1
    server.admin.advance(LATER)
    monkeypatch.setattr(withdrawal, "SURE", 0.0)
    report = publish(journal, plan, server)
    assert (sound(report), report.notes, left(journal)) == (True, (), 0)
    assert deletions(server) == [IMPUTED]


def test_another_score_takes_its_place(run: tuple[Journal, Plan], server: EmulatorServer) -> None:
    journal, plan = run
    put(journal, tried_again())
    report = publish(journal, plan, server)
    assert sound(report)
    assert not report.notes
    assert shown(server) == [0.5]
    server.admin.advance(LATER)
    assert shown(server) == [0.5]
    assert deletions(server) == []


def test_scores_of_single_observations_do_not_take_its_place(
    run: tuple[Journal, Plan], server: EmulatorServer
) -> None:
    journal, plan = run
    parts = (ScorePart("00000000000003e9", 0.75),)
    put(journal, tried_again(close=ScoreRecord("close", 0.75, parts=parts)))
    assert sound(publish(journal, plan, server))
    assert deletions(server) == [IMPUTED]
    server.admin.advance(LATER)
    assert shown(server) == []
    assert [score["value"] for score in get(server, "v3/scores", name="close")].count(0.75) == 1


def test_a_score_that_comes_after_the_deletion_waits_for_it(
    run: tuple[Journal, Plan], server: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server would take it away with the one that is to go."""
    journal, plan = run
    monkeypatch.setattr(withdrawal, "SURE", 0.0)
    outage = failed_records(make_items(3)[1], 1)
    outage[0].attempt = 3
    put(journal, outage)
    assert sound(publish(journal, plan, server))
    put(journal, tried_again(4))
    report = publish(journal, plan, server, timeout=2.0)
    assert "has not deleted" in str(report.error)
    assert report.scores.pending == 3
    server.admin.advance(LATER)
    report = publish(journal, plan, server)
    assert sound(report)
    server.admin.advance(LATER)
    assert (shown(server), left(journal)) == ([0.5], 0)


def test_a_deletion_that_is_refused_is_named(run: tuple[Journal, Plan], server: EmulatorServer) -> None:
    journal, plan = run
    put(journal, tried_again(close=None))
    server.admin.set_faults(FaultRule(status=403, methods=("DELETE",)))
    report = publish(journal, plan, server)
    server.admin.set_faults()
    [refusal] = report.refusals
    assert (refusal.kind, refusal.id, refusal.item_id, refusal.name) == (
        "withdrawal",
        IMPUTED,
        "item-1",
        "close",
    )
    assert "`on_task_failure` had given it, and it could not be deleted (HTTP 403" in refusal.reason
    assert report.scores.refused == 0
    report = publish(journal, plan, server)
    assert report.refusals == ()
    assert deletions(server)[-1] == IMPUTED


def test_a_deletion_that_does_not_happen_is_named(
    run: tuple[Journal, Plan], server: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, plan = run
    put(journal, tried_again(close=None))
    publish(journal, plan, server)
    monkeypatch.setattr(withdrawal, "PATIENCE", 0.0)
    report = publish(journal, plan, server)
    [refusal] = report.refusals
    assert "still shows it" in refusal.reason
    assert deletions(server) == [IMPUTED, IMPUTED]


def test_a_score_that_never_came_is_not_named(tmp_path: Path, server: EmulatorServer) -> None:
    """The run was killed before anything was sent."""
    with recorded_run(tmp_path, make=imputing) as (journal, plan):
        put(journal, tried_again(close=None))
        report = publish(journal, plan, server)
        assert sound(report)
        assert report.refusals == ()


def accuracy(value: float | None) -> RunScoreRecord:
    return RunScoreRecord("accuracy", None, "NUMERIC", value, {"scored": 3, "expected": 3})


def test_an_aggregate_that_changes_takes_its_own_place(tmp_path: Path, server: EmulatorServer) -> None:
    with recorded_run(tmp_path, make=imputing, run_scores=[accuracy(0.75)]) as (journal, plan):
        publish(journal, plan, server)
        put(journal, tried_again())
        put(journal, [accuracy(0.5)])
        journal.set_status(RunStatus.COMPLETED).result()
        assert sound(publish(journal, plan, server))
    assert [score["value"] for score in get(server, "v3/scores", name="accuracy")] == [0.5]


def test_a_run_that_is_resumed(tmp_path: Path, server: EmulatorServer) -> None:
    with http_service() as service:
        task = {"type": "http", "url": service.url, "json": {"question": "{{ input.question }}"}}
        exact = {
            "type": "exact_match",
            "value": "output.answer",
            "when": "output.answer != 'Paris'",
            "score": "correct",
        }
        tree = spec_of(
            task,
            scores={"correct": {"data_type": "BOOLEAN", "on_task_failure": "worst"}},
            evaluators={"exact": exact},
            aggregates={"accuracy": {"score": "correct", "function": "rate"}},
        )
        service.script(as_text("no such country", 404), as_json({"answer": "Paris"}))
        plan = compiled(write_spec(tmp_path, tree))
        options = evalspec.RunOptions(start=tmp_path, root=tmp_path, environ=server.env())
        first = anyio.run(evalspec.run, plan, options).summary
        assert [score["value"] for score in get(server, "v3/scores", name="correct")] == [False]
        assert [score["value"] for score in get(server, "v3/scores", name="accuracy")] == [0]
        again = partial(evalspec.resume, first.run.id, options, retry_errors=True)
        second = anyio.run(again).summary
    assert (first.scores["correct"].scored, second.scores["correct"].scored) == (1, 0)
    assert second.publication is not None
    assert any("asked to delete 2 scores" in note for note in second.publication.notes)
    server.admin.advance(LATER)
    assert get(server, "v3/scores", name="correct") == []
    assert get(server, "v3/scores", name="accuracy") == []


def test_an_aggregate_that_has_no_value_for_a_while(
    tmp_path: Path, server: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(withdrawal, "SURE", 0.0)
    with recorded_run(tmp_path, run_scores=[accuracy(0.75)]) as (journal, plan):
        publish(journal, plan, server)
        put(journal, [accuracy(None)])
        with_refusal = FaultRule(status=403, methods=("DELETE",))
        server.admin.set_faults(with_refusal)
        [refusal] = publish(journal, plan, server).refusals
        assert (refusal.kind, refusal.item_id, refusal.name) == ("withdrawal", None, "accuracy")
        assert "the aggregate has no value any more, and it could not be deleted" in refusal.reason
        server.admin.set_faults()
        assert sound(publish(journal, plan, server))
        put(journal, [accuracy(0.5)])
        report = publish(journal, plan, server, timeout=2.0)
        assert "has not deleted" in str(report.error)
        assert report.scores.pending == 1
        server.admin.advance(LATER)
        assert get(server, "v3/scores", name="accuracy") == []
        assert sound(publish(journal, plan, server))
        server.admin.advance(LATER)
        assert (sound(publish(journal, plan, server)), left(journal)) == (True, 0)
    assert [score["value"] for score in get(server, "v3/scores", name="accuracy")] == [0.5]
