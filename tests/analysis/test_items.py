from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from evalspec.analysis.items import ItemFilter, ItemList, item_list
from evalspec.analysis.listing import run_list
from evalspec.diagnostics.errors import UsageError
from evalspec.journal import ids
from evalspec.journal.reader import JournalReader
from evalspec.journal.store import list_runs
from evalspec.plan.model import Plan, PlanEvaluator
from tests.analysis.recorded import CRASH, RUN_ID, TIMEOUT, Recorder
from tests.support.plans import make_evaluator, make_plan, make_score


def listed_plan(repeats: int = 1) -> Plan:
    scores = {
        "close": make_score(min=0.0, max=1.0),
        "tone": make_score("CATEGORICAL", categories={"poor": 0.0, "fine": 2.0}),
    }
    evaluators: dict[str, PlanEvaluator | str] = {"first": "close", "judge": make_evaluator("tone")}
    return make_plan(4, repeats=repeats, scores=scores, evaluators=evaluators)


@asynccontextmanager
async def recorded(folder: Path, plan: Plan) -> AsyncIterator[JournalReader]:
    async with Recorder(folder, plan) as run:
        await run.trial(0, {"first": {"close": 0.25}, "judge": {"tone": "fine"}}, output={"null": None})
        await run.trial(1, {"first": {"close": 0.75}, "judge": {"tone": "poor"}}, output="text")
        await run.trial(2, failure=CRASH)
        await run.trial(3, {"first": {"close": 0.5}, "judge": TIMEOUT}, output=[1])
        await run.journal.flush()
        with run.journal.reader() as reader:
            yield reader


def names(found: ItemList) -> list[str]:
    return [item.item for item in found.items]


async def test_filters(tmp_path: Path) -> None:
    plan = listed_plan()
    async with recorded(tmp_path / "run", plan) as reader:
        assert names(item_list(reader, plan)) == ["item-0", "item-1", "item-2", "item-3"]
        assert names(item_list(reader, plan, ItemFilter(failed=True))) == ["item-2", "item-3"]
        assert names(item_list(reader, plan, ItemFilter(below={"close": 0.75}))) == ["item-0", "item-3"]
        assert names(item_list(reader, plan, ItemFilter(below={"tone": 1}))) == ["item-1"]
        assert names(item_list(reader, plan, ItemFilter(failed=True, below={"close": 0.6}))) == ["item-3"]
        some = item_list(reader, plan, limit=1)
        assert (names(some), some.matching) == (["item-0"], 4)
        with pytest.raises(UsageError, match="no score `cloze`; did you mean `close`"):
            item_list(reader, plan, ItemFilter(below={"cloze": 1}))
        with pytest.raises(UsageError, match="no item `item-9`"):
            item_list(reader, plan, ItemFilter(item="item-9"))


async def test_an_item_whole(tmp_path: Path) -> None:
    plan = listed_plan(repeats=2)
    async with recorded(tmp_path / "run", plan) as reader:
        first, second = item_list(reader, plan, ItemFilter(item="item-0")).items
    assert (first.trial, first.status, first.output) == (1, "completed", {"null": None})
    assert (first.input, first.expected_output, first.metadata) == ({"n": 0}, {"n": 0}, {"even": True})
    assert first.trace_id == ids.trace_id(RUN_ID, "item-0", 0)
    assert first.duration_seconds == 0.5
    close = first.scores()["close"]
    assert (close.value, close.id) == (0.25, ids.score_id(RUN_ID, "item-0", 0, "close"))
    assert (second.trial, second.status, second.evaluations) == (2, "pending", [])


async def test_nulls_in_data_stay_and_what_is_not_known_is_absent(tmp_path: Path) -> None:
    plan = listed_plan()
    async with recorded(tmp_path / "run", plan) as reader:
        found = item_list(reader, plan)
    assert ItemList.model_validate_json(found.as_json()) == found
    tree = found.as_dict()
    assert tree["items"][0]["output"] == {"null": None}
    assert "failure" not in tree["items"][0]
    assert tree["items"][2]["failure"]["kind"] == "exception"
    assert "output" not in tree["items"][2]


async def test_the_runs_of_a_store(tmp_path: Path) -> None:
    async with recorded(tmp_path / "runs" / RUN_ID, listed_plan()):
        (tmp_path / "runs" / "20260101-000000-damage").mkdir()
        found = run_list(list_runs(tmp_path))
    good, damaged = found.runs
    assert (good.id, good.status, good.items, good.completed, good.failed) == (RUN_ID, "running", 4, 3, 1)
    assert (damaged.id, damaged.status) == ("20260101-000000-damage", "unreadable")
    assert damaged.problem
    assert set(found.as_dict()["runs"][1]) == {"id", "status", "problem"}


async def test_results_are_those_of_every_trial(tmp_path: Path) -> None:
    plan = make_plan(70, repeats=2, evaluators={"first": "close"}, scores={"close": make_score()})
    async with Recorder(tmp_path / "run", plan) as run:
        for position in range(70):
            for trial in range(2):
                await run.trial(position, {"first": {"close": position / 70}}, trial=trial)
        await run.journal.flush()
        with run.journal.reader() as reader:
            for number in (None, 0, 1):
                one_by_one = [
                    (row, reader.evaluations(row.position, row.trial)) for row in reader.trials(number)
                ]
                assert list(reader.results(number)) == one_by_one
                assert len(one_by_one) == (140 if number is None else 70)
