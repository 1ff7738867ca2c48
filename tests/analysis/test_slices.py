"""Aggregates by groups of items."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalspec.analysis.explain import explain_run_score
from evalspec.analysis.groups import MAX_GROUPS, Groups, in_order
from evalspec.analysis.summary import AggregateSummary
from evalspec.kinds.evaluations import ItemResult
from evalspec.plan.model import Plan
from evalspec.plan.values import Item
from tests.analysis.measured import comparison, fates, items, over_score, records_of, sliced, summary_of
from tests.analysis.recorded import CRASH, TIMEOUT, Recorder
from tests.support.plans import digest_of, make_plan, make_score

BY = "metadata.continent"
ROWS = items(
    ("Rome", {"continent": "Europe"}),
    ("Lima", {"continent": "America"}),
    ("Oslo", {"continent": "Europe"}),
    ("Atlantis", {}),
    ("Nowhere", None),
)


def plan_of(aggregates: dict[str, Any], rows: list[Item] | None = None, **more: Any) -> Plan:
    more = {"scores": {"correct": make_score("BOOLEAN")}, "evaluators": {"exact": "correct"}, **more}
    return make_plan(ROWS if rows is None else rows, aggregates=aggregates, **more)


async def test_a_rate_by_continent(tmp_path: Path) -> None:
    plan = plan_of({"right": over_score("rate", "correct", BY)})
    async with Recorder(tmp_path / "run", plan, ROWS) as run:
        await run.trial(0, {"exact": {"correct": 1.0}})
        await run.trial(1, {"exact": {"correct": 0.0}})
        await run.trial(2, {"exact": TIMEOUT})
        await run.trial(3, failure=CRASH)
        await run.journal.flush()
        found = summary_of(run.journal, plan).aggregates["right"]
        [record] = records_of(run.journal, plan)
        await run.complete(record)
        with run.journal.reader() as reader:
            explained = explain_run_score(reader, plan, "right")
            assert reader.run_scores() == [record]
    assert (found.value, found.by) == (0.5, BY)
    assert fates(found) == (5, 2, 2, 0, 1)
    assert found.slices is not None
    assert [(one.group, one.value, fates(one)) for one in found.slices] == [
        ("Europe", 1.0, (2, 1, 1, 0, 0)),
        ("America", 0.0, (1, 1, 0, 0, 0)),
        ("(missing)", None, (2, 0, 1, 0, 1)),
    ]
    assert (found.slices[0].worst_case, found.slices[0].best_case) == (0.5, 1.0)
    assert found.slices[2].failure == "nothing was scored"
    assert [(one.group, one.value, one.failure) for one in record.slices] == [
        ("Europe", 1.0, None),
        ("America", 0.0, None),
        ("(missing)", None, "nothing was scored"),
    ]
    assert record.slices[0].coverage["failed"] == 1
    assert explained.aggregate is not None
    assert explained.aggregate.value == "rate of correct (by = metadata.continent)"


async def test_slices_of_comparisons_and_of_trials(tmp_path: Path) -> None:
    plan = plan_of(
        {
            "right": comparison("accuracy", BY),
            "any": over_score("pass_at_k", "correct", BY, k=2),
            "tail": over_score("percentile", "correct", BY, percentile=100),
        },
        ROWS[:3],
        repeats=2,
    )
    outputs = [["Rome", "Rome"], ["Lima", "Quito"], ["Bergen", "Oslo"]]
    async with Recorder(tmp_path / "run", plan, ROWS[:3]) as run:
        for position, given in enumerate(outputs):
            for trial, output in enumerate(given):
                scores = {"correct": float(output == ROWS[position].expected_output)}
                await run.trial(position, {"exact": scores}, trial=trial, output=output)
        await run.complete()
        found = summary_of(run.journal, plan).aggregates
        records = {(one.name, one.trial): one for one in records_of(run.journal, plan)}
    assert sliced(found["right"]) == {"Europe": (0.75, 4, 4), "America": (0.5, 2, 2)}
    assert sliced(found["any"]) == {"Europe": (1.0, 2, 2), "America": (1.0, 1, 1)}
    assert sliced(found["tail"]) == {"Europe": (1.0, 4, 4), "America": (1.0, 2, 2)}
    assert [(one.group, one.value) for one in records["right", 0].slices] == [
        ("Europe", 0.5),
        ("America", 1.0),
    ]
    assert [(one.group, one.value) for one in records["tail", 1].slices] == [
        ("Europe", 1.0),
        ("America", 0.0),
    ]


async def test_a_function_is_called_for_each_group(tmp_path: Path) -> None:
    named = {"function": "python", "by": BY, "fields": {"callable": "m:f"}, "digest": digest_of("f")}
    plan = plan_of({"size": named})

    def size(results: list[ItemResult]) -> float:
        if results and results[0].item.id == "item-1":
            raise ValueError("not here")
        return len(results)

    async with Recorder(tmp_path / "run", plan, ROWS) as run:
        for position in range(4):
            await run.trial(position, {"exact": {"correct": 1.0}})
        await run.journal.flush()
        assert summary_of(run.journal, plan).aggregates["size"].slices is None
        await run.complete(*records_of(run.journal, plan, {"size": size}))
        found = summary_of(run.journal, plan).aggregates["size"]
    assert found.value == 4
    assert sliced(found) == {"Europe": (2, 2, 2), "America": (None, 1, 1), "(missing)": (1, 1, 2)}
    assert found.slices is not None
    assert found.slices[1].failure == "ValueError: not here"


def test_groups_are_the_text_of_a_value() -> None:
    groups = Groups("metadata.group")
    values = ["a", 1, 1.0, True, None, ["x", {"b": 1}], "", "w" * 500]
    found = [groups.of(Item("one", None, None, {"group": value})) for value in values]
    assert found[:7] == ["a", "1", "1", "true", "null", '["x",{"b":1}]', ""]
    assert len(found[7]) <= 100
    assert found[7] != groups.of(Item("one", None, None, {"group": "w" * 501}))


def test_what_has_no_group_has_one_of_its_own() -> None:
    assert Groups(BY).of(Item("one", 1, None, {})) == "(missing)"
    assert Groups(BY).of(Item("one", 1, None, None)) == "(missing)"
    assert Groups("expected_output").of(Item("one", 1)) == "(missing)"
    assert Groups("metadata.age // 10 * 10").of(Item("one", 1, None, {"age": "old"})) == "(failed)"
    assert Groups("metadata.age // 10 * 10").of(Item("one", 1, None, {"age": 37})) == "30"
    assert Groups("item.id[0]").of(Item("one", 1)) == "o"


def test_no_more_than_a_hundred_groups_stand_alone() -> None:
    groups = Groups("item.id")
    found = [groups.of(Item(str(number), None)) for number in range(250)]
    assert found[:MAX_GROUPS] == [str(number) for number in range(MAX_GROUPS)]
    assert set(found[MAX_GROUPS:]) == {"(other)"}
    assert groups.of(Item("7", None)) == "7"
    assert in_order(["(missing)", "b", "(other)", "a", "(failed)"]) == [
        "b",
        "a",
        "(other)",
        "(missing)",
        "(failed)",
    ]


FATES = st.sampled_from(["right", "wrong", "failed", "skipped", "crashed", "pending"])
RUN = st.lists(st.tuples(st.sampled_from(["x", "y", None]), FATES, FATES), min_size=1, max_size=8)


@settings(max_examples=25, deadline=None)
@given(RUN)
async def test_slices_add_up_to_the_whole(run: list[tuple[str | None, str, str]]) -> None:
    rows = items(*(("yes", {} if group is None else {"continent": group}) for group, _, _ in run))
    aggregates = {
        "rate": over_score("rate", "correct", BY),
        "plain": over_score("rate", "correct"),
        "accuracy": comparison("accuracy", BY),
        "scored": comparison("accuracy", BY, value="scores.correct", expected="true"),
        "passed": over_score("pass_hat_k", "correct", BY, k=1),
    }
    plan = plan_of(aggregates, rows, repeats=2)
    with tempfile.TemporaryDirectory() as folder:
        found = await _recorded(Path(folder) / "run", plan, rows, run)
    for aggregate in (found["rate"], found["accuracy"], found["scored"], found["passed"]):
        parts = aggregate.slices or []
        assert fates(aggregate) == tuple(map(sum, zip(*map(fates, parts), strict=True)))
        if isinstance(aggregate.value, float):
            total = sum(one.scored * one.value for one in parts if isinstance(one.value, float))
            assert aggregate.value == pytest.approx(total / aggregate.scored, abs=1e-12)
    # The same is told by counting rows and by looking at every trial.
    assert fates(found["rate"]) == fates(found["plain"]) == fates(found["scored"])
    assert found["rate"].value == found["plain"].value == found["scored"].value


async def _recorded(
    folder: Path, plan: Plan, rows: list[Item], run: list[tuple[str | None, str, str]]
) -> dict[str, AggregateSummary]:
    results: dict[str, Any] = {
        "right": {"correct": 1.0},
        "wrong": {"correct": 0.0},
        "failed": TIMEOUT,
        "skipped": None,
    }
    async with Recorder(folder, plan, rows) as recorder:
        for position, (_, *trials) in enumerate(run):
            for trial, fate in enumerate(trials):
                if fate == "crashed":
                    await recorder.trial(position, trial=trial, failure=CRASH)
                elif fate != "pending":
                    output = "yes" if fate == "right" else "no"
                    await recorder.trial(position, {"exact": results[fate]}, trial=trial, output=output)
        await recorder.journal.flush()
        return summary_of(recorder.journal, plan).aggregates
