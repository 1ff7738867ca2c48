"""User code that does what nobody should: the run goes on all the same."""

import time
from pathlib import Path
from typing import Any

import pytest

from evalspec.journal.reader import JournalReader
from evalspec.plan.values import Item
from tests.runner.parts import FunctionEvaluator, carry_out, folder_of
from tests.support.plans import make_plan

pytestmark = pytest.mark.anyio


async def test_generator_exit_of_user_code_is_not_the_end_of_the_worker(tmp_path: Path) -> None:
    def raises(subject: Any) -> Any:
        raise GeneratorExit

    async def raises_later(item: Item, trial: int) -> Any:
        if item.input["n"] == 1:
            raise GeneratorExit
        return item.input

    plan = make_plan(3, evaluators={"bad": "bad"}, limits={"concurrency": 1})
    outcome = await carry_out(tmp_path, plan, raises_later, {"bad": FunctionEvaluator(raises)})
    assert (outcome.completed, outcome.done, outcome.failed) == (True, 2, 1)
    assert outcome.evaluations_failed == 2


async def test_a_result_that_blocked_the_event_loop_for_too_long_is_too_late(tmp_path: Path) -> None:
    async def blocks(item: Item, trial: int) -> Any:
        if item.input["n"] == 1:
            time.sleep(0.3)  # noqa: ASYNC251 - what user code should not do
        return item.input

    plan = make_plan(2, task={"timeout": 0.2}, limits={"concurrency": 1})
    outcome = await carry_out(tmp_path, plan, blocks)
    assert (outcome.completed, outcome.done, outcome.failed) == (True, 1, 1)
    with JournalReader(folder_of(tmp_path)) as reader:
        kinds = {row.item_id: row.failure and row.failure.kind for row in reader.trials()}
    assert kinds == {"item-0": None, "item-1": "timeout"}
