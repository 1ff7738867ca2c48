from pathlib import Path
from typing import Any

import pytest

from evalspec.analysis.item_results import python_aggregate
from evalspec.analysis.run_scores import run_scores
from evalspec.analysis.summarize import experiments, summarize
from evalspec.analysis.summary import RunSummary
from evalspec.journal.journal import Journal
from evalspec.journal.records import RunStatus
from evalspec.kinds.evaluations import ItemResult
from evalspec.kinds.loading import Loading
from evalspec.kinds.python import load_run_evaluator
from evalspec.langfuse_io.experiment import experiment_of
from evalspec.plan.model import Plan
from evalspec.plan.values import Item
from tests.analysis.recorded import CRASH, RUN_ID, TIMEOUT, Recorder
from tests.support.plans import digest_of, make_evaluator, make_header, make_plan, make_score

BOOLEAN = {"correct": make_score("BOOLEAN")}


def aggregate(function: str, score: str | None = None, **more: Any) -> dict[str, Any]:
    return {"function": function, "score": score, "digest": digest_of(function), **more}


def boolean_plan(items: int = 4, **more: Any) -> Plan:
    fields: dict[str, Any] = {
        "scores": BOOLEAN,
        "evaluators": {"exact": "correct"},
        "aggregates": {"accuracy": aggregate("rate", "correct")},
        "gates": {"good": {"aggregate": "accuracy", "min": 0.5}},
    }
    return make_plan(items, **{**fields, **more})


def summary_of(journal: Journal, plan: Plan, **options: Any) -> RunSummary:
    with journal.reader() as reader:
        return summarize(reader, plan, **options)


async def test_a_complete_run(tmp_path: Path) -> None:
    plan = boolean_plan()
    async with Recorder(tmp_path / "run", plan) as run:
        for position in range(4):
            await run.trial(position, {"exact": {"correct": float(position > 0)}})
        await run.complete()
        summary = summary_of(run.journal, plan)
    assert summary.run.id == RUN_ID
    assert summary.run.status == "completed"
    assert summary.run.duration_seconds == 3.5
    assert summary.items.model_dump() == {"expected": 4, "completed": 4, "failed": 0, "skipped": 0}
    score = summary.scores["correct"]
    assert (score.value, score.expected, score.scored, score.coverage) == (0.75, 4, 4, 1.0)
    assert (score.worst_case, score.best_case) == (0.75, 0.75)
    assert summary.aggregates["accuracy"].value == 0.75
    assert summary.gates["good"].passed
    assert summary.reasons == []
    assert summary.exit_code == 0


async def test_failed_items_lower_the_coverage_and_the_exit_code_is_three(tmp_path: Path) -> None:
    plan = boolean_plan()
    async with Recorder(tmp_path / "run", plan) as run:
        await run.trial(0, {"exact": {"correct": 1.0}})
        await run.trial(1, failure=CRASH)
        await run.trial(2, {"exact": TIMEOUT})
        await run.trial(3, {"exact": {"correct": 1.0}})
        await run.complete()
        summary = summary_of(run.journal, plan)
    assert summary.items.model_dump() == {"expected": 4, "completed": 3, "failed": 1, "skipped": 0}
    score = summary.scores["correct"]
    assert (score.value, score.scored, score.failed, score.pending, score.coverage) == (1.0, 2, 2, 0, 0.5)
    assert (score.worst_case, score.best_case) == (0.5, 1.0)
    assert [(f.source, f.kind, f.count, f.item) for f in score.failures] == [
        ("evaluator", "timeout", 1, "item-2"),
        ("task", "exception", 1, "item-1"),
    ]
    assert summary.trials.failures[0].message == CRASH.message
    assert not summary.gates["good"].passed
    assert [(reason.exit_code, reason.code) for reason in summary.reasons] == [
        (3, "results-missing"),
        (1, "gate-failed"),
    ]
    assert (
        summary.reasons[0].message == "2 of 4 results of `correct` are missing and no tolerance covers them."
    )
    assert summary.exit_code == 3
    assert [step.command for step in summary.how_to] == [
        f"evalspec resume {RUN_ID} --retry-errors",
        f"evalspec show {RUN_ID}",
        f"evalspec explain {RUN_ID}:item-0:correct",
    ]


