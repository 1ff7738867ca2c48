"""Verdicts: their forms, how several become one, how far they agree."""

import random
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from evalspec.evaluators.base import EvaluationError
from evalspec.evaluators.verdicts import (
    Answer,
    Combine,
    Form,
    agreement_of,
    combined,
    form_of,
    keys_of,
    results_of,
)
from evalspec.rubrics.model import Scale

BOOLEAN = form_of(None, None)
STARS = form_of(Scale(min=1, max=5, integer=True), None)
SHARE = form_of(Scale(min=0, max=1), None)
LABELS = form_of(None, ["poor", "fair", "good"])
VALUES = form_of(None, {"no": -1, "partly": 0.5, "yes": 1})
FORMS = [BOOLEAN, STARS, SHARE, LABELS, VALUES]

ANSWERS: list[Any] = [True, False, 0, 1, 3, 5, 6, -1, 0.5, 2.5, "fair", "yes", "true", None, [], {"a": 1}]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.words())
@pytest.mark.parametrize("verdict", ANSWERS, ids=repr)
def test_a_verdict_is_read_where_it_follows_the_schema(form: Form, verdict: Any) -> None:
    if Draft202012Validator(form.schema()).is_valid(verdict):
        assert form.read(verdict) == verdict
    else:
        with pytest.raises(EvaluationError, match=r"and not") as failure:
            form.read(verdict)
        assert failure.value.kind == "wrong_schema"


def test_words_say_what_a_verdict_may_be() -> None:
    assert [form.words() for form in FORMS] == [
        "`true` or `false`",
        "a whole number from 1 to 5",
        "a number from 0 to 1",
        "one of `poor`, `fair`, `good`",
        "one of `no`, `partly`, `yes`",
    ]


def test_keys_by_form() -> None:
    assert list(keys_of(BOOLEAN, "vote")) == ["passed"]
    assert list(keys_of(STARS, "mean", threshold=True, several=True)) == ["value", "passed", "agreement"]
    assert keys_of(STARS, "mean")["value"].bounds == (1, 5)
    assert list(keys_of(LABELS, "vote")) == ["label"]
    assert list(keys_of(VALUES, "vote", threshold=True)) == ["label", "value", "passed"]
    assert list(keys_of(VALUES, "mean")) == ["value"]
    assert keys_of(VALUES, "mean")["value"].bounds == (-1, 1)


@pytest.mark.parametrize(
    ("form", "answers", "combine", "result"),
    [
        (BOOLEAN, [True, False, True], "vote", True),
        (LABELS, ["good", "poor", "good", "fair"], "vote", "good"),
        (STARS, [1.0, 2.0, 2.0], "vote", 2.0),
        (STARS, [1.0, 2.0, 6.0 - 1], "mean", 8 / 3),
        (STARS, [1.0, 2.0, 5.0], "median", 2.0),
        (STARS, [1.0, 2.0, 3.0, 5.0], "median", 2.5),
        (VALUES, ["no", "yes", "partly"], "mean", 0.5 / 3),
        (VALUES, ["partly"], "mean", 0.5),
    ],
)
def test_several_answers_become_one(
    form: Form, answers: list[Answer], combine: Combine, result: Answer
) -> None:
    assert combined(form, answers, combine) == pytest.approx(result)


def test_a_vote_without_a_winner_is_a_failure_that_says_the_counts() -> None:
    with pytest.raises(EvaluationError, match="1 × fair, 2 × good, 2 × poor") as failure:
        combined(LABELS, ["poor", "good", "fair", "good", "poor"], "vote")
    assert failure.value.kind == "no_majority"


def answers_of(form: Form) -> st.SearchStrategy[list[Answer]]:
    one: st.SearchStrategy[Answer]
    if form.type == "boolean":
        one = st.booleans()
    elif form.type == "label":
        one = st.sampled_from(form.labels)
    else:
        one = st.floats(form.low, form.high)
    return st.lists(one, min_size=1, max_size=7)


def outcome(form: Form, answers: list[Answer], combine: Combine) -> Answer:
    try:
        return combined(form, answers, combine)
    except EvaluationError as error:
        return str(error)


@given(st.data(), st.sampled_from(FORMS), st.sampled_from(["vote", "mean", "median"]), st.randoms())
@settings(max_examples=150, deadline=None)
def test_the_order_of_answers_does_not_matter(
    data: st.DataObject, form: Form, combine: Combine, rng: random.Random
) -> None:
    combine = combine if form.has_value else "vote"
    answers = data.draw(answers_of(form))
    other = rng.sample(answers, len(answers))
    assert outcome(form, answers, combine) == outcome(form, other, combine)
    one, two = agreement_of(form, answers), agreement_of(form, other)
    assert one == two if one is None or two is None else one == pytest.approx(two)


@given(st.data(), st.sampled_from(FORMS))
@settings(max_examples=100, deadline=None)
def test_results_stay_in_the_form(data: st.DataObject, form: Form) -> None:
    answers = data.draw(answers_of(form))
    agreement = agreement_of(form, answers)
    assert agreement is None if len(answers) == 1 else agreement is not None and 0 <= agreement <= 1
    assert agreement_of(form, [answers[0]] * 4) == 1
    if form.has_value:
        mean = combined(form, answers, "mean")
        assert isinstance(mean, float)
        assert form.low <= mean <= form.high
        assert combined(form, [answers[0]] * 3, "mean") == pytest.approx(form.value_of(answers[0]))


def test_agreement_is_that_of_fleiss() -> None:
    """The share of agreeing pairs, P_i = (sum n_j² - n) / (n (n - 1)): formula 2 of Fleiss 1971."""
    rng = random.Random(7)
    for _ in range(50):
        answers: list[Answer] = [rng.choice(LABELS.labels) for _ in range(rng.randint(2, 9))]
        counts = [answers.count(label) for label in LABELS.labels]
        n = len(answers)
        expected = (sum(count * count for count in counts) - n) / (n * (n - 1))
        assert agreement_of(LABELS, answers) == pytest.approx(expected)


def test_agreement_on_a_scale_is_by_distance() -> None:
    numbers: list[Answer] = [1.0, 2.0, 5.0]
    expected = sum(1 - abs(float(a) - float(b)) / 4 for a, b in combinations(numbers, 2)) / 3
    assert agreement_of(STARS, numbers) == pytest.approx(expected)
    assert agreement_of(STARS, [1.0, 5.0]) == 0


def test_what_an_answer_gives() -> None:
    assert results_of(BOOLEAN, False, None) == {"passed": False}
    assert results_of(STARS, 4.0, 4) == {"value": 4.0, "passed": True}
    assert results_of(STARS, 3.9, 4) == {"value": 3.9, "passed": False}
    assert results_of(VALUES, "partly", 0.6) == {"label": "partly", "value": 0.5, "passed": False}
    assert results_of(LABELS, "good", None) == {"label": "good"}


def test_a_vote_without_a_winner_tells_answers_apart() -> None:
    with pytest.raises(EvaluationError, match=r"1 × 3\.9999…, 1 × 4$"):
        combined(Form("number", 1, 5), [4.0, 3.99999999], "vote")
