from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalspec.evaluators.base import EvaluationError
from evalspec.evaluators.exact_match import same_json
from evalspec.plan.canonical import canonical_json


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1.0, True),
        (True, 1, False),
        (0, False, False),
        (True, True, True),
        (None, None, True),
        (None, False, False),
        ("1", 1, False),
        ("é", "e\u0301", False),
        ({"a": 1, "b": [True]}, {"b": [True], "a": 1.0}, True),
        ({"a": [True]}, {"a": [1]}, False),
        ({"a": None}, {}, False),
        ([1, 2], [2, 1], False),
        ([], {}, False),
        ([], None, False),
        (2**60, 2.0**60, True),
    ],
)
def test_equality_of_json(left: Any, right: Any, same: bool) -> None:
    assert same_json(left, right) is same
    assert same_json(right, left) is same


trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.0, 1.0, 0.5])
    | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=1), inner, max_size=3),
    max_leaves=6,
)


@given(trees, trees)
def test_equal_is_what_has_the_same_canonical_json(left: Any, right: Any) -> None:
    assert same_json(left, right) is (canonical_json(left) == canonical_json(right))


def test_whole_outputs_by_default(judge: Any) -> None:
    assert judge("exact_match")("Paris", "Paris").value is True
    assert judge("exact_match")("paris", "Paris").value is False


def test_expressions(judge: Any) -> None:
    close = judge(
        "exact_match", value="output.answer | trim | lower", expected="expected_output.answer | lower"
    )
    assert close({"answer": " PARIS "}, {"answer": "Paris"}).value is True


@pytest.mark.parametrize(
    ("fields", "output", "expected", "kind"),
    [
        ({"value": "output.answer"}, {"text": "Paris"}, "Paris", "missing_key"),
        ({"value": "output.answer"}, None, "Paris", "missing_key"),
        ({"expected": "expected_output.answer"}, "Paris", {"text": "Paris"}, "missing_key"),
        ({"expected": "expected_output.answer"}, "Paris", None, "missing_key"),
        ({}, "Paris", None, "missing_expected"),
        ({"expected": "expected_output | lower"}, "Paris", None, "missing_expected"),
        ({}, None, None, "missing_expected"),
        ({"value": "output + 1"}, "Paris", 1, "expression_failed"),
    ],
)
def test_what_is_missing_is_never_a_zero(
    judge: Any, fields: dict[str, str], output: Any, expected: Any, kind: str
) -> None:
    with pytest.raises(EvaluationError) as caught:
        judge("exact_match", **fields)(output, expected)
    assert caught.value.kind == kind


def test_null_is_data_below_the_top(judge: Any) -> None:
    same = judge("exact_match", value="output.answer", expected="expected_output.answer")
    assert same({"answer": None}, {"answer": None}).value is True
    assert same({"answer": "x"}, {"answer": None}).value is False


def test_wrong_expressions_are_found_when_compiling(resolve: Any) -> None:
    _, problems = resolve("exact_match", value="ouput.answer", expected="expected_output |")
    assert [(problem.code, problem.at) for problem in problems] == [
        ("undefined-name", ("value",)),
        ("expression-syntax", ("expected",)),
    ]
    assert (problems[0].offset, problems[0].length, problems[0].suggestion) == (0, 5, "output")


def test_identity_is_what_differs_from_the_default(resolve: Any) -> None:
    resolved, _ = resolve("exact_match", description="words", expected="expected_output", value="output.a")
    assert resolved.fields == {"value": "output.a", "expected": "expected_output"}
    assert resolved.identity == {"value": "output.a"}
