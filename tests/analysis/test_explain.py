from pathlib import Path

import pytest

from evalspec.analysis.explain import ScorePlace, explain_item_score, explain_run_score, find_score_id
from evalspec.analysis.run_scores import run_scores
from evalspec.diagnostics.errors import UsageError
from evalspec.journal import ids
from evalspec.plan.model import Plan
from tests.analysis.recorded import CRASH, RUN_ID, TIMEOUT, Recorder
from tests.support.plans import content_digest, digest_of, make_evaluator, make_items, make_plan, make_score

SPEC = {"path": "specs/capitals.evalspec.toml", "digest": digest_of("spec")}


def explained_plan(repeats: int = 1) -> Plan:
    code = {"reference": "assistant.answers:capital_of", "digest": digest_of("code")}
    reads = ("output", "expected_output.n", "metadata.even", "metadata.absent")
    return make_plan(
        4,
        repeats=repeats,
        spec=SPEC,
        scores={"correct": make_score("BOOLEAN")},
        evaluators={"exact": make_evaluator("correct", type="exact_match", reads=reads)},
        aggregates={"accuracy": {"function": "rate", "score": "correct", "digest": digest_of("rate")}},
        task={"type": "python", "code": code},
    )


async def test_an_item_score_names_every_link_and_its_origin(tmp_path: Path) -> None:
    plan = explained_plan()
    async with Recorder(tmp_path / "run", plan, environment={"python": "3.11.9"}) as run:
        await run.trial(2, {"exact": {"correct": 1.0}}, output={"answer": "Rome"}, comment="equal")
        await run.complete()
        with run.journal.reader() as reader:
            found = explain_item_score(reader, plan, "item-2", 0, "correct")
    item = make_items(4)[2]
    assert (found.score.value, found.score.status, found.score.comment) == (1.0, "scored", "equal")
    assert found.score.id == ids.score_id(RUN_ID, "item-2", 0, "correct")
    assert (found.dataset.value, found.dataset.digest) == ("inline, 4 items", plan.dataset.digest)
    assert found.dataset.origin == "specs/capitals.evalspec.toml [dataset]"
    assert found.version.digest == plan.dataset.digest
    assert found.item is not None
    assert (found.item.value, found.item.digest) == ("item-2", content_digest(item))
    assert found.item.origin == "specs/capitals.evalspec.toml [dataset], item 3 of 4"
    assert (found.run.value, found.run.digest) == (f"spec-{RUN_ID}", plan.digest)
    assert found.trial.value == "1 of 1"
    assert (found.task.value, found.task.digest) == ("python assistant.answers:capital_of", plan.task.digest)
    assert found.evaluator is not None
    assert found.evaluator.digest == plan.evaluators["exact"].digest
    assert found.evaluator.origin == "specs/capitals.evalspec.toml [evaluators.exact]"
    assert found.score_config is not None
    assert found.score_config.value == "correct: BOOLEAN, higher is better"
    assert found.trace is not None
    assert found.trace.value == ids.trace_id(RUN_ID, "item-2", 0)
    assert (found.mode.value, found.source.value) == ("offline", "evalspec")
    factors = {(factor.role, factor.name): factor for factor in found.factors}
    assert factors["instrument", "input"].value == '{"n":2}'
    assert factors["instrument", "expected_output"].value == '{"n":2}'
    assert factors["instrument", "metadata.even"].value == "true"
    assert factors["instrument", "metadata.absent"].value == "absent"
    assert factors["environment", "python"].value == "3.11.9"
    assert ("instrument", "metadata") not in factors


@pytest.mark.parametrize("status", ["failed by the evaluator", "failed by the task", "skipped", "pending"])
async def test_a_missing_score_is_explained_too(tmp_path: Path, status: str) -> None:
    plan = explained_plan()
    async with Recorder(tmp_path / "run", plan) as run:
        if status == "failed by the task":
            await run.trial(0, failure=CRASH)
        elif status != "pending":
            await run.trial(0, {"exact": None if status == "skipped" else TIMEOUT})
        await run.journal.flush()
        with run.journal.reader() as reader:
            score = explain_item_score(reader, plan, "item-0", 0, "correct").score
    assert score.value is None
    assert score.status == status.split()[0]
    expected = {"failed by the evaluator": "timeout", "failed by the task": "exception"}.get(status)
    assert (score.failure.kind if score.failure else None) == expected


