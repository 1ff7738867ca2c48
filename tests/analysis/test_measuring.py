"""Aggregates over items and trials, read from real journals."""

from pathlib import Path
from typing import Any

import pytest

from evalspec.analysis.explain import explain_run_score
from evalspec.diagnostics.errors import UsageError
from evalspec.plan.model import Plan
from tests.analysis.measured import comparison, fates, items, over_score, records_of, summary_of
from tests.analysis.recorded import CRASH, TIMEOUT, Recorder
from tests.support.plans import make_plan, make_score

ROWS = items(("a", None), ("a", None), ("b", None), ("b", None), (None, None))


def plan_of(aggregates: dict[str, Any], rows: Any = ROWS, **more: Any) -> Plan:
    more = {"scores": {"correct": make_score("BOOLEAN")}, "evaluators": {"exact": "correct"}, **more}
    return make_plan(rows, aggregates=aggregates, **more)


async def test_labels_of_items_and_what_has_none(tmp_path: Path) -> None:
    plan = plan_of({"matrix": comparison("confusion_matrix", value="output.label")})
    right = {"exact": {"correct": 1.0}}
    async with Recorder(tmp_path / "run", plan, ROWS) as run:
        await run.trial(0, right, output={"label": "a"})
        await run.trial(1, right, output={"text": "a"})
        await run.trial(2, right, output={"label": "a"})
        await run.trial(3, failure=CRASH)
        await run.trial(4, right, output={"label": "a"})
        await run.complete()
        summary = summary_of(run.journal, plan)
        [record] = records_of(run.journal, plan)
        with run.journal.reader() as reader:
            explained = explain_run_score(reader, plan, "matrix")
    found = summary.aggregates["matrix"]
    assert fates(found) == (5, 2, 3, 0, 0)
    assert (found.value, found.coverage) == (0.5, 0.4)
    assert (found.worst_case, found.best_case) == (0.2, 0.8)
    assert found.details == {"labels": ["a", "b"], "matrix": [[1, 0], [1, 0]]}
    assert [(one.source, one.kind, one.count, one.item) for one in found.failures] == [
        ("aggregate", "missing_key", 1, "item-1"),
        ("aggregate", "missing_expected", 1, "item-4"),
    ]
    assert found.failures[0].message == "`value`: `output.label` is missing"
    assert [reason.message for reason in summary.reasons if "aggregate" in reason.message] == [
        "2 of 5 results of the aggregate `matrix` are missing and no tolerance covers them."
    ]
    assert (record.value, record.details) == (found.value, found.details)
    assert record.coverage["failed"] == 3
    assert explained.aggregate is not None
    assert explained.aggregate.value == (
        "confusion_matrix, over all results (value = output.label, expected = expected_output)"
    )


async def test_a_gate_with_a_tolerance_covers_what_an_aggregate_lacks(tmp_path: Path) -> None:
    plan = plan_of(
        {"right": comparison("accuracy", value="output.label")},
        gates={"enough": {"aggregate": "right", "min": 0.5, "min_coverage": 0.5}},
        rows=ROWS[:2],
    )
    async with Recorder(tmp_path / "run", plan, ROWS[:2]) as run:
        await run.trial(0, {"exact": {"correct": 1.0}}, output={"label": "a"})
        await run.trial(1, {"exact": {"correct": 1.0}}, output={})
        await run.complete()
        summary = summary_of(run.journal, plan)
    assert (summary.exit_code, summary.reasons) == (0, [])
    assert summary.gates["enough"].passed


async def test_what_is_no_label(tmp_path: Path) -> None:
    rows = items((1, None), (True, None), ("null", None), ("a", None), ("x" * 300, None))
    plan = plan_of({"right": comparison("accuracy"), "f": comparison("f1", average="macro")}, rows)
    async with Recorder(tmp_path / "run", plan, rows) as run:
        for position, output in enumerate([1.0, "true", None, ["a"], "x" * 300]):
            await run.trial(position, {"exact": {"correct": 1.0}}, output=output)
        await run.complete()
        summary = summary_of(run.journal, plan)
    found = summary.aggregates["right"]
    assert fates(found) == (5, 4, 1, 0, 0)
    assert found.value == 1
    assert [(one.kind, one.message) for one in found.failures] == [
        ("not_a_label", "a list is no label; text, a number or a boolean is")
    ]
    details = summary.aggregates["f"].details
    assert details is not None
    labels = [one["label"] for one in details["labels"]]
    assert labels[:3] == ["1", "null", "true"]
    assert len(labels[3]) <= 100


async def test_scores_that_are_read_decide_what_is_missing(tmp_path: Path) -> None:
    rows = items(*[(None, {"human": grade}) for grade in ("good", "good", "bad", "bad", "bad", "bad")])
    plan = plan_of(
        {"kappa": comparison("cohen_kappa", value="scores.tone", expected="metadata.human", weights="none")},
        rows,
        scores={
            "tone": make_score("CATEGORICAL", categories={"bad": 0.0, "good": 1.0}, on_task_failure="bad"),
        },
        evaluators={"judge": "tone"},
    )
    async with Recorder(tmp_path / "run", plan, rows) as run:
        await run.trial(0, {"judge": {"tone": "good"}})
        await run.trial(1, {"judge": TIMEOUT})
        await run.trial(2, {"judge": None})
        await run.trial(3, failure=CRASH, imputed={"tone": "bad"})
        await run.trial(4, {})
        await run.journal.flush()
        found = summary_of(run.journal, plan).aggregates["kappa"]
    assert fates(found) == (6, 2, 1, 1, 2)
    assert (found.value, found.imputed) == (1, 1)
    assert found.failures == []


