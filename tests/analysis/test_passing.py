"""pass@k and pass^k, held against all draws there are."""

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalspec.analysis.counts import Counts
from evalspec.analysis.passing import Passes, pass_at_k, pass_hat_k

ITEM = st.integers(1, 7).flatmap(
    lambda trials: st.tuples(st.just(trials), st.integers(0, trials), st.integers(1, trials))
)


@given(ITEM)
def test_they_are_shares_of_all_draws(item: tuple[int, int, int]) -> None:
    trials, passed, k = item
    draws = list(combinations([True] * passed + [False] * (trials - passed), k))
    assert pass_at_k(trials, passed, k) == Fraction(sum(map(any, draws)), len(draws))
    assert pass_hat_k(trials, passed, k) == Fraction(sum(map(all, draws)), len(draws))


@given(ITEM)
def test_one_trial_is_the_mean(item: tuple[int, int, int]) -> None:
    trials, passed, _ = item
    assert pass_at_k(trials, passed, 1) == pass_hat_k(trials, passed, 1) == Fraction(passed, trials)


@given(ITEM)
def test_more_draws_are_more_chances_and_more_risk(item: tuple[int, int, int]) -> None:
    trials, passed, k = item
    if k < trials:
        assert pass_at_k(trials, passed, k + 1) >= pass_at_k(trials, passed, k)
        assert pass_hat_k(trials, passed, k + 1) <= pass_hat_k(trials, passed, k)


def test_by_hand() -> None:
    # 5 trials, 2 pass, 3 drawn: 1 of 10 draws has none of them, none has three.
    assert pass_at_k(5, 2, 3) == Fraction(9, 10)
    assert pass_hat_k(5, 2, 3) == 0
    # 4 trials, 3 pass, 2 drawn: every draw has one, 3 of 6 have two.
    assert pass_at_k(4, 3, 2) == 1
    assert pass_hat_k(4, 3, 2) == Fraction(1, 2)


def test_the_value_is_the_mean_over_items() -> None:
    passes = Passes("pass_at_k", 2)
    for reading in ((3, 0), (3, 1), (3, 1), (3, 3), (2, 1)):
        passes.add(reading)
    # 0, 2/3, 2/3, 1, 1
    assert passes.value().number == pytest.approx(10 / 15, abs=1e-15)
    assert passes.cases(Counts(expected=6, scored=5, failed=1)) == pytest.approx((10 / 18, 13 / 18))
    assert Passes("pass_hat_k", 2).value().reason == "nothing was scored"


def test_many_trials_are_exact() -> None:
    passes = Passes("pass_at_k", 500)
    passes.add((1000, 1))
    assert passes.value().number == 0.5
