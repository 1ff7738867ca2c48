import math
import random
import statistics
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalspec.analysis.aggregates import check_aggregate, compute, extremes, value_range
from evalspec.analysis.counts import Counts
from evalspec.analysis.sample import Sample
from evalspec.plan.model import PlanScore

DIGEST = "sha256:" + "0" * 64


def score(data_type: str = "NUMERIC", direction: str = "higher", **more: object) -> PlanScore:
    return PlanScore.model_validate(
        {"data_type": data_type, "direction": direction, "digest": DIGEST, **more}
    )


def sample_of(config: PlanScore, *values: float | str) -> Sample:
    sample = Sample(config)
    sample.add(values)
    return sample


def number(function: str, config: PlanScore, *values: float | str, **fields: object) -> float | None:
    return compute(function, fields, sample_of(config, *values)).number


TONE = score(
    "CATEGORICAL", "higher", categories={"poor": 0.0, "fair": 1.0, "fine": 3.0}, good=("fair", "fine")
)


def test_numeric_functions() -> None:
    values = (3.0, 1.0, 2.0, 10.0)
    assert number("mean", score(), *values) == 4.0
    assert number("min", score(), *values) == 1.0
    assert number("max", score(), *values) == 10.0
    assert number("median", score(), *values) == 2.5
    assert number("count", score(), *values) == 4.0
    assert number("stdev", score(), *values) == pytest.approx(statistics.stdev(values), rel=1e-15)


def test_boolean_values_are_zero_and_one() -> None:
    config = score("BOOLEAN")
    assert number("rate", config, 1, 0, 1.0, 1) == 0.75
    assert number("mean", config, 1, 0, 1.0, 1) == 0.75
    assert number("median", config, 1, 0, 1.0, 1) == 1.0
    assert number("min", config, 1, 0) == 0.0


def test_categories_count_by_value_and_by_what_is_good() -> None:
    labels = ("poor", "fine", "fair", "fine")
    assert number("mean", TONE, *labels) == 7 / 4
    assert number("rate", TONE, *labels) == 0.75
    assert number("count", TONE, *labels) == 4
    assert number("count", TONE, *labels, label="fine") == 2
    assert number("count", TONE, *labels, label="poor") == 1
    assert sample_of(TONE, *labels, "fine").distribution() == {"poor": 1, "fair": 1, "fine": 3}
    assert list(sample_of(TONE, "fine").distribution()) == ["poor", "fair", "fine"]


def test_texts_are_only_counted() -> None:
    assert number("count", score("TEXT", "none"), "a", "b") == 2


# numpy.percentile([15, 20, 35, 40, 50], p), numpy 2.1
@pytest.mark.parametrize(
    ("percent", "expected"),
    [(0, 15.0), (5, 16.0), (30, 23.0), (40, 29.0), (50, 35.0), (95, 48.0), (100, 50.0)],
)
def test_percentile_is_numpys(percent: float, expected: float) -> None:
    assert number("percentile", score(), 50, 15, 40, 20, 35, percentile=percent) == pytest.approx(
        expected, rel=1e-15
    )


@given(
    st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40),
    st.floats(0, 100),
)
def test_a_percentile_lies_within_the_values(values: list[float], percent: float) -> None:
    result = number("percentile", score(), *values, percentile=percent)
    assert result is not None
    assert min(values) <= result <= max(values)


def test_the_order_of_items_does_not_matter() -> None:
    values = [random.Random(3).uniform(-1, 1) * 10**exponent for exponent in range(-8, 12)] * 20
    shuffled = random.Random(7).sample(values, len(values))
    for function in ("mean", "stdev", "median"):
        assert number(function, score(), *values) == number(function, score(), *shuffled)


def test_the_mean_is_rounded_once() -> None:
    assert number("mean", score(), *[0.1] * 10) == 0.1
    assert number("mean", score(), 1e16, 1.0, -1e16) == 1 / 3
    assert number("rate", score("BOOLEAN"), *[1] * 8, 0, 0) == 0.8


def test_stdev_of_values_far_from_zero() -> None:
    assert number("stdev", score(), 1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16) == pytest.approx(
        math.sqrt(30), rel=1e-15
    )


def test_no_value_without_values() -> None:
    for function in ("mean", "min", "max", "median", "percentile", "stdev"):
        value = compute(function, {"percentile": 5}, Sample(score()))
        assert value.number is None
        assert value.reason == "nothing was scored"
    assert compute("rate", {}, Sample(score("BOOLEAN"))).number is None
    assert compute("count", {}, Sample(score())).number == 0


def test_no_deviation_of_one_value() -> None:
    value = compute("stdev", {}, sample_of(score(), 4.0))
    assert value.number is None
    assert value.reason == "a standard deviation needs at least two values"


