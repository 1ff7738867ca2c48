import pytest

from evalspec.report.numbers import aligned, count, number, numbers, percent, rounded, seconds


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1.0, "1"),
        (0.0, "0"),
        (-3.0, "-3"),
        (0.8784, "0.8784"),
        (0.5, "0.5000"),
        (2 / 3, "0.6667"),
        (0.99996, "0.99996"),
        (0.9999999, "0.9999999"),
        (1.00001, "1.00001"),
        (123.456789, "123.4568"),
        (0.00001234, "1.234e-05"),
        (1e300, "1e+300"),
        (1.5e12, "1500000000000"),
    ],
)
def test_a_number_is_never_rounded_to_a_whole_one(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [(1.0, "100 %"), (0.0, "0 %"), (0.9999, "> 99.9 %"), (0.0001, "< 0.1 %"), (0.5, "50.0 %")],
)
def test_only_a_full_share_is_a_hundred_percent(share: float, shown: str) -> None:
    assert percent(share) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0042, "4 ms"),
        (0.9999, "1.0 s"),
        (59.96, "1 min 00 s"),
        (150.4, "2 min 30 s"),
        (3725.0, "1 h 02 min"),
    ],
)
def test_times(value: float, shown: str) -> None:
    assert seconds(value) == shown


def test_estimates_and_counts() -> None:
    assert (rounded(0.88), rounded(1234567.0), rounded(0.0)) == ("0.880", "1.235e+06", "0.000")
    assert (count(0), count(12000)) == ("–", "12000")


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([1.0, 0.0, 3.0], ["1", "0", "3"]),
        ([1.0, 0.5, -0.0], ["1.0000", "0.5000", "0.0000"]),
        ([1.0, 0.99996], ["1.00000", "0.99996"]),
        ([0.5, 0.99999999], ["0.500000", "0.99999999"]),
        ([0.5, 1e300, 1.234e-5], ["0.5000", "1e+300", "1.234e-05"]),
        ([], []),
    ],
)
def test_values_of_one_score_have_the_same_decimals(values: list[float], shown: list[str]) -> None:
    assert numbers(values) == shown


def test_points_stand_in_one_line() -> None:
    assert aligned(["3", "0.5000", "12.25", "–", "1e-05"]) == ["3     ", "0.5000", "12.25  ", "–", "1e-05"]
    assert aligned(["1", "20"]) == ["1", "20"]
