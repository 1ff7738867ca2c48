"""Scores checked against their configs, and what failed tasks score."""

import math
from typing import Any

import pytest

from evalspec.diagnostics.errors import UsageError
from evalspec.evaluators.base import ScoreValue
from evalspec.kinds.json_tree import to_json
from evalspec.runner.scoring import InvalidScore, ScoreChecker, imputed_scores
from tests.support.plans import make_evaluator, make_plan, make_score

NUMERIC = make_score(min=-1.0, max=1.0)
BOOLEAN = make_score("BOOLEAN")
CATEGORICAL = make_score("CATEGORICAL", categories={"bad": 0.0, "fair": 0.5, "good": 1.0})
TEXT = make_score("TEXT")
ORDERED = {"x": 2.0, "y": 1.0}


def checked(config: Any, value: Any, **fields: Any) -> Any:
    checker = ScoreChecker(make_evaluator("s"), {"s": config}, to_json)
    [record] = checker.check([ScoreValue(value, **fields)])
    return record


@pytest.mark.parametrize(
    ("config", "value", "kept"),
    [
        (NUMERIC, 1, 1.0),
        (NUMERIC, -1.0, -1.0),
        (make_score(), 1e308, 1e308),
        (BOOLEAN, True, 1.0),
        (BOOLEAN, 0, 0.0),
        (BOOLEAN, 1.0, 1.0),
        (CATEGORICAL, "fair", "fair"),
        (TEXT, "ä" * 500, "ä" * 500),
        (TEXT, "\ud800", "?"),
    ],
)
def test_what_a_config_allows(config: Any, value: Any, kept: Any) -> None:
    record = checked(config, value)
    assert record.value == kept
    assert type(record.value) is type(kept)


@pytest.mark.parametrize(
    ("config", "value", "message"),
    [
        (NUMERIC, 1.01, "1.01 is above the maximum 1 of `s`"),
        (NUMERIC, -2, "-2 is below the minimum -1 of `s`"),
        (NUMERIC, True, "True is no number, which `s` must be"),
        (NUMERIC, "1", "'1' is no number, which `s` must be"),
        (make_score(), math.nan, "nan is not finite"),
        (make_score(), math.inf, "inf is not finite"),
        (make_score(), 10**400, "is not finite"),
        (BOOLEAN, 2, "2 is neither true nor false"),
        (BOOLEAN, 0.5, "0.5 is neither true nor false"),
        (BOOLEAN, "true", "'true' is neither true nor false"),
        (CATEGORICAL, "great", "'great' is no category of `s`"),
        (CATEGORICAL, 1.0, "1.0 is no category of `s`"),
        (TEXT, "x" * 501, "has 501 characters; 1 to 500 are allowed"),
        (TEXT, "", "has 0 characters; 1 to 500 are allowed"),
        (TEXT, 1, "1 is no text"),
    ],
)
def test_what_a_config_does_not_allow(config: Any, value: Any, message: str) -> None:
    with pytest.raises(InvalidScore) as raised:
        checked(config, value)
    assert message in str(raised.value)


def test_comments_and_metadata() -> None:
    record = checked(NUMERIC, 1, comment="so \ud800", metadata={"pair": (1, 2)})
    assert (record.comment, record.metadata) == ("so ?", {"pair": [1, 2]})
    with pytest.raises(InvalidScore, match="the comment is of type int"):
        checked(NUMERIC, 1, comment=3)
    with pytest.raises(InvalidScore, match="the metadata is no JSON"):
        checked(NUMERIC, 1, metadata={"x": object()})
    with pytest.raises(InvalidScore, match="the metadata is no mapping"):
        checked(NUMERIC, 1, metadata=[1])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([ScoreValue(1, "x")], "gave a score for 'x', which the plan does not name"),
        ([ScoreValue(1, "a"), ScoreValue(2, "a")], "gave two scores for 'a'"),
        ([ScoreValue(1, "a")], "gave nothing for 'second'"),
        ([], "gave nothing for 'first', 'second'"),
    ],
)
def test_keys_that_are_not_the_plans(values: list[ScoreValue], message: str) -> None:
    configs = {"first": make_score(), "second": make_score()}
    checker = ScoreChecker(make_evaluator({"a": "first", "b": "second"}), configs, to_json)
    with pytest.raises(InvalidScore, match=message):
        checker.check(values)


@pytest.mark.parametrize(
    ("config", "worst"),
    [
        (make_score("BOOLEAN", on_task_failure="worst"), 0.0),
        (make_score("BOOLEAN", direction="lower", on_task_failure="worst"), 1.0),
        (make_score("BOOLEAN", on_task_failure=True), 1.0),
        (make_score(min=-3.0, max=4.0, on_task_failure="worst"), -3.0),
        (make_score(min=-3.0, max=4.0, direction="lower", on_task_failure="worst"), 4.0),
        (make_score(on_task_failure=7.0), 7.0),
        (
            make_score(
                "CATEGORICAL", categories={"x": 2.0, "y": 1.0}, direction="higher", on_task_failure="worst"
            ),
            "y",
        ),
        (
            make_score(
                "CATEGORICAL", categories={"x": 2.0, "y": 1.0}, direction="lower", on_task_failure="worst"
            ),
            "x",
        ),
        (
            make_score("CATEGORICAL", categories={"x": 0.0, "y": 1.0}, good=("x",), on_task_failure="worst"),
            "y",
        ),
        (make_score("CATEGORICAL", categories={"x": 2.0}, on_task_failure="x"), "x"),
        (make_score("TEXT", on_task_failure="none"), "none"),
    ],
)
def test_what_a_failed_task_scores(config: Any, worst: Any) -> None:
    [record] = imputed_scores(make_plan(1, scores={"exact": config}))
    assert (record.value, record.imputed) == (worst, True)


def test_a_failed_task_scores_nothing_by_default() -> None:
    assert imputed_scores(make_plan(1)) == ()


@pytest.mark.parametrize(
    "config",
    [
        make_score(on_task_failure="worst"),
        make_score(min=0.0, max=1.0, direction="none", on_task_failure="worst"),
        make_score("TEXT", on_task_failure="worst"),
        make_score("BOOLEAN", on_task_failure="maybe"),
        make_score(max=1.0, on_task_failure=2.0),
    ],
)
def test_impossible_values_are_refused_before_the_run(config: Any) -> None:
    with pytest.raises(UsageError, match="`exact` has"):
        imputed_scores(make_plan(1, scores={"exact": config}))