async def test_a_tolerance_covers_missing_results(tmp_path: Path) -> None:
    gates = {"good": {"aggregate": "accuracy", "min": 0.5, "min_coverage": 0.75}}
    plan = boolean_plan(gates=gates)
    async with Recorder(tmp_path / "run", plan) as run:
        for position in range(3):
            await run.trial(position, {"exact": {"correct": 1.0}})
        await run.trial(3, failure=CRASH)
        await run.complete()
        assert summary_of(run.journal, plan).exit_code == 0
        stricter = boolean_plan(gates={"good": {**gates["good"], "min_coverage": 0.9}})
        assert summary_of(run.journal, stricter).exit_code == 3


async def test_a_failed_gate_alone(tmp_path: Path) -> None:
    plan = boolean_plan(2)
    async with Recorder(tmp_path / "run", plan) as run:
        for position in range(2):
            await run.trial(position, {"exact": {"correct": 0.0}})
        await run.complete()
        summary = summary_of(run.journal, plan)
    assert summary.exit_code == 1
    assert summary.reasons[0].message == "Gate `good` failed: accuracy is 0, below 0.5."


async def test_imputed_scores_count_and_are_told_apart(tmp_path: Path) -> None:
    plan = boolean_plan(2, scores={"correct": make_score("BOOLEAN", on_task_failure="worst")})
    async with Recorder(tmp_path / "run", plan) as run:
        await run.trial(0, {"exact": {"correct": 1.0}})
        await run.trial(1, failure=CRASH, imputed={"correct": 0.0})
        await run.complete()
        summary = summary_of(run.journal, plan)
    score = summary.scores["correct"]
    assert (score.value, score.scored, score.imputed, score.failed, score.coverage) == (0.5, 2, 1, 0, 1.0)
    assert score.failures == []
    assert summary.exit_code == 0


async def test_skipped_results_are_not_missing(tmp_path: Path) -> None:
    evaluators = {"both": make_evaluator({"a": "correct", "b": "tone"})}
    scores = {"correct": make_score("BOOLEAN"), "tone": make_score("CATEGORICAL", categories={"x": 0.0})}
    plan = boolean_plan(3, scores=scores, evaluators=evaluators)
    async with Recorder(tmp_path / "run", plan) as run:
        await run.trial(0, {"both": {"correct": 1.0, "tone": "x"}})
        await run.trial(1, {"both": {"correct": 1.0}})
        await run.trial(2, {"both": None})
        await run.complete()
        summary = summary_of(run.journal, plan)
    correct, tone = summary.scores["correct"], summary.scores["tone"]
    assert (correct.scored, correct.skipped, correct.coverage) == (2, 1, 1.0)
    assert (tone.scored, tone.skipped, tone.coverage, tone.value) == (1, 2, 1.0, None)
    assert tone.distribution == {"x": 1}
    assert summary.exit_code == 0


async def test_a_run_that_was_cut_off(tmp_path: Path) -> None:
    gates = {"good": {"aggregate": "accuracy", "min": 0.5, "min_coverage": 0.2}}
    plan = boolean_plan(gates=gates)
    async with Recorder(tmp_path / "run", plan) as run:
        await run.trial(0, {"exact": {"correct": 1.0}})
        run.journal.set_status(RunStatus.INTERRUPTED)
        await run.journal.flush()
        summary = summary_of(run.journal, plan)
    assert summary.items.skipped == 3
    assert summary.scores["correct"].pending == 3
    assert summary.gates["good"].passed
    assert [(reason.exit_code, reason.message) for reason in summary.reasons] == [
        (3, "The run stopped after 1 of 4 trials.")
    ]
    assert summary.how_to[0].command == f"evalspec resume {RUN_ID}"
    assert "ended_at" not in summary.as_dict()["run"]


