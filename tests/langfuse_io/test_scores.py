from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from evalspec.journal import ids
from evalspec.journal.records import (
    EvaluationRecord,
    EvaluationStatus,
    RunScoreRecord,
    ScoreRecord,
    SliceRecord,
)
from evalspec.langfuse_io.aggregate_metadata import MAX_BYTES, aggregate_metadata
from evalspec.langfuse_io.experiment import experiment_of
from evalspec.langfuse_io.score_configs import ServerConfig, invalid_value
from evalspec.langfuse_io.scores import ScoreEncoder, Sendable, iso_time
from evalspec.plan.values import Item
from tests.langfuse_io.helpers import (
    RUN_ID,
    SCORES,
    Records,
    completed,
    default_plan,
    recorded_run,
    records_of,
)
from tests.support.plans import CREATED_NS, make_header, make_items


def scores_of(folder: Path, score: ScoreRecord, configs: dict[str, ServerConfig] | None = None) -> Sendable:
    """What is sent of one trial with this score."""

    def make(item: Item, position: int, trial: int) -> Records:
        trial_record, *evaluations = records_of(item, position, trial)
        changed: Records = [trial_record]
        for evaluation in evaluations:
            assert isinstance(evaluation, EvaluationRecord)
            mine = evaluation.evaluator == score.name
            changed.append(replace(evaluation, scores=(score,) if mine else ()))
        return changed

    with recorded_run(folder, items=make_items(1), make=make) as (journal, plan):
        encoder = ScoreEncoder(experiment_of(journal.header, plan, None), plan, configs or {})
        return encoder.trial(completed(journal)[0])


def test_a_score_says_what_it_is_about(tmp_path: Path) -> None:
    score = ScoreRecord("close", 0.25, "so so", {"judge": {"model": "m"}, "evalspec_run": "forged"})
    config = ServerConfig("config-1", "close", "NUMERIC", 0, 1)
    [row] = scores_of(tmp_path, score, {"close": config}).rows
    body = orjson.loads(row.body)
    metadata = body.pop("metadata")

    assert body == {
        "id": ids.score_id(RUN_ID, "item-0", 0, "close"),
        "name": "close",
        "dataType": "NUMERIC",
        "environment": "sdk-experiment",
        "configId": "config-1",
        "traceId": ids.trace_id(RUN_ID, "item-0", 0),
        "observationId": ids.root_span_id(RUN_ID, "item-0", 0),
        "value": 0.25,
        "comment": "so so",
    }
    assert metadata["judge"] == {"model": "m"}
    assert metadata["evalspec_run"] == RUN_ID
    assert metadata["evalspec_trial"] == "1"
    assert row.body.count(b'"evalspec_run"') == 1


def test_both_contracts_get_the_same_score_and_time(tmp_path: Path) -> None:
    [row] = scores_of(tmp_path, ScoreRecord("exact", 1)).rows
    event, element = orjson.loads(row.as_event("abcd")), orjson.loads(row.as_element())

    assert event["id"] == f"abcd-{row.id}"
    assert event["type"] == "score-create"
    assert event["timestamp"] == element["timestamp"] == row.timestamp
    assert {key: value for key, value in element.items() if key != "timestamp"} == event["body"]


def test_imputed_scores_say_so(tmp_path: Path) -> None:
    def make(item: Item, position: int, trial: int) -> Records:
        first, *_ = records_of(item, position, trial)
        score = ScoreRecord("exact", 0, imputed=True)
        imputed = EvaluationRecord(0, 0, "", EvaluationStatus.SCORED, 1, CREATED_NS, CREATED_NS, (score,))
        others = [
            replace(record, scores=())
            for record in records_of(item, 0)[1:]
            if isinstance(record, EvaluationRecord)
        ]
        return [first, imputed, *others]

    with recorded_run(tmp_path, items=make_items(1), make=make) as (journal, plan):
        encoder = ScoreEncoder(experiment_of(journal.header, plan, None), plan, {})
        [row] = encoder.trial(completed(journal)[0]).rows
    metadata = orjson.loads(row.body)["metadata"]

    assert metadata["evalspec_imputed"] == "true"
    assert metadata["evalspec_evaluator"] == "exact"
    assert metadata["evalspec_evaluator_digest"] == plan.evaluators["exact"].digest


DROPPED = [
    ("close", 1.5, ServerConfig("c", "close", "NUMERIC", 0, 1), "above the maximum 1"),
    ("close", -0.5, ServerConfig("c", "close", "NUMERIC", 0, 1), "below the minimum 0"),
    (
        "tone",
        "odd",
        ServerConfig("c", "tone", "CATEGORICAL", categories=(("kind", 1),)),
        "not one of the categories",
    ),
    ("close", 0.5, ServerConfig("c", "close", "BOOLEAN"), "is BOOLEAN, the plan says NUMERIC"),
    ("exact", 0.5, None, "0 or 1"),
]