def test_no_infinite_results() -> None:
    for function in ("mean", "stdev"):
        value = compute(function, {}, sample_of(score(), 1.7e308, 1.7e308, -1.7e308))
        if value.number is None:
            assert value.reason == "the result is too large for a floating point number"
        else:
            assert math.isfinite(value.number)
    assert compute("stdev", {}, sample_of(score(), 1.7e308, -1.7e308)).number is None


def test_samples_of_trials_add_up() -> None:
    for config, first, second in ((score(), 1.0, 3.0), (score("BOOLEAN"), 1.0, 0.0)):
        together = Sample(config)
        together.extend(sample_of(config, first))
        together.extend(sample_of(config, second))
        assert together.size == 2
        assert compute("mean", {}, together).number == (first + second) / 2


def test_a_hundred_thousand_values_take_little_memory() -> None:
    sample = Sample(score())
    tracemalloc.start()
    for position in range(100_000):
        sample.add([position / 7])
    compute("mean", {}, sample)
    compute("stdev", {}, sample)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_500_000


@pytest.mark.parametrize(
    ("function", "config", "message"),
    [
        ("rate", score(), "`rate` counts what is true or good, and the score is NUMERIC; use `mean`"),
        (
            "rate",
            score("TEXT", "none"),
            "`rate` counts what is true or good, and the score is TEXT; use `count`",
        ),
        (
            "rate",
            score("CATEGORICAL", "none", categories={"a": 0.0}),
            "`rate` needs to know which labels are good; give the score `good = [...]`",
        ),
        (
            "mean",
            score("TEXT", "none"),
            "`mean` needs numbers, and the score is TEXT; use `count`, or a `python` aggregate",
        ),
    ],
)
def test_what_cannot_be_computed(function: str, config: PlanScore, message: str) -> None:
    assert check_aggregate(function, config) == message


def test_what_can_be_computed() -> None:
    for function in ("mean", "min", "max", "median", "percentile", "count", "stdev"):
        for config in (score(), score("BOOLEAN"), TONE):
            assert check_aggregate(function, config) is None
    assert check_aggregate("rate", score("BOOLEAN")) is None
    assert check_aggregate("rate", TONE) is None
    assert check_aggregate("count", score("TEXT", "none")) is None


def test_ranges() -> None:
    bounded = score(min=0.0, max=5.0)
    assert value_range("mean", bounded) == (0.0, 5.0)
    assert value_range("mean", score(min=1.0)) == (1.0, None)
    assert value_range("median", TONE) == (0.0, 3.0)
    assert value_range("rate", TONE) == (0.0, 1.0)
    assert value_range("count", bounded) == (0.0, None)


def test_extremes_put_every_missing_result_at_a_bound() -> None:
    counts = Counts(expected=6, scored=2, failed=1, skipped=2)
    bounded = score(min=0.0, max=1.0)
    assert extremes("mean", bounded, sample_of(bounded, 0.5, 0.7), counts) == (1.2 / 4, 3.2 / 4)
    lower = score(direction="lower", min=0.0, max=1.0)
    assert extremes("mean", lower, sample_of(lower, 0.5, 0.7), counts) == (3.2 / 4, 1.2 / 4)
    half = score(min=0.0)
    assert extremes("mean", half, sample_of(half, 0.5, 0.7), counts) == (1.2 / 4, None)
    toxic = score("BOOLEAN", "lower")
    assert extremes("rate", toxic, sample_of(toxic, 1, 0), counts) == (0.75, 0.25)
    assert extremes("rate", TONE, sample_of(TONE, "poor", "fair"), counts) == (0.25, 0.75)
    assert extremes("mean", TONE, sample_of(TONE, "poor", "fair"), counts) == (0.25, 1.75)


def test_no_extremes_without_meaning() -> None:
    counts = Counts(expected=3, scored=1, failed=2)
    none = score("BOOLEAN", "none")
    assert extremes("mean", none, sample_of(none, 1), counts) == (None, None)
    bounded = score(min=0.0, max=1.0)
    assert extremes("median", bounded, sample_of(bounded, 1), counts) == (None, None)
    assert extremes("mean", bounded, Sample(bounded), Counts(expected=2, skipped=2)) == (None, None)
    assert extremes("mean", bounded, Sample(bounded), Counts(expected=2, failed=2)) == (0.0, 1.0)


def test_counts() -> None:
    counts = Counts(expected=10, scored=6, failed=1, skipped=2, imputed=1)
    assert (counts.pending, counts.missing, counts.coverage) == (1, 2, 0.75)
    assert Counts(expected=4, skipped=4).coverage == 1
    assert counts + counts == Counts(20, 12, 2, 4, 2)