async def test_a_run_score_over_one_trial_and_over_all(tmp_path: Path) -> None:
    plan = explained_plan(repeats=2)
    async with Recorder(tmp_path / "run", plan) as run:
        for position in range(4):
            for trial in range(2):
                await run.trial(position, {"exact": {"correct": float(trial)}}, trial=trial)
        await run.journal.flush()
        with run.journal.reader() as reader:
            records = run_scores(reader, plan, {})
        await run.complete(*records)
        with run.journal.reader() as reader:
            both = explain_run_score(reader, plan, "accuracy")
            second = explain_run_score(reader, plan, "accuracy", 1)
    assert (both.score.value, both.trial.value, both.score.coverage) == (0.5, "all of 2", 1.0)
    assert (second.score.value, second.trial.value) == (1.0, "2 of 2")
    assert second.experiment.value.endswith(f"trial 2 ({ids.experiment_id(RUN_ID, 1)})")
    assert both.aggregate is not None
    assert both.aggregate.value == "rate of correct"
    assert both.item is None
    assert both.instrument_digest != both.subject_digest


async def test_the_only_trial_is_all_trials(tmp_path: Path) -> None:
    plan = explained_plan()
    async with Recorder(tmp_path / "run", plan) as run:
        for position in range(4):
            await run.trial(position, {"exact": {"correct": 1.0}})
        await run.journal.flush()
        with run.journal.reader() as reader:
            records = run_scores(reader, plan, {})
        await run.complete(*records)
        with run.journal.reader() as reader:
            assert explain_run_score(reader, plan, "accuracy", 0) == explain_run_score(
                reader, plan, "accuracy"
            )


async def test_scores_are_found_by_their_ids(tmp_path: Path) -> None:
    plan = explained_plan(repeats=2)
    async with Recorder(tmp_path / "run", plan) as run:
        with run.journal.reader() as reader:
            item_score = ids.score_id(RUN_ID, "item-3", 1, "correct")
            assert find_score_id(reader, plan, item_score) == ScorePlace("correct", "item-3", 1)
            run_score = ids.run_score_id(RUN_ID, None, "accuracy")
            assert find_score_id(reader, plan, run_score) == ScorePlace("accuracy", None, None)
            assert find_score_id(reader, plan, "0" * 32) is None


async def test_what_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    plan = explained_plan()
    async with Recorder(tmp_path / "run", plan) as run:
        with run.journal.reader() as reader:
            with pytest.raises(UsageError, match="no score `corect`; did you mean `correct`"):
                explain_item_score(reader, plan, "item-0", 0, "corect")
            with pytest.raises(UsageError, match="no item `item_0`; did you mean `item-0`"):
                explain_item_score(reader, plan, "item_0", 0, "correct")
            with pytest.raises(UsageError, match="no trial 2; it has one trial per item"):
                explain_item_score(reader, plan, "item-0", 1, "correct")
            with pytest.raises(UsageError, match="no aggregate `acuracy`; did you mean `accuracy`"):
                explain_run_score(reader, plan, "acuracy")


async def test_the_instrument_is_the_same_for_items_that_differ_only_in_what_is_not_read(
    tmp_path: Path,
) -> None:
    plan = explained_plan()
    async with Recorder(tmp_path / "run", plan) as run:
        for position in (0, 1):
            await run.trial(position, {"exact": {"correct": 1.0}})
        await run.journal.flush()
        with run.journal.reader() as reader:
            first = explain_item_score(reader, plan, "item-0", 0, "correct")
            second = explain_item_score(reader, plan, "item-1", 0, "correct")
    assert first.subject_digest == second.subject_digest
    assert first.instrument_digest != second.instrument_digest