async def test_repeats_have_a_value_each_and_one_together(tmp_path: Path) -> None:
    plan = boolean_plan(2, repeats=2)
    async with Recorder(tmp_path / "run", plan) as run:
        for position in range(2):
            await run.trial(position, {"exact": {"correct": 1.0}}, trial=0)
        await run.trial(0, {"exact": {"correct": 0.0}}, trial=1)
        await run.trial(1, failure=CRASH, trial=1)
        await run.complete()
        summary = summary_of(run.journal, plan)
        with run.journal.reader() as reader:
            records = run_scores(reader, plan, {})
    accuracy = summary.aggregates["accuracy"]
    assert (accuracy.value, accuracy.trials, accuracy.expected, accuracy.coverage) == (2 / 3, 2, 4, 0.75)
    assert accuracy.per_trial is not None
    assert [(one.trial, one.value, one.scored, one.failed) for one in accuracy.per_trial] == [
        (1, 1.0, 2, 0),
        (2, 0.0, 1, 1),
    ]
    assert summary.items.model_dump() == {"expected": 2, "completed": 1, "failed": 1, "skipped": 0}
    assert (summary.trials.expected, summary.trials.completed, summary.trials.failed) == (4, 3, 1)
    assert [(record.trial, record.value, record.coverage["trials"]) for record in records] == [
        (None, 2 / 3, 2),
        (0, 1.0, 1),
        (1, 0.0, 1),
    ]


async def test_items_of_an_unfinished_run_with_repeats(tmp_path: Path) -> None:
    plan = boolean_plan(3, repeats=2)
    async with Recorder(tmp_path / "run", plan) as run:
        await run.trial(0, {"exact": {"correct": 1.0}}, trial=0)
        await run.trial(0, {"exact": {"correct": 1.0}}, trial=1)
        await run.trial(1, {"exact": {"correct": 1.0}}, trial=0)
        await run.journal.flush()
        summary = summary_of(run.journal, plan)
    assert summary.items.model_dump() == {"expected": 3, "completed": 1, "failed": 0, "skipped": 2}
    assert summary.run.status == "running"


async def test_python_aggregates_see_all_results_and_are_kept(tmp_path: Path) -> None:
    plan = boolean_plan(3, aggregates={"share": aggregate("python")}, gates={})
    seen: list[Any] = []

    def share(item_results: list[Any]) -> float:
        seen.extend(item_results)
        return sum(result.output is not None for result in item_results) / len(item_results)

    async with Recorder(tmp_path / "run", plan) as run:
        await run.trial(0, {"exact": {"correct": 1.0}}, output={"answer": "Rome"}, comment="as expected")
        await run.trial(1, failure=CRASH)
        await run.trial(2, {"exact": TIMEOUT}, output="Oslo")
        await run.journal.flush()
        with run.journal.reader() as reader:
            records = run_scores(reader, plan, {"share": share})
        assert (
            summary_of(run.journal, plan).aggregates["share"].failure
            == "it is computed when the run is complete"
        )
        await run.complete(*records)
        summary = summary_of(run.journal, plan)
    assert [(result.item.id, result.output) for result in seen] == [
        ("item-0", {"answer": "Rome"}),
        ("item-1", None),
        ("item-2", "Oslo"),
    ]
    [evaluation] = seen[0].evaluations
    assert (evaluation.name, evaluation.value, evaluation.comment) == ("correct", True, "as expected")
    value = summary.aggregates["share"]
    assert (value.value, value.scored, value.failed, value.coverage) == (2 / 3, 1, 2, 1 / 3)


@pytest.mark.parametrize(
    ("data_type", "given", "value", "failure"),
    [
        ("NUMERIC", True, 1.0, None),
        ("NUMERIC", [{"name": "other", "value": 1}, {"name": "agg", "value": 2}], 2.0, None),
        ("NUMERIC", [0.5], 0.5, None),
        ("NUMERIC", [0.5, 0.7], None, "the function gave 2 values, and not exactly one named `agg`"),
        ("NUMERIC", "high", None, "a NUMERIC aggregate is not a text"),
        ("NUMERIC", {"value": None, "comment": "too few items"}, None, "too few items"),
        ("NUMERIC", float("nan"), None, "NaN and infinities are not JSON numbers"),
        ("NUMERIC", object(), None, "a score is a number, a boolean or text, not object"),
        ("BOOLEAN", 0.5, None, "a BOOLEAN aggregate is true or false"),
        ("CATEGORICAL", "good", "good", None),
        ("TEXT", "x" * 501, None, "the text has 501 characters; 1 to 500 are allowed"),
    ],
)
async def test_what_a_python_aggregate_may_give(
    tmp_path: Path, data_type: str, given: Any, value: float | str | None, failure: str | None
) -> None:
    plan = boolean_plan(1, aggregates={"agg": aggregate("python", data_type=data_type)}, gates={})
    async with Recorder(tmp_path / "run", plan) as run:
        await run.trial(0, {"exact": {"correct": 1.0}})
        await run.journal.flush()
        with run.journal.reader() as reader:
            [record] = run_scores(reader, plan, {"agg": lambda item_results: given})
    assert record.value == value
    assert (record.failure.message if record.failure else None) == failure


