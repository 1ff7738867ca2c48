"""Evaluators attached to observations: which of them, and one value of several."""

from collections.abc import Callable, Sequence
from inspect import isawaitable
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from evalspec.evaluators.attaching import attached
from evalspec.evaluators.base import EvaluationError, ScoreValue, Subject
from evalspec.journal.records import ScorePart
from evalspec.plan.model import PlanAttach
from evalspec.plan.values import Item
from tests.support.evaluator_cases import observed
from tests.support.plans import make_evaluator, make_score

TOOLS = [
    {"name": "search", "type": "tool", "output": {"n": 1}},
    {"name": "fetch", "type": "tool", "output": {"n": 3}},
    {"name": "search", "type": "span", "output": {"n": 5}},
    {"name": "search", "type": "tool", "output": {"n": 8}},
]
SUBJECT = Subject(Item("1", None), None, spans=observed(TOOLS))
FIRST, FETCH, SPAN, LAST = (one.id for one in SUBJECT.observations)
Judge = Callable[[Subject], Sequence[ScoreValue]]


def seen(subject: Subject) -> Any:
    assert subject.observation is not None
    return subject.observation.output["n"]


def number(subject: Subject) -> Sequence[ScoreValue]:
    value = seen(subject)
    return (ScoreValue(value, comment=f"{value} of them", metadata={"n": value}),)


def is_odd(subject: Subject) -> Sequence[ScoreValue]:
    return (ScoreValue(seen(subject) % 2 == 1),)


class Part:
    """An evaluator that is a function, in one of the three ways to be called."""

    def __init__(self, judge: Judge, way: str) -> None:
        self._judge = judge
        self._way = way
        self.blocking = way == "thread"

    def __call__(self, subject: Subject) -> Any:
        return self._later(subject) if self._way == "awaited" else self._judge(subject)

    async def _later(self, subject: Subject) -> Sequence[ScoreValue]:
        await anyio.lowlevel.checkpoint()
        return self._judge(subject)


def evaluate(
    judge: Judge, data_type: str = "NUMERIC", way: str = "plain", scores: Any = "s", **attach: Any
) -> Sequence[ScoreValue]:
    part = make_evaluator(scores, attach=PlanAttach(to="observation", **attach))
    configs = {name: make_score(data_type, categories={"a": 0.0}) if data_type == "CATEGORICAL"
               else make_score(data_type) for name in part.scores.values()}  # fmt: skip
    evaluator = attached(Part(judge, way), part, configs)
    assert evaluator.blocking == (way == "thread")

    async def call() -> Sequence[ScoreValue]:
        found = evaluator(SUBJECT)
        return await found if isawaitable(found) else found

    return anyio.run(call)


@pytest.mark.parametrize("way", ["plain", "awaited", "thread"])
def test_each_observation_is_judged_and_the_mean_is_the_items(way: str) -> None:
    [score] = evaluate(number, way=way, type="tool", match="each")
    assert score.value == 4.0
    assert score.parts == (
        ScorePart(FIRST, 1, "1 of them"),
        ScorePart(FETCH, 3, "3 of them"),
        ScorePart(LAST, 8, "8 of them"),
    )
    assert (score.comment, score.metadata) == (None, {})


@pytest.mark.parametrize(
    ("attach", "value", "observation"),
    [
        ({"type": "tool", "match": "first"}, 1, FIRST),
        ({"type": "tool", "match": "last"}, 8, LAST),
        ({"name": "search", "match": "last"}, 8, LAST),
        ({"name": "fetch"}, 3, FETCH),
        ({"name": "search", "type": "span"}, 5, SPAN),
    ],
)
def test_one_of_them(attach: dict[str, Any], value: int, observation: str) -> None:
    [score] = evaluate(number, **attach)
    assert (score.value, score.comment, score.metadata) == (value, f"{value} of them", {"n": value})
    assert score.parts == (ScorePart(observation, value, f"{value} of them"),)


