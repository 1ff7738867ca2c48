"""Ranking, calibration and Brier score, held against scikit-learn and by hand."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.calibration import calibration_curve

from evalspec.analysis.aggregates import Value
from evalspec.analysis.probabilities import Forecasts

# Not on the edge of any of seven bins but the outermost.
PROBABILITIES = st.integers(0, 100).map(lambda hundredths: hundredths / 100)
FORECASTS = st.lists(st.tuples(PROBABILITIES, st.booleans()), min_size=1, max_size=60)
Pairs = list[tuple[float, bool]]


def value(function: str, pairs: Pairs, **fields: Any) -> Value:
    collected = Forecasts(function, fields)
    for pair in pairs:
        collected.add(pair)
    return collected.value()


def split(pairs: Pairs) -> tuple[list[float], list[bool]]:
    return [number for number, _ in pairs], [truth for _, truth in pairs]


@given(FORECASTS)
def test_auc_is_scikit_learns(pairs: Pairs) -> None:
    numbers, truths = split(pairs)
    found = value("roc_auc", pairs)
    if len({*truths}) < 2:
        kind = "positive" if truths[0] else "negative"
        assert found.reason == f"all items are {kind}, so there is nothing to tell apart"
    else:
        assert found.number == pytest.approx(metrics.roc_auc_score(truths, numbers), abs=1e-12)


@given(FORECASTS)
def test_auc_does_not_change_under_monotone_maps(pairs: Pairs) -> None:
    mapped = [(math.exp(3 * number) - 7, truth) for number, truth in pairs]
    assert value("roc_auc", mapped) == value("roc_auc", pairs)
    flipped = value("roc_auc", [(-number, truth) for number, truth in pairs]).number
    straight = value("roc_auc", pairs).number
    if flipped is not None and straight is not None:
        assert flipped + straight == pytest.approx(1, abs=1e-12)


def test_ties_count_half() -> None:
    assert value("roc_auc", [(0.5, True), (0.5, False)]).number == 0.5
    assert value("roc_auc", [(2, True), (1, True), (1, False), (0, False)]).number == 3.5 / 4


@given(FORECASTS)
def test_brier_is_scikit_learns(pairs: Pairs) -> None:
    numbers, truths = split(pairs)
    wanted = metrics.brier_score_loss(truths, numbers, pos_label=True)
    assert value("brier", pairs).number == pytest.approx(wanted, abs=1e-12)
    assert value("calibration", pairs, bins=7).details["brier"] == value("brier", pairs).number


@given(FORECASTS)
def test_bins_are_scikit_learns(pairs: Pairs) -> None:
    numbers, truths = split(pairs)
    found = value("calibration", pairs, bins=7)
    accuracy, confidence = calibration_curve(truths, numbers, n_bins=7, strategy="uniform", pos_label=True)
    filled = [one for one in found.details["bins"] if one["count"]]
    assert [one["accuracy"] for one in filled] == pytest.approx(accuracy.tolist(), abs=1e-12)
    assert [one["confidence"] for one in filled] == pytest.approx(confidence.tolist(), abs=1e-12)
    weights = np.array([one["count"] for one in filled]) / len(pairs)
    assert found.number == pytest.approx(float((weights * abs(accuracy - confidence)).sum()), abs=1e-12)


def test_calibration_by_hand() -> None:
    pairs = [(0.0, False), (0.5, True), (0.5, False), (0.75, True), (1.0, True)]
    found = value("calibration", pairs, bins=2)
    assert found.details["bins"] == [
        {"from": 0.0, "to": 0.5, "count": 3, "confidence": 1 / 3, "accuracy": 1 / 3},
        {"from": 0.5, "to": 1.0, "count": 2, "confidence": 0.875, "accuracy": 1.0},
    ]
    assert found.number == 0.05
    assert found.details["brier"] == (0.25 + 0.25 + 0.0625) / 5


def test_an_empty_bin_has_no_mean() -> None:
    assert value("calibration", [(1.0, True)], bins=2).details["bins"][0] == {
        "from": 0.0,
        "to": 0.5,
        "count": 0,
    }


def test_nothing_has_no_value() -> None:
    for function in ("roc_auc", "brier", "calibration"):
        assert value(function, [], bins=10).reason == "nothing was scored"
