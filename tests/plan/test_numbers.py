"""Numbers in sentences: short, and never what they are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalspec.plan.numbers import in_words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (0.4, "0.4"),
        (0.29, "0.29"),
        (3.125, "3.125"),
        (2 / 3, "0.6666…"),
        (0.99999, "0.9999…"),
        (0.9999999999999999, "0.9999…"),
        (3.99999, "3.9999…"),
        (1.0000001, "1.0000…"),
        (-0.00001, "-0.0000…"),
        (1234567.0, "1234567"),
        (1e300, "1e+300"),
        (float("inf"), "inf"),
    ],
)
def test_words(value: float, words: str) -> None:
    assert in_words(value) == words


@given(st.floats(-1e6, 1e6), st.integers(-1_000_000, 1_000_000).map(lambda whole: whole / 100))
def test_what_is_cut_is_on_the_side_of_a_bound_where_the_value_is(value: float, bound: float) -> None:
    """Nothing below a bound looks as if it reached it, nothing beyond as if it were at it."""
    words = in_words(value)
    shown = float(words.removesuffix("…"))
    assert abs(shown) <= abs(value)
    if not words.endswith("…"):
        assert shown == value
    elif bound > 0:
        assert (shown >= bound) == (value >= bound)