@pytest.mark.parametrize(
    ("attach", "kind", "message"),
    [
        ({"name": "search"}, "several_observations", "the task has 3 of observation named 'search'"),
        ({"type": "tool"}, "several_observations", "the task has 3 of tool; `match` says"),
        ({"type": "agent"}, "no_observation", "the task has no agent"),
        ({"name": "x", "type": "tool", "match": "each"}, "no_observation", "no tool named 'x'"),
    ],
)
def test_how_it_fails(attach: dict[str, Any], kind: str, message: str) -> None:
    with pytest.raises(EvaluationError, match=message) as failure:
        evaluate(number, **attach)
    assert failure.value.kind == kind


@pytest.mark.parametrize("match", ["one", "each", "first", "last"])
def test_where_there_is_none_it_may_be_skipped(match: str) -> None:
    keys = {"n": "number", "odd": "is_odd"}
    found = evaluate(number, scores=keys, type="agent", match=match, on_none="skip")
    assert found == [ScoreValue(None, "n"), ScoreValue(None, "odd")]


def test_booleans_are_true_where_all_are() -> None:
    [score] = evaluate(is_odd, "BOOLEAN", type="tool", match="each")
    assert score.value is False
    assert [part.value for part in score.parts] == [True, True, False]
    [score] = evaluate(is_odd, "BOOLEAN", name="search", type="span", match="each")
    assert score.value is True


def test_zero_and_one_are_booleans_to_a_boolean_score() -> None:
    """And their mean is none."""
    [score] = evaluate(lambda subject: [ScoreValue(seen(subject) % 2)], "BOOLEAN", match="each")
    assert score.value is False
    [score] = evaluate(lambda subject: [ScoreValue(1.0)], "BOOLEAN", match="each")
    assert score.value is True


def test_observations_that_were_not_scored_have_no_part() -> None:
    def some(subject: Subject) -> Sequence[ScoreValue]:
        return (ScoreValue(None if seen(subject) == 3 else seen(subject)),)

    [score] = evaluate(some, type="tool", match="each")
    assert score.value == 4.5
    assert [part.observation for part in score.parts] == [FIRST, LAST]
    [score] = evaluate(lambda subject: [ScoreValue(None)], match="each")
    assert (score.value, score.parts) == (None, ())


def test_several_keys() -> None:
    def both(subject: Subject) -> Sequence[ScoreValue]:
        return [ScoreValue(seen(subject), "n"), ScoreValue(seen(subject) * 2, "twice")]

    found = evaluate(both, scores={"n": "a", "twice": "b"}, type="tool", match="each")
    assert [(score.key, score.value) for score in found] == [("n", 4.0), ("twice", 8.0)]


@pytest.mark.parametrize(
    ("data_type", "value"),
    [("NUMERIC", "text"), ("NUMERIC", True), ("BOOLEAN", 0.5), ("BOOLEAN", "true")],
)
def test_what_has_no_common_value(data_type: str, value: Any) -> None:
    with pytest.raises(EvaluationError) as failure:
        evaluate(lambda subject: [ScoreValue(value)], data_type, match="each")
    assert failure.value.kind == "invalid_result"


def test_a_category_of_one_observation() -> None:
    [score] = evaluate(lambda subject: [ScoreValue("a")], "CATEGORICAL", match="last")
    assert (score.value, len(score.parts)) == ("a", 1)


def test_an_error_at_one_observation_fails_the_whole() -> None:
    def fails(subject: Subject) -> Sequence[ScoreValue]:
        if seen(subject) == 8:
            raise EvaluationError("not_text", "no")
        return number(subject)

    with pytest.raises(EvaluationError) as failure:
        evaluate(fails, match="each")
    assert failure.value.kind == "not_text"


def test_an_evaluator_that_is_not_attached_is_itself() -> None:
    plain = Part(number, "plain")
    scores = {"s": make_score()}
    assert attached(plain, make_evaluator("s"), scores) is plain
    session = make_evaluator("s", attach=PlanAttach(to="session"))
    assert attached(plain, session, scores) is plain
