"""Scores at observations as they are sent, and read back."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from evalspec.journal import ids
from evalspec.journal.records import EvaluationRecord, ScorePart, ScoreRecord
from evalspec.langfuse_io.attachment import placed_scores
from evalspec.langfuse_io.experiment import experiment_of
from evalspec.langfuse_io.publisher import Publisher
from evalspec.langfuse_io.score_configs import ServerConfig
from evalspec.langfuse_io.scores import ScoreEncoder
from evalspec.plan.model import PlanAttach
from evalspec.plan.values import Item
from tests.emulator.handle import EmulatorServer
from tests.langfuse_io.helpers import (
    EVALUATORS,
    RUN_ID,
    Records,
    completed,
    default_plan,
    recorded_run,
    records_of,
    settings_for,
)
from tests.support.plans import make_evaluator, make_items

SPAN = f"{1:016x}"
"""The span of user code below the first item's task."""
OTHER = "b" * 16
SCORE = ScoreRecord(
    "close", 0.375, parts=(ScorePart(SPAN, 0.25, "so so"), ScorePart(OTHER, 0.5)), metadata={"judge": "m"}
)


def with_parts(score: ScoreRecord = SCORE) -> Any:
    def make(item: Item, position: int, trial: int) -> Records:
        records = records_of(item, position, trial)
        return [
            replace(record, scores=(score,))
            if isinstance(record, EvaluationRecord) and record.evaluator == score.name
            else record
            for record in records
        ]

    return make


def test_values_at_observations_are_sent_instead_of_the_items() -> None:
    """The item's own value is made of them, and would count twice on the server."""
    placed = list(placed_scores("run", "item", 0, SCORE))
    assert [(one.observation, one.value, one.comment) for one in placed] == [
        (SPAN, 0.25, "so so"),
        (OTHER, 0.5, None),
    ]
    assert [one.id for one in placed] == [
        ids.observation_score_id("run", "item", 0, "close", observation) for observation in (SPAN, OTHER)
    ]
    [whole] = placed_scores("run", "item", 0, replace(SCORE, parts=()))
    assert (whole.id, whole.value, whole.observation) == (
        ids.score_id("run", "item", 0, "close"), 0.375, None,
    )  # fmt: skip
    assert whole.id not in {one.id for one in placed}


def test_a_score_at_an_observation_says_what_it_is_about(tmp_path: Path) -> None:
    config = ServerConfig("config-1", "close", "NUMERIC", 0, 0.4)
    with recorded_run(tmp_path, items=make_items(1), make=with_parts()) as (journal, plan):
        [done] = completed(journal)
        encoder = ScoreEncoder(experiment_of(journal.header, plan, None), plan, {"close": config})
        found = encoder.trial(done)
    [row] = [row for row in found.rows if row.name == "close"]
    body = orjson.loads(row.body)
    assert body["traceId"] == ids.trace_id(RUN_ID, "item-0", 0)
    assert (body["observationId"], body["value"], body["comment"]) == (SPAN, 0.25, "so so")
    assert body["metadata"]["judge"] == "m"
    assert body["metadata"]["evalspec_evaluator"] == "close"
    # The other one is above what the server's config takes, and is refused alone.
    [refusal] = found.refusals
    assert refusal.id == ids.observation_score_id(RUN_ID, "item-0", 0, "close", OTHER)
    assert "above the maximum 0.4" in refusal.reason


def test_a_score_of_a_session_is_sent_to_it(tmp_path: Path) -> None:
    attached = make_evaluator("close", attach=PlanAttach(to="session"))
    plan = default_plan(1, evaluators={**EVALUATORS, "close": attached})
    with recorded_run(tmp_path, plan, items=make_items(1)) as (journal, plan):
        encoder = ScoreEncoder(experiment_of(journal.header, plan, None), plan, {})
        bodies = [orjson.loads(row.body) for row in encoder.trial(completed(journal)[0]).rows]
    [close] = [body for body in bodies if body["name"] == "close"]
    assert close["sessionId"] == ids.session_id(RUN_ID, "item-0", 0)
    assert "traceId" not in close
    assert all("traceId" in body for body in bodies if body["name"] != "close")


def test_scores_at_observations_are_read_back_and_sent_once(
    either_emulator: EmulatorServer, tmp_path: Path
) -> None:
    score = replace(SCORE, parts=SCORE.parts[:1])
    with recorded_run(tmp_path, items=make_items(1), make=with_parts(score)) as (journal, plan):
        for _ in range(2):
            publisher = Publisher(journal, plan, settings_for(either_emulator), settle=0.3)
            publisher.start()
            report = publisher.finish(15.0)
            assert (report.error, report.refused, report.pending) == (None, 0, 0)
            assert report.scores.confirmed == 3
    rows = [orjson.loads(row["content"]) for row in either_emulator.admin.dump()["scores"]]
    [close] = [row for row in rows if row["name"] == "close"]
    assert (close["observation_id"], close["value"]) == (SPAN, 0.25)