async def test_scores_that_nobody_gives_are_not_expected(tmp_path: Path) -> None:
    plan = plan_of(
        {"right": comparison("accuracy", value="scores.idle")},
        scores={"correct": make_score("BOOLEAN"), "idle": make_score("BOOLEAN")},
    )
    async with Recorder(tmp_path / "run", plan, ROWS) as run:
        await run.trial(0, {"exact": {"correct": 1.0}}, output="a")
        await run.journal.flush()
        found = summary_of(run.journal, plan).aggregates["right"]
    assert fates(found) == (0, 0, 0, 0, 0)


async def test_forecasts(tmp_path: Path) -> None:
    aggregates = {
        "auc": comparison("roc_auc", value="output.sure", expected="scores.correct"),
        "ece": comparison("calibration", value="output.sure", expected="scores.correct", bins=2),
        "brier": comparison("brier", value="output.sure", expected="scores.correct"),
        "wrong": comparison("brier", value="output.sure", expected="expected_output"),
    }
    plan = plan_of(aggregates)
    async with Recorder(tmp_path / "run", plan, ROWS) as run:
        for position, (sure, correct) in enumerate(
            [(0.9, 1.0), (0.6, 0.0), (0.4, 1.0), (7, 1.0), ("x", 0.0)]
        ):
            await run.trial(position, {"exact": {"correct": correct}}, output={"sure": sure})
        await run.complete()
        found = summary_of(run.journal, plan).aggregates
    # Of the pairs (0.9, 0.6), (0.4, 0.6), (7, 0.6) two are in order.
    assert found["auc"].value == pytest.approx(2 / 3)
    assert found["auc"].scored == 4
    assert found["brier"].value == pytest.approx((0.01 + 0.36 + 0.36) / 3)
    # Bins {0.4}: 0.4 sure and right; {0.9, 0.6}: 0.75 sure and half right.
    assert found["ece"].value == pytest.approx((0.6 + 2 * 0.25) / 3)
    assert {one.kind: one.count for one in found["brier"].failures} == {
        "not_a_probability": 1,
        "not_a_number": 1,
    }
    assert found["wrong"].failure == "nothing was scored"
    assert {one.kind for one in found["wrong"].failures} == {"not_a_boolean", "missing_expected"}


async def test_trials_one_by_one_and_together(tmp_path: Path) -> None:
    rows = ROWS[:2]
    plan = plan_of({"right": comparison("accuracy")}, rows, repeats=2)
    outputs = {(0, 0): "a", (1, 0): "a", (0, 1): "a", (1, 1): "b"}
    async with Recorder(tmp_path / "run", plan, rows) as run:
        for (position, trial), output in sorted(outputs.items()):
            await run.trial(position, {"exact": {"correct": 1.0}}, trial=trial, output=output)
        await run.complete()
        found = summary_of(run.journal, plan).aggregates["right"]
        records = records_of(run.journal, plan)
    assert (found.value, found.expected, found.trials) == (0.75, 4, 2)
    assert found.per_trial is not None
    assert [(one.trial, one.value, one.expected) for one in found.per_trial] == [(1, 1.0, 2), (2, 0.5, 2)]
    assert [(one.trial, one.value) for one in records] == [(None, 0.75), (0, 1.0), (1, 0.5)]


async def test_passes_over_the_trials_of_each_item(tmp_path: Path) -> None:
    plan = plan_of(
        {"any": over_score("pass_at_k", "correct", k=2), "all": over_score("pass_hat_k", "correct", k=2)},
        repeats=3,
    )
    given: dict[int, list[Any]] = {
        0: [1.0, 0.0, 0.0],  # 2/3 and 0
        1: [1.0, 1.0, TIMEOUT],  # 1 and 1, of two trials
        2: [1.0, None, None],  # skipped: too few were wanted
        3: [CRASH, CRASH, 1.0],  # failed
        4: [1.0],  # two are to come
    }
    async with Recorder(tmp_path / "run", plan, ROWS) as run:
        for position, results in given.items():
            for trial, result in enumerate(results):
                if result is CRASH:
                    await run.trial(position, trial=trial, failure=CRASH)
                else:
                    scores = {"correct": result} if isinstance(result, float) else result
                    await run.trial(position, {"exact": scores}, trial=trial)
        await run.journal.flush()
        summary = summary_of(run.journal, plan)
        records = records_of(run.journal, plan)
        with run.journal.reader() as reader, pytest.raises(UsageError, match="over all trials"):
            explain_run_score(reader, plan, "any", trial=1)
    found = summary.aggregates["any"]
    assert fates(found) == (5, 2, 1, 1, 1)
    assert found.value == pytest.approx((2 / 3 + 1) / 2)
    assert (found.trials, found.per_trial) == (3, None)
    assert found.worst_case == pytest.approx(5 / 12)
    assert found.best_case == pytest.approx(11 / 12)
    assert summary.aggregates["all"].value == 0.5
    assert [(one.name, one.trial) for one in records] == [("any", None), ("all", None)]
