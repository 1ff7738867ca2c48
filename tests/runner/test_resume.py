"""Resuming does what is missing, and nothing else."""

from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalspec.evaluators.base import Subject
from evalspec.journal.journal import Journal
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import Failure
from evalspec.plan.values import Item
from evalspec.runner import execute
from tests.runner.parts import NO_WAIT, FunctionEvaluator, FunctionTask, carry_out, folder_of
from tests.support.plans import make_plan, make_score
from tests.support.runs import create_run, evaluation_record, trial_record

PLAN = make_plan(4, evaluators={"a": "a", "b": "b"}, repeats=2, limits={"concurrency": 3})
TRIALS = [(position, trial) for position in range(4) for trial in range(2)]
NO = Failure("exception", "ValueError", "no")

states = st.sampled_from(
    ["nothing", "failed", "output", "a", "b", "both", "a failed", "a failed and b", "both failed"]
)


def records_of(position: int, trial: int, state: str) -> list[Any]:
    if state == "nothing":
        return []
    if state == "failed":
        return [trial_record(position, trial, failure=NO)]
    records: list[Any] = [trial_record(position, trial)]
    for name in ("a", "b"):
        failed = state in (f"{name} failed", "both failed") or (state == "a failed and b" and name == "a")
        given_score = state in (name, "both") or (state == "a failed and b" and name == "b")
        if failed or given_score:
            records.append(evaluation_record(position, trial, name, failure=NO if failed else None))
    return records


def expected_calls(state: str, retry_errors: bool) -> set[str]:
    everything = {"task", "a", "b"}
    left = {
        "nothing": everything,
        "failed": everything if retry_errors else set(),
        "output": {"a", "b"},
        "a": {"b"},
        "b": {"a"},
        "both": set(),
        "a failed": {"a", "b"} if retry_errors else {"b"},
        "a failed and b": {"a"} if retry_errors else set(),
        "both failed": {"a", "b"} if retry_errors else set(),
    }
    return left[state]


@given(chosen=st.lists(states, min_size=8, max_size=8), retry_errors=st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_exactly_the_complement_of_what_is_committed_is_done(
    tmp_path_factory: pytest.TempPathFactory, chosen: list[str], retry_errors: bool
) -> None:
    store = tmp_path_factory.mktemp("store")
    calls: Counter[tuple[str, int, int]] = Counter()

    async def task(item: Item, trial: int) -> Any:
        calls["task", item.input["n"], trial] += 1
        return {"n": item.input["n"]}

    def evaluator(name: str) -> FunctionEvaluator:
        def judge(subject: Subject) -> float:
            calls[name, subject.output["n"], subject.trial] += 1
            return 1.0

        return FunctionEvaluator(judge)

    async def main() -> None:
        journal = create_run(store, PLAN)
        for (position, trial), state in zip(TRIALS, chosen, strict=True):
            await journal.put(*records_of(position, trial, state))
        journal.close()
        with Journal.open(folder_of(store)) as journal:
            evaluators = {name: evaluator(name) for name in ("a", "b")}
            outcome = await execute(
                PLAN,
                journal,
                task=FunctionTask(task),
                evaluators=evaluators,
                retry_errors=retry_errors,
                backoff=NO_WAIT,
            )
            assert outcome.completed
            with journal.reader() as reader:
                assert list(reader.unfinished(2)) == []
                assert [found.completion for found in reader.next_unpublished(0, 99)] == sorted(
                    found.completion for found in reader.next_unpublished(0, 99)
                )
                assert len(reader.next_unpublished(0, 99)) == 8

    anyio.run(main)
    wanted = {
        (what, *trial): 1
        for trial, state in zip(TRIALS, chosen, strict=True)
        for what in expected_calls(state, retry_errors)
    }
    assert calls == wanted


@pytest.mark.anyio
async def test_errors_are_retried_when_asked_for(tmp_path: Path) -> None:
    works = False

    async def task(item: Item, trial: int) -> Any:
        if item.input["n"] == 1 and not works:
            raise ConnectionError("no")
        return item.input

    def judge(subject: Subject) -> float:
        if subject.item.input["n"] == 2 and not works:
            raise ValueError("no")
        return 1.0

    plan = make_plan(
        4, scores={"exact": make_score("BOOLEAN", on_task_failure="worst")}, limits={"retries": 1}
    )
    outcome = await carry_out(tmp_path, plan, task, {"exact": judge})
    assert (outcome.completed, outcome.failed, outcome.evaluations_failed) == (True, 1, 1)
    works = True
    outcome = await carry_out(tmp_path, plan, task, {"exact": judge})
    assert (outcome.completed, outcome.done) == (True, 0)
    told: list[Any] = []
    outcome = await carry_out(tmp_path, plan, task, {"exact": judge}, retry_errors=True, progress=told.append)
    assert (outcome.completed, outcome.done, outcome.failed) == (True, 1, 0)
    assert (told[0].completed, told[0].failed) == (3, 1)
    assert (told[-1].completed, told[-1].failed) == (4, 0)
    with JournalReader(folder_of(tmp_path)) as reader:
        found = {completed.position: completed for completed in reader.next_unpublished(0, 99)}
        assert sorted(found) == [0, 1, 2, 3]
        assert [value for _, _, value, imputed in reader.score_values("exact") if not imputed] == [1.0] * 4
    task_again, judged_again = found[1], found[2].evaluations[0]
    assert task_again.row.attempt == 3
    assert [attempt.attempt for attempt in task_again.earlier] == [1, 2]
    assert task_again.row.first_started_ns == task_again.earlier[0].started_ns
    assert judged_again.attempt == 3
    assert [attempt.attempt for attempt in judged_again.earlier] == [1, 2]
    assert found[0].completion < found[1].completion, "what changed is complete anew"
