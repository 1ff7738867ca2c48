# ruff: noqa: A002  the names are those that evaluators have

from collections.abc import Callable
from typing import Any

import pytest

from evalspec.kinds.conventions import (
    CallPlan,
    CannotCall,
    evaluator_call,
    parameters_of,
    run_evaluator_call,
    task_call,
)


def langfuse_task(*, item: Any, **kwargs: Any) -> None: ...
def only_keywords(**kwargs: Any) -> None: ...
def item_only(item: Any) -> None: ...
def named(input: Any, metadata: Any = None, temperature: float = 0.0) -> None: ...
def with_expected(*, expected_output: Any, input: Any) -> None: ...
def one_of_any_name(question: str, temperature: float = 0.0) -> None: ...
def positional_input(input: str, /) -> None: ...
def item_and_input(item: Any, input: Any) -> None: ...
def one_and_item(question: str, *, item: Any = None) -> None: ...
def two(question: str, context: str) -> None: ...
def nothing() -> None: ...
def many(*questions: str) -> None: ...
def keyword_only_stranger(question: str, *, client: Any) -> None: ...
def input_and_stranger(input: str, client: Any) -> None: ...


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (langfuse_task, CallPlan(("item",))),
        (only_keywords, CallPlan(("item",))),
        (item_only, CallPlan(("item",))),
        (named, CallPlan(("input", "metadata"))),
        (with_expected, CallPlan(("input", "expected_output"))),
        (one_of_any_name, CallPlan(positional="input")),
        (positional_input, CallPlan(positional="input")),
        (item_and_input, CallPlan(("input", "item"))),
        (one_and_item, CallPlan(positional="input")),
    ],
)
def test_how_a_task_is_called(function: Callable[..., Any], expected: CallPlan) -> None:
    assert task_call(parameters_of(function)) == expected


@pytest.mark.parametrize(
    ("function", "named"),
    [
        (two, "`context`, `question`"),
        (nothing, "takes nothing"),
        (many, "takes nothing"),
        (keyword_only_stranger, "`client`, `question`"),
        (input_and_stranger, "`client`"),
    ],
)
def test_a_task_that_cannot_be_called_says_what_is_too_much(function: Callable[..., Any], named: str) -> None:
    with pytest.raises(CannotCall, match=named) as caught:
        task_call(parameters_of(function))
    assert "`item`" in caught.value.expected


def langfuse_evaluator(
    *, input: Any, output: Any, expected_output: Any, metadata: Any, **kw: Any
) -> None: ...
def keywords_and_trial(*, trial: int, **kw: Any) -> None: ...
def output_only(output: Any) -> None: ...
def output_and_expected(output: Any, expected_output: Any, strict: bool = False) -> None: ...
def answer(answer: str) -> None: ...
def answer_and_truth(answer: str, truth: str) -> None: ...
def positional_and_keywords(input: Any, /, **kw: Any) -> None: ...


ALL_FOUR = ("input", "output", "expected_output", "metadata")


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (langfuse_evaluator, CallPlan(ALL_FOUR)),
        (only_keywords, CallPlan(ALL_FOUR)),
        (keywords_and_trial, CallPlan((*ALL_FOUR, "trial"))),
        (output_only, CallPlan(("output",))),
        (output_and_expected, CallPlan(("output", "expected_output"))),
        (item_only, CallPlan(("item",))),
        (answer, CallPlan(positional="output")),
        (positional_and_keywords, CallPlan(positional="output")),
    ],
)
def test_how_an_evaluator_is_called(function: Callable[..., Any], expected: CallPlan) -> None:
    assert evaluator_call(parameters_of(function)) == expected


@pytest.mark.parametrize("function", [answer_and_truth, nothing, many])
def test_an_evaluator_that_cannot_be_called(function: Callable[..., Any]) -> None:
    with pytest.raises(CannotCall):
        evaluator_call(parameters_of(function))


def langfuse_run_evaluator(*, item_results: Any, **kw: Any) -> None: ...
def results(results: Any) -> None: ...


def test_how_an_aggregate_is_called() -> None:
    assert run_evaluator_call(parameters_of(langfuse_run_evaluator)) == CallPlan(("item_results",))
    assert run_evaluator_call(parameters_of(only_keywords)) == CallPlan(("item_results",))
    assert run_evaluator_call(parameters_of(results)) == CallPlan(positional="item_results")
    with pytest.raises(CannotCall, match="`question`"):
        run_evaluator_call(parameters_of(two))


def test_the_plan_calls_the_function() -> None:
    seen: list[Any] = []
    CallPlan(("a", "b")).call(lambda **kw: seen.append(kw), str.upper)
    CallPlan(positional="x").call(seen.append, str.upper)
    assert seen == [{"a": "A", "b": "B"}, "X"]
