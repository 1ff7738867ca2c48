"""Evaluators that read each other's scores, and scores at observations, through a run and its journal."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.attaching import attached
from evalspec.evaluators.base import EvaluationError, ScoreValue, Subject
from evalspec.journal.journal import Journal
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import EvaluationRecord, EvaluationStatus, ScorePart
from evalspec.kinds.loading import Loading
from evalspec.kinds.tracing import observe
from evalspec.plan.model import Plan, PlanAttach
from evalspec.plan.values import Item
from evalspec.runner import execute
from evalspec.runner.composition import stages_of
from tests.runner.parts import NO_WAIT, FunctionEvaluator, FunctionTask, carry_out, echo, folder_of
from tests.support.plans import make_evaluator, make_plan, make_score
from tests.support.runs import create_run, evaluation_record, trial_record

pytestmark = pytest.mark.anyio

SCORES = {
    "exact": make_score("BOOLEAN"),
    "close": make_score("NUMERIC"),
    "passed": make_score("BOOLEAN"),
    "quality": make_score("NUMERIC"),
}
# In the plan's order those that read come first, so that only their stage makes them wait.
EVALUATORS_OF = {
    "quality": make_evaluator("quality", after=("close", "passed")),
    "passed": make_evaluator("passed", after=("close", "exact")),
    "close": make_evaluator("close"),
    "exact": make_evaluator("exact"),
}


def plan_of(items: int = 4, **changes: Any) -> Plan:
    return make_plan(items, scores=SCORES, evaluators={**EVALUATORS_OF, **changes})


def built(kind: str, **fields: Any) -> Any:
    here = Path(".")
    return EVALUATORS[kind].build(fields, Loading(here, (here,), here))


PASSED = {"of": ["scores.exact", "scores.close > 0.5"], "on_skipped": "skip"}
QUALITY = {"weights": {"close": 1.0, "passed": 1.0}, "on_skipped": "ignore"}


def evaluators(
    exact: Callable[[Subject], Any], close: Callable[[Subject], Any], blocking: bool = False
) -> dict[str, FunctionEvaluator]:
    return {
        "exact": FunctionEvaluator(exact, blocking=blocking),
        "close": FunctionEvaluator(close),
        "passed": FunctionEvaluator(built("all", **PASSED)),
        "quality": FunctionEvaluator(built("weighted", **QUALITY)),
    }


def results(store: Path) -> dict[str, dict[str, Any]]:
    """By item and evaluator: the value, `skipped`, or the kind of the failure."""
    found: dict[str, dict[str, Any]] = {}
    with JournalReader(folder_of(store)) as reader:
        for row in reader.trials():
            for record in reader.evaluations(row.position, row.trial):
                found.setdefault(row.item_id, {})[record.evaluator] = _outcome(record)
    return found


def _outcome(record: EvaluationRecord) -> Any:
    if record.failure is not None:
        return record.failure.kind
    return record.scores[0].value if record.scores else "skipped"


@pytest.mark.parametrize("blocking", [False, True])
async def test_what_reads_scores_waits_for_them(tmp_path: Path, blocking: bool) -> None:
    def exact(subject: Subject) -> bool:
        return bool(subject.output["n"] % 2)

    async def close(subject: Subject) -> float:
        return float(subject.output["n"])

    assert stages_of(plan_of()) == [["close", "exact"], ["passed"], ["quality"]]
    outcome = await carry_out(tmp_path, plan_of(), evaluators=evaluators(exact, close, blocking))
    assert outcome.completed
    assert results(tmp_path) == {
        "item-0": {"exact": 0.0, "close": 0.0, "passed": 0.0, "quality": 0.0},
        "item-1": {"exact": 1.0, "close": 1.0, "passed": 1.0, "quality": 1.0},
        "item-2": {"exact": 0.0, "close": 2.0, "passed": 0.0, "quality": 1.0},
        "item-3": {"exact": 1.0, "close": 3.0, "passed": 1.0, "quality": 2.0},
    }


async def test_a_score_that_failed_fails_what_reads_it(tmp_path: Path) -> None:
    def close(subject: Subject) -> float | None:
        if subject.output["n"] == 0:
            raise EvaluationError("not_a_number", "no")
        return None if subject.output["n"] == 1 else 0.25

    await carry_out(tmp_path, plan_of(3), evaluators=evaluators(lambda subject: True, close))
    assert results(tmp_path) == {
        # `passed` was not given either, so what reads it fails as well.
        "item-0": {
            "exact": 1.0,
            "close": "not_a_number",
            "passed": "missing_score",
            "quality": "missing_score",
        },
        # Skipped is not failed: one reader skips, too, and the other has nothing left.
        "item-1": {"exact": 1.0, "close": "skipped", "passed": "skipped", "quality": "skipped"},
        "item-2": {"exact": 1.0, "close": 0.25, "passed": 0.0, "quality": 0.125},
    }


async def test_a_condition_that_does_not_hold_skips_and_is_counted(tmp_path: Path) -> None:
    when = make_evaluator("quality", after=("close", "passed"), when="scores.close > 0 and input.n != 3")
    called: list[int] = []

    def quality(subject: Subject) -> float:
        called.append(subject.output["n"])
        return 1.0

    given = {
        **evaluators(lambda subject: True, lambda subject: float(subject.output["n"])),
        "quality": FunctionEvaluator(quality),
    }
    await carry_out(tmp_path, plan_of(5, quality=when), evaluators=given)
    assert called == [1, 2, 4]
    outcomes = {item: found["quality"] for item, found in results(tmp_path).items()}
    assert outcomes == {"item-0": "skipped", "item-1": 1.0, "item-2": 1.0, "item-3": "skipped", "item-4": 1.0}
    with JournalReader(folder_of(tmp_path)) as reader:
        records = [record for n in range(5) for record in reader.evaluations(n, 0)]
        skipped = [record for record in records if record.status is EvaluationStatus.SKIPPED]
    assert [record.evaluator for record in skipped] == ["quality", "quality"]


async def test_a_condition_that_cannot_be_told_fails(tmp_path: Path) -> None:
    when = make_evaluator("exact", when="metadata.answerable")
    given = evaluators(lambda subject: True, lambda subject: 1.0)
    await carry_out(tmp_path, plan_of(1, exact=when), evaluators=given)
    assert results(tmp_path)["item-0"]["exact"] == "missing_key"


@pytest.mark.parametrize("skipped", [False, True])
async def test_scores_of_an_earlier_session_are_seen(tmp_path: Path, skipped: bool) -> None:
    plan = plan_of(1)
    calls: list[str] = []

    def exact(subject: Subject) -> bool:
        calls.append("exact")
        return True

    def close(subject: Subject) -> float:
        calls.append("close")
        return 0.75

    journal = create_run(tmp_path, plan)
    await journal.put(trial_record(0, 0), evaluation_record(0, 0, "exact", None if skipped else 1.0))
    journal.close()
    with Journal.open(folder_of(tmp_path)) as journal:
        outcome = await execute(
            plan, journal, task=FunctionTask(echo), evaluators=evaluators(exact, close), backoff=NO_WAIT
        )
    assert outcome.completed
    assert calls == ["close"]
    passed, quality = ("skipped", 0.75) if skipped else (1.0, 0.875)
    exactly = "skipped" if skipped else 1.0
    assert results(tmp_path)["item-0"] == {
        "exact": exactly, "close": 0.75, "passed": passed, "quality": quality,
    }  # fmt: skip


async def test_what_failed_for_want_of_a_score_is_made_good(tmp_path: Path) -> None:
    broken = True

    def close(subject: Subject) -> float:
        if broken:
            raise EvaluationError("not_a_number", "no")
        return 1.0

    given = evaluators(lambda subject: True, close)
    await carry_out(tmp_path, plan_of(1), evaluators=given)
    assert results(tmp_path)["item-0"]["quality"] == "missing_score"
    broken = False
    await carry_out(tmp_path, plan_of(1), evaluators=given, retry_errors=True)
    assert results(tmp_path)["item-0"] == {"exact": 1.0, "close": 1.0, "passed": 1.0, "quality": 1.0}


async def test_values_at_observations_go_through_the_journal(tmp_path: Path) -> None:
    """What a kind of ours records below the task is what an attached evaluator sees."""

    looked_at: dict[str, list[str]] = {}

    class Task(FunctionTask):
        observes = True

    def work(item: Item, trial: int) -> Any:
        for number in range(item.input["n"]):
            with observe(f"tool {number}", "tool") as observation:
                observation.output = {"n": number}
        return item.input

    def judge(subject: Subject) -> Sequence[ScoreValue]:
        assert subject.observation is not None
        looked_at.setdefault(subject.item.id, []).append(subject.observation.id)
        n = subject.observation.output["n"]
        return (ScoreValue(n > 0, "some", comment=f"{n} things"), ScoreValue(n / 2, "half"))

    attach = PlanAttach(to="observation", type="tool", match="each", on_none="skip")
    part = make_evaluator({"some": "some", "half": "half"}, attach=attach)
    scores = {"some": make_score("BOOLEAN"), "half": make_score("NUMERIC")}
    plan = make_plan(3, scores=scores, evaluators={"tools": part})
    evaluator = attached(FunctionEvaluator(judge), part, scores)
    with create_run(tmp_path, plan) as journal:
        outcome = await execute(
            plan, journal, task=Task(work), evaluators={"tools": evaluator}, backoff=NO_WAIT
        )
    assert outcome.completed
    with JournalReader(folder_of(tmp_path)) as reader:
        none, one, two = (reader.evaluations(n, 0)[0] for n in range(3))
    assert (none.status, none.scores) == (EvaluationStatus.SKIPPED, ())
    assert [(score.name, score.value) for score in one.scores] == [("some", 0.0), ("half", 0.0)]
    assert [(score.name, score.value) for score in two.scores] == [("some", 0.0), ("half", 0.25)]
    assert [len(looked_at.get(f"item-{n}", [])) for n in range(3)] == [0, 1, 2]
    first, second = looked_at["item-2"]
    some, half = two.scores
    assert some.parts == (
        ScorePart(first, 0.0, "0 things"),
        ScorePart(second, 1.0, "1 things"),
    )
    assert half.parts == (ScorePart(first, 0.0), ScorePart(second, 0.5))


def test_evaluators_that_wait_for_each_other_are_refused() -> None:
    plan = make_plan(
        1,
        scores={"a": make_score(), "b": make_score()},
        evaluators={"a": make_evaluator("a", after=("b",)), "b": make_evaluator("b", after=("a",))},
    )
    with pytest.raises(ValueError, match="these evaluators wait for each other: a, b"):
        stages_of(plan)
