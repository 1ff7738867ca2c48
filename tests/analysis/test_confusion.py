"""Classification, held against scikit-learn."""

import tracemalloc
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from evalspec.analysis.aggregates import Value
from evalspec.analysis.confusion import MAX_LABELS, Labels
from evalspec.analysis.counts import Counts

PAIRS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=1, max_size=60)
AVERAGES = ("macro", "micro", "weighted")
FUNCTIONS = ("precision", "recall", "f1")
ORACLES = {
    "precision": metrics.precision_score,
    "recall": metrics.recall_score,
    "f1": metrics.f1_score,
}
Pairs = list[tuple[str, str]]


def value(function: str, pairs: Pairs, listed: list[str] | None = None, **fields: Any) -> Value:
    collected = Labels(function, fields, listed)
    for pair in pairs:
        collected.add(pair)
    return collected.value()


def oracle(function: str, pairs: Pairs, **options: Any) -> float:
    expected, given = zip(*pairs, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(ORACLES[function](expected, given, zero_division=0, **options))


@given(PAIRS, st.sampled_from(FUNCTIONS), st.sampled_from(AVERAGES))
def test_averages_are_scikit_learns(pairs: Pairs, function: str, average: str) -> None:
    found = value(function, pairs, average=average)
    assert found.number == pytest.approx(oracle(function, pairs, average=average), abs=1e-12)


@given(PAIRS, st.sampled_from(FUNCTIONS), st.sampled_from(AVERAGES))
def test_averages_over_named_labels_are_scikit_learns(pairs: Pairs, function: str, average: str) -> None:
    listed = ["b", "z", "a"]
    found = value(function, pairs, listed, average=average)
    if found.number is None:
        assert found.reason is not None
        assert "any of the labels is never" in found.reason
        assert oracle(function, pairs, average=average, labels=listed) == 0
    else:
        wanted = oracle(function, pairs, average=average, labels=listed)
        assert found.number == pytest.approx(wanted, abs=1e-12)


@given(PAIRS, st.sampled_from(FUNCTIONS))
def test_one_label_against_the_rest_is_scikit_learns(pairs: Pairs, function: str) -> None:
    found = value(function, pairs, ["a"], average="binary", positive="a")
    two = [("a" if expected == "a" else "-", "a" if given == "a" else "-") for expected, given in pairs]
    wanted = oracle(function, [*two], pos_label="a", labels=["-", "a"])
    if found.number is None:
        assert found.reason is not None
        assert found.reason.startswith("`a` is never")
        assert wanted == 0
    else:
        assert found.number == pytest.approx(wanted, abs=1e-12)


@given(PAIRS)
def test_micro_f1_is_the_accuracy(pairs: Pairs) -> None:
    accuracy = value("accuracy", pairs, []).number
    assert accuracy == metrics.accuracy_score(*zip(*pairs, strict=True))
    for function in FUNCTIONS:
        assert value(function, pairs, average="micro").number == pytest.approx(accuracy, abs=1e-12)


@given(PAIRS)
def test_the_matrix_is_scikit_learns(pairs: Pairs) -> None:
    found = value("confusion_matrix", pairs)
    expected, given = zip(*pairs, strict=True)
    labels = sorted({*expected, *given})
    assert found.details["labels"] == labels
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = metrics.confusion_matrix(expected, given, labels=labels)
    assert found.details["matrix"] == wanted.tolist()
    assert found.number == metrics.accuracy_score(expected, given)


@given(PAIRS, st.sampled_from(["none", "linear", "quadratic"]))
def test_kappa_is_scikit_learns(pairs: Pairs, weights: str) -> None:
    listed = ["d", "a", "c", "b"]
    found = value("cohen_kappa", pairs, listed, weights=weights)
    options = {"weights": None if weights == "none" else weights, "labels": listed}
    if found.number is None:
        assert len({*pairs}) == 1
        assert found.reason == "all items have one label on both sides, so no agreement is beyond chance"
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wanted = metrics.cohen_kappa_score(*zip(*pairs, strict=True), **options)
        assert found.number == pytest.approx(wanted, abs=1e-12)


@given(PAIRS, PAIRS, st.sampled_from(FUNCTIONS))
def test_two_halves_make_the_whole(first: Pairs, second: Pairs, function: str) -> None:
    halves = [Labels(function, {"average": "macro"}, None) for _ in range(2)]
    for half, pairs in zip(halves, (first, second), strict=True):
        for pair in pairs:
            half.add(pair)
    halves[0].extend(halves[1])
    assert halves[0].value() == value(function, first + second, average="macro")


def test_kappa_of_cohen_by_hand() -> None:
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: observed 0.7, by chance 0.5.
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert value("cohen_kappa", pairs, weights="none").number == pytest.approx(0.4, abs=1e-15)


def test_labels_that_are_not_named_are_wrong_and_stand_together() -> None:
    pairs = [("a", "a"), ("a", "chatter"), ("b", "b"), ("b", "a"), ("x", "x")]
    found = value("confusion_matrix", pairs, ["b", "a"])
    assert found.details["labels"] == ["b", "a", "(other)"]
    assert found.details["matrix"] == [[1, 1, 0], [0, 1, 1], [0, 0, 1]]
    assert found.number == 0.6
    recall = value("recall", pairs, ["b", "a"], average="macro")
    assert recall.number == 0.5
    assert recall.details["labels"] == [
        {"label": "b", "precision": 1.0, "recall": 0.5, "f1": 2 / 3, "support": 2},
        {"label": "a", "precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2},
    ]


def test_what_is_undefined_has_no_value_and_a_reason() -> None:
    never = [("b", "b"), ("b", "c")]
    for function, reason in (
        ("precision", "`a` is never given, so there is no precision"),
        ("recall", "`a` is never expected, so there is no recall"),
        ("f1", "`a` is never expected or given, so there is no f1"),
    ):
        found = value(function, never, ["a"], average="binary", positive="a")
        assert (found.number, found.reason) == (None, reason)
    assert value("f1", [("a", "b")], ["a"], average="binary", positive="a").number == 0
    assert value("accuracy", [], []).reason == "nothing was scored"


def test_booleans_need_no_positive_and_other_labels_do() -> None:
    pairs = [("true", "true"), ("true", "false"), ("false", "true"), ("true", "true")]
    assert value("precision", pairs, ["false", "true"], average="binary").number == 2 / 3
    strange = value("precision", [*pairs, ("yes", "true")], ["false", "true"], average="binary")
    assert strange.number is None
    assert strange.reason == "`positive` is needed, for not every label is true or false: there is `yes`"


def test_a_label_without_a_place_leaves_no_weighted_agreement() -> None:
    found = value("cohen_kappa", [("a", "b"), ("a", "c")], ["a", "b"], weights="linear")
    assert found.reason == "`c` is not among `labels`, so its distance is unknown"


def test_too_many_labels_take_no_room_and_are_said() -> None:
    pairs = [("same", f"text {number}") for number in range(5000)] + [("same", "same")]
    found = value("f1", pairs, average="macro")
    assert found.number is None
    assert found.reason == f"there are more than {MAX_LABELS} different labels; name them in `labels`"
    assert value("f1", pairs, ["same"], average="macro").number == 2 / 5002
    assert value("accuracy", pairs, []).number == 1 / 5001


def test_a_hundred_thousand_labels_take_little_memory() -> None:
    kept = [Labels("f1", {"average": "macro"}, listed) for listed in (None, ["same"])]
    tracemalloc.start()
    for number in range(100_000):
        for labels in kept:
            labels.add(("same", f"text {number}"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000


def test_cases_of_an_accuracy() -> None:
    collected = Labels("accuracy", {}, [])
    for pair in (("a", "a"), ("a", "b"), ("b", "b")):
        collected.add(pair)
    assert collected.cases(Counts(expected=5, scored=3, failed=1, skipped=0)) == (0.4, 0.8)
    assert Labels("f1", {}, None).cases(Counts(expected=2)) == (None, None)