@pytest.mark.parametrize(("name", "value", "config", "reason"), DROPPED)
def test_what_would_be_dropped_is_not_sent(
    tmp_path: Path, name: str, value: Any, config: ServerConfig | None, reason: str
) -> None:
    found = scores_of(tmp_path, ScoreRecord(name, value), {name: config} if config else {})

    assert found.rows == ()
    [refusal] = found.refusals
    assert reason in refusal.reason
    assert (refusal.kind, refusal.item_id, refusal.trial, refusal.name) == ("score", "item-0", 0, name)
    assert refusal.id == ids.score_id(RUN_ID, "item-0", 0, name)


@pytest.mark.parametrize(
    ("data_type", "value", "fine"),
    [
        ("NUMERIC", 3, True),
        ("NUMERIC", float("nan"), False),
        ("NUMERIC", True, False),
        ("NUMERIC", "3", False),
        ("BOOLEAN", 0, True),
        ("BOOLEAN", 1.0, True),
        ("BOOLEAN", 2, False),
        ("TEXT", "t" * 500, True),
        ("TEXT", "t" * 501, False),
        ("TEXT", "", False),
        ("CATEGORICAL", 1, False),
    ],
)
def test_values_must_be_of_their_type(data_type: str, value: Any, fine: bool) -> None:
    assert (invalid_value(data_type, value) is None) is fine


def test_run_scores_go_to_their_experiments() -> None:
    plan = default_plan(2, repeats=3, scores=SCORES)

    encoder = ScoreEncoder(experiment_of(make_header(plan, RUN_ID), plan, None), plan, {})
    records = [
        RunScoreRecord("accuracy", None, "NUMERIC", 0.5, {"scored": 6}),
        RunScoreRecord("accuracy", 2, "NUMERIC", 0.75),
        RunScoreRecord("endless", 0, "NUMERIC", float("inf")),
        RunScoreRecord("empty", 0, "NUMERIC", None),
    ]
    found = encoder.run_scores(records, CREATED_NS)
    bodies = [orjson.loads(row.body) for row in found.rows]

    assert [(body["name"], body["datasetRunId"]) for body in bodies] == [
        ("accuracy (3 trials)", ids.experiment_id(RUN_ID, 0)),
        ("accuracy", ids.experiment_id(RUN_ID, 2)),
    ]
    assert bodies[0]["metadata"]["evalspec_scored"] == 6
    assert bodies[0]["metadata"]["evalspec_trials"] == "3"
    assert bodies[0]["id"] != bodies[1]["id"]
    [refusal] = found.refusals
    assert (refusal.kind, refusal.name) == ("run_score", "endless")


def test_run_scores_say_what_they_are_of_each_group() -> None:
    plan = default_plan(2, scores=SCORES)
    encoder = ScoreEncoder(experiment_of(make_header(plan, RUN_ID), plan, None), plan, {})
    counts = {"expected": 2, "scored": 1, "failed": 1, "skipped": 0, "imputed": 0, "coverage": 0.5}
    slices = (SliceRecord("Europe", 0.5, counts), SliceRecord("(missing)", None, counts, "nothing"))
    details = {"labels": ["a", "b"], "matrix": [[1, 0], [1, 0]]}
    record = RunScoreRecord("right", None, "NUMERIC", 0.5, counts, details=details, slices=slices)
    [row] = encoder.run_scores([record], CREATED_NS).rows
    metadata = orjson.loads(row.body)["metadata"]
    shown = {"expected": 2, "scored": 1, "failed": 1, "skipped": 0}
    assert metadata["evalspec_slices"] == [
        {"group": "Europe", "value": 0.5, **shown},
        {"group": "(missing)", "value": None, **shown},
    ]
    assert metadata["evalspec_details"] == details
    assert not any(key.endswith("left_out") for key in metadata)


def test_what_run_scores_say_is_bounded() -> None:
    slices = tuple(SliceRecord(f"{number}{'x' * 90}", 0.5, {"expected": 1}) for number in range(100))
    details = {"matrix": [[number] * 200 for number in range(200)]}
    record = RunScoreRecord("right", None, "NUMERIC", 0.5, details=details, slices=slices)
    metadata = aggregate_metadata(record)
    assert len(orjson.dumps(metadata)) < MAX_BYTES + 200
    shown = len(metadata["evalspec_slices"])
    assert 50 < shown < 100
    assert metadata["evalspec_slices_left_out"] == 100 - shown
    assert metadata["evalspec_details_left_out"] is True
    assert "evalspec_details" not in metadata


def test_times_are_cut_to_milliseconds() -> None:
    assert iso_time(1_795_415_555_031_999_999) == "2026-11-23T06:32:35.031Z"
    assert iso_time(1_795_415_555_000_000_001) == "2026-11-23T06:32:35.000Z"