def test_loaded_functions_are_called_as_their_parameters_say(tmp_path: Path) -> None:
    (tmp_path / "aggregating_here.py").write_text(
        "async def later(*, item_results, **more):\n    return len(item_results)\n\n\n"
        "def now(results):\n    return -len(results)\n"
    )
    loading = Loading(tmp_path, (tmp_path,), tmp_path / "store")
    results = [ItemResult(Item("a", 1), None, [])]
    for name, expected in (("later", 1), ("now", -1)):
        loaded = load_run_evaluator(f"aggregating_here:{name}", loading)
        assert python_aggregate(loaded)(results) == expected


async def test_a_python_aggregate_that_raises(tmp_path: Path) -> None:
    gates = {"good": {"aggregate": "agg", "min": 0.5}}
    plan = boolean_plan(1, aggregates={"agg": aggregate("python")}, gates=gates)

    def broken(item_results: list[Any]) -> float:
        raise ZeroDivisionError("division by zero")

    async with Recorder(tmp_path / "run", plan) as run:
        await run.trial(0, {"exact": {"correct": 1.0}})
        with run.journal.reader() as reader:
            records = run_scores(reader, plan, {"agg": broken})
        await run.complete(*records)
        summary = summary_of(run.journal, plan)
    assert summary.aggregates["agg"].failure == "ZeroDivisionError: division by zero"
    assert summary.gates["good"].reason == "`agg` has no value: ZeroDivisionError: division by zero."
    assert summary.exit_code == 3


async def test_what_is_not_published_is_a_reason_only_when_that_is_required(tmp_path: Path) -> None:
    plan = boolean_plan(1)
    async with Recorder(tmp_path / "run", plan, backend="langfuse") as run:
        await run.trial(0, {"exact": {"correct": 1.0}})
        await run.complete()
        summary = summary_of(run.journal, plan)
        required = summary_of(run.journal, plan, require_published=True)
    assert (summary.publication.backend, summary.publication.pending) == ("langfuse", 2)
    assert summary.exit_code == 0
    assert [(reason.exit_code, reason.code) for reason in required.reasons] == [(5, "publication-pending")]
    assert required.exit_code == 5
    assert f"evalspec publish {RUN_ID}" in [step.command for step in summary.how_to]


async def test_nothing_is_pending_where_nothing_is_published(tmp_path: Path) -> None:
    plan = boolean_plan(1)
    async with Recorder(tmp_path / "run", plan) as run:
        await run.trial(0, {"exact": {"correct": 1.0}})
        await run.complete()
        summary = summary_of(run.journal, plan, require_published=True)
    assert (summary.publication.backend, summary.publication.pending) == ("local", 0)
    assert summary.exit_code == 0


async def test_the_document_reads_back_and_has_no_nulls(tmp_path: Path) -> None:
    plan = boolean_plan(2)
    async with Recorder(tmp_path / "run", plan, metadata={"why": None}) as run:
        await run.trial(0, {"exact": {"correct": 1.0}})
        await run.complete()
        summary = summary_of(run.journal, plan)
    assert RunSummary.model_validate_json(summary.as_json()) == summary
    assert "null" not in summary.as_json().replace('"why": null', "")
    assert summary.as_dict()["run"]["created_at"].endswith("Z")


def test_experiments_are_named_as_langfuse_shows_them() -> None:
    for repeats in (1, 3):
        plan = boolean_plan(2, repeats=repeats)
        header = make_header(plan)
        published = experiment_of(header, plan, None)
        assert [(one.id, one.name) for one in experiments(header, repeats)] == [
            (published.id_of(trial), published.name_of(trial)) for trial in range(repeats)
        ]
