import pytest

from evalspec.analysis.digits import beside


@pytest.mark.parametrize(
    ("value", "bounds", "shown"),
    [
        (0.7861721611721612, [0.9], "0.7862"),
        (0.75, [0.9], "0.75"),
        (3.0, [4], "3"),
        (1234.56789, [1000], "1234.5679"),
        (0.89999999, [0.9], "0.89999999"),
        (0.90004, [0.90003, 1], "0.90004"),
        (0.1 + 0.2, [0.3], "0.30000000000000004"),
        (2 / 3, [2 / 3], "0.6666666666666666"),
        (0.999999, [0.9], "0.999999"),
        (0.0000032123456, [0.001], "3.212e-06"),
        (-0.00001, [0], "-1e-05"),
    ],
)
def test_as_many_digits_as_it_takes_to_stand_on_its_side(
    value: float, bounds: list[float], shown: str
) -> None:
    assert beside(value, bounds) == shown
