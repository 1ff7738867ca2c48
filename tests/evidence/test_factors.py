import json
from typing import Any

import pytest

from evalspec.evidence import (
    Factor,
    as_metadata,
    instrument_digest,
    item_factors,
    run_factors,
    score_factors,
    subject_digest,
)
from evalspec.evidence.score_factors import config_text
from evalspec.plan.model import Plan
from evalspec.plan.values import Item
from tests.support.plans import digest_of, make_evaluator, make_plan, make_score

ENVIRONMENT = {"python": "3.11.9", "git": {"commit": "abc", "dirty": False}}


def named(factors: tuple[Factor, ...]) -> dict[str, Factor]:
    assert len({factor.name for factor in factors}) == len(factors)
    return {factor.name: factor for factor in factors}


def test_what_a_run_is_made_of() -> None:
    plan = make_plan(
        2,
        repeats=3,
        spec={"path": "a.evalspec.toml", "digest": digest_of("a")},
        task={"type": "python", "code": {"reference": "a:f", "digest": digest_of("f")}, "timeout": 30.0},
        limits={"retries": 2},
    )
    factors = named(run_factors(plan, ENVIRONMENT))
    shown = {name: (factor.role, factor.value, factor.origin) for name, factor in factors.items()}
    assert shown == {
        "task": ("subject", "python a:f, revision 1", "a.evalspec.toml [task]"),
        "task.code": ("subject", "a:f", "a.evalspec.toml [task] callable"),
        "task.timeout": ("subject", "30 s", "a.evalspec.toml [task] timeout"),
        "task.retries": ("subject", "2", "a.evalspec.toml [limits] retries"),
        "items": ("instrument", "inline, 2 items", "a.evalspec.toml [dataset]"),
        "selection": ("instrument", "all items", "a.evalspec.toml [dataset] where, sample"),
        "trials": ("instrument", "3 trials per item", "a.evalspec.toml [task] repeats"),
        "mode": ("instrument", "offline", "evalspec run"),
        "source": ("instrument", "evalspec", "evalspec run"),
        "git.commit": ("environment", "abc", "record of the run"),
        "git.dirty": ("environment", "false", "record of the run"),
        "python": ("environment", "3.11.9", "record of the run"),
    }
    assert factors["task"].digest == plan.task.digest
    assert factors["items"].digest == plan.dataset.digest


@pytest.mark.parametrize(
    ("change", "subject", "instrument"),
    [
        ({"task": {"timeout": 1.0}}, True, False),
        ({"limits": {"retries": 5}}, True, False),
        ({"repeats": 2}, False, True),
        ({"items": 4}, False, True),
        ({"scores": {"exact": make_score(max=2.0)}}, False, True),
        ({"evaluators": {"exact": make_evaluator("exact", semantics=2)}}, False, True),
        ({"description": "another", "tags": ("x",)}, False, False),
    ],
)
def test_a_change_shows_on_the_side_where_it_belongs(
    change: dict[str, Any], subject: bool, instrument: bool
) -> None:
    def both(plan: Plan) -> tuple[str, str]:
        factors = (*run_factors(plan, {}), *score_factors(plan, "exact"))
        return subject_digest(factors), instrument_digest(factors)

    before, after = both(make_plan()), both(make_plan(**change))
    assert (before[0] != after[0], before[1] != after[1]) == (subject, instrument)


def test_the_environment_decides_nothing() -> None:
    here, there = run_factors(make_plan(), ENVIRONMENT), run_factors(make_plan(), {"python": "3.13.0"})
    assert subject_digest(here) == subject_digest(there)
    assert instrument_digest(here) == instrument_digest(there)


def test_one_key_of_an_evaluator_with_several_scores() -> None:
    plan = make_plan(evaluators={"judge": make_evaluator({"t": "tone", "l": "length"})})
    assert named(score_factors(plan, "tone"))["evaluator.key"].value == "t"
    tone, length = score_factors(plan, "tone"), score_factors(plan, "length")
    assert instrument_digest(tone) != instrument_digest(length)
    with pytest.raises(KeyError):
        score_factors(plan, "other")


ITEM = Item("one", {"q": 1}, {"a": 2, "b": 3}, {"lang": "de", "tags": ["x"]})


@pytest.mark.parametrize(
    ("reads", "names"),
    [
        (("output",), ["input"]),
        (("output.x", "expected_output.a"), ["input", "expected_output"]),
        (("metadata.lang", "metadata.tags[0]"), ["input", "metadata.lang", "metadata.tags.0"]),
        (("metadata", "metadata.lang"), ["input", "metadata"]),
        (("item.metadata.lang", "item.id"), ["input", "metadata.lang"]),
        (("item",), ["input", "expected_output", "metadata"]),
        ((), ["input", "expected_output", "metadata"]),
    ],
)
def test_what_an_evaluator_reads_of_an_item(reads: tuple[str, ...], names: list[str]) -> None:
    plan = make_plan(evaluators={"exact": make_evaluator("exact", reads=reads)})
    factors = item_factors(plan, "exact", ITEM)
    assert [factor.name for factor in factors] == names
    assert {(factor.role, factor.scope) for factor in factors} == {("instrument", "item")}


def test_absent_metadata_is_not_null() -> None:
    plan = make_plan(evaluators={"exact": make_evaluator("exact", reads=("metadata.lang",))})
    digests = [
        named(item_factors(plan, "exact", item))["metadata.lang"].digest
        for item in (Item("a", 1, None, {}), Item("a", 1, None, None), Item("a", 1, None, {"lang": None}))
    ]
    assert digests[0] == digests[1] != digests[2]


def test_metadata_has_digests_of_what_decides_and_values_of_the_rest() -> None:
    plan = make_plan(task={"code": {"reference": "a:f", "digest": digest_of("f")}})
    metadata = as_metadata(run_factors(plan, {**ENVIRONMENT, "long": "x" * 500}))
    assert json.loads(metadata["evalspec_factors"])["subject.task.code"] == digest_of("f")
    environment = json.loads(metadata["evalspec_environment"])
    assert environment["python"] == "3.11.9"
    assert len(environment["long"]) == 200


def test_a_config_in_words() -> None:
    tone = make_score("CATEGORICAL", categories={"b": 1.0, "a": 0.0}, good=("b",), direction="higher")
    assert config_text(tone) == "CATEGORICAL, a < b, good: b, higher is better"
    assert config_text(make_score(min=0.0, on_task_failure="worst")) == (
        "NUMERIC, 0.., higher is better, worst where the task fails"
    )
    assert config_text(make_score("BOOLEAN", on_task_failure=False)).endswith("false where the task fails")


def test_what_was_not_as_planned_counts_on_both_sides() -> None:
    plan = make_plan()
    planned = run_factors(plan, {})
    moved = run_factors(plan, {}, ["the code of the task has changed: sha256:1 instead of sha256:2"])
    other = run_factors(plan, {}, ["the code of the task has changed: sha256:3 instead of sha256:2"])
    assert len({subject_digest(found) for found in (planned, moved, other)}) == 3
    assert len({instrument_digest(found) for found in (planned, moved, other)}) == 3
