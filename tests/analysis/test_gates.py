import pytest

from evalspec.analysis.gates import check_gate
from evalspec.plan.model import PlanGate


def gate(**bounds: float) -> PlanGate:
    return PlanGate.model_validate({"aggregate": "accuracy", **bounds})


@pytest.mark.parametrize(
    ("bounds", "value", "passed", "bound", "reason"),
    [
        ({"min": 0.8}, 0.8, True, 0.8, "accuracy is 0.8, not below 0.8."),
        ({"min": 0.8}, 0.7999999999999999, False, 0.8, "accuracy is 0.7999999999999999, below 0.8."),
        ({"max": 2.0}, 2.0, True, 2.0, "accuracy is 2, not above 2."),
        ({"max": 2.0}, 2.5, False, 2.0, "accuracy is 2.5, above 2."),
        ({"min": 0.0, "max": 1.0}, 0.9, True, 1.0, "accuracy is 0.9, not below 0 and not above 1."),
        ({"min": 0.0, "max": 1.0}, -1.0, False, 0.0, "accuracy is -1, below 0."),
    ],
)
def test_bounds_are_inclusive_and_exact(
    bounds: dict[str, float], value: float, passed: bool, bound: float, reason: str
) -> None:
    result = check_gate(gate(**bounds), value, 1.0)
    assert (result.passed, result.bound, result.reason) == (passed, bound, reason)
    assert result.value == value


def test_eight_of_ten_is_not_below_four_fifths() -> None:
    assert check_gate(gate(min=0.8), 8 / 10, 1.0).passed


def test_below_full_coverage_a_gate_fails() -> None:
    result = check_gate(gate(min=0.8), 0.9, 0.98)
    assert not result.passed
    assert result.reason == "Only 98 % of the results are there and no `min_coverage` allows that."


def test_nearly_full_coverage_is_not_called_full() -> None:
    assert "Only just under 100 % of" in check_gate(gate(min=0.8), 0.9, 0.99999).reason
    assert "Only less than 0.1 % of" in check_gate(gate(min=0.8), 0.9, 0.00001).reason
    assert "Only 0 % of" in check_gate(gate(min=0.8), 0.9, 0.0).reason


def test_min_coverage_allows_some_missing_results() -> None:
    assert check_gate(gate(min=0.8, min_coverage=0.95), 0.9, 0.95).passed
    result = check_gate(gate(min=0.8, min_coverage=0.95), 0.9, 0.949)
    assert not result.passed
    assert result.reason == "94.9 % of the results are there, fewer than 95 %."


def test_a_gate_on_coverage_alone() -> None:
    result = check_gate(gate(min_coverage=0.5), "mostly fine", 0.6)
    assert (result.passed, result.bound, result.reason) == (
        True,
        None,
        "accuracy is mostly fine, and enough results are there.",
    )


def test_no_value_fails_with_the_reason() -> None:
    result = check_gate(gate(min=0.1), None, 1.0, "nothing was scored")
    assert not result.passed
    assert result.reason == "`accuracy` has no value: nothing was scored."
    assert result.bound == 0.1


def test_a_label_has_no_place_among_numbers() -> None:
    result = check_gate(gate(min=0.1), "good", 1.0)
    assert not result.passed
    assert result.reason == "`accuracy` is not a number and cannot be held against a bound."
