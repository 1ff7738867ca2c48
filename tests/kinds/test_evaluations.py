from types import SimpleNamespace
from typing import Any

import pytest

from evalspec.kinds.evaluations import Evaluation, ItemResult, NotAnEvaluation, read_evaluation
from evalspec.plan.values import Item


class Float32:
    """Quacks like a numpy scalar, whose class has a `data` but neither `name` nor `value`."""

    dtype = "float32"

    def tolist(self) -> float:
        return 0.5


@pytest.mark.parametrize(
    ("result", "evaluation"),
    [
        (1, Evaluation(1)),
        (True, Evaluation(True)),
        ("good", Evaluation("good")),
        (None, Evaluation(None)),
        (Float32(), Evaluation(0.5)),
        (SimpleNamespace(name="n", value=2, comment="c", metadata=None), Evaluation(2, "n", "c")),
        (SimpleNamespace(name=None, value=Float32()), Evaluation(0.5)),
        ({"name": "n", "value": 2, "data_type": "NUMERIC", "config_id": None}, Evaluation(2, "n")),
        (Evaluation(3, "own"), Evaluation(3, "own")),
    ],
)
def test_what_is_an_evaluation(result: Any, evaluation: Evaluation) -> None:
    assert read_evaluation(result) == evaluation


@pytest.mark.parametrize(
    "result", [[1], {"score": 1}, {"value": 1, "other": 2}, b"x", float("inf"), object, 2**60]
)
def test_what_is_none(result: Any) -> None:
    with pytest.raises(NotAnEvaluation):
        read_evaluation(result)


def test_results_are_read_as_attributes_and_by_key() -> None:
    result = ItemResult(Item("1", "q", "x"), "out", [Evaluation(1, "correct", "why", {"m": 1})], "trace")
    (evaluation,) = result.evaluations
    assert (evaluation.name, evaluation.value, evaluation.comment, evaluation.metadata) == (
        "correct",
        1,
        "why",
        {"m": 1},
    )
    assert evaluation["value"] == 1
    assert (result["item"], result["output"], result["trace_id"]) == (Item("1", "q", "x"), "out", "trace")
    assert result["evaluations"] is result.evaluations
    assert (result["expected_output"], result.item["input"]) == ("x", "q")
    for missing in (result, evaluation):
        with pytest.raises(KeyError):
            missing["score"]
