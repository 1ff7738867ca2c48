"""Aggregates over items and trials, and by groups: what fits, where a mistake is, what a plan keeps."""

from pathlib import Path
from typing import Any

import pytest

from tests.compiler.project import SPEC, changed, checked, compiled, write_project, write_spec

MINE = "/aggregates/mine"
F1 = {"function": "f1", "value": "output.answer", "expected": "expected_output.answer"}
BINARY = {**F1, "positive": "refund"}
FORECAST = {"value": "scores.similarity", "expected": "scores.correct"}

WRONG: list[tuple[dict[str, Any], str, str, str]] = [
    # Names and expressions
    ({**F1, "value": "output.answer |"}, "expression-syntax", "value", ""),
    ({**F1, "expected": "expected.answer"}, "undefined-name", "expected", ""),
    ({**F1, "value": "scores.corect"}, "unknown-score", "value", "correct"),
    ({**F1, "expected": "scores"}, "unknown-score", "expected", "read as a whole"),
    ({"function": "rate", "score": "correct", "by": "output.answer"}, "undefined-name", "by", ""),
    ({"function": "rate", "score": "correct", "by": "scores.tone"}, "undefined-name", "by", ""),
    ({"function": "rate", "score": "correct", "by": "metadata.shop |"}, "expression-syntax", "by", ""),
    (
        {"function": "python", "callable": "parcels.judging:summary", "by": "shop"},
        "undefined-name",
        "by",
        "",
    ),
    # Trials
    ({"function": "pass_at_k", "score": "correct", "k": 4}, "out-of-range", "k", "at most 3"),
    ({"function": "pass_hat_k", "score": "correct", "k": 0}, "out-of-range", "k", "at least 1"),
    ({"function": "pass_at_k", "score": "correct"}, "missing-field", "", "`k`"),
    ({"function": "pass_at_k", "score": "corect", "k": 2}, "unknown-score", "score", "correct"),
    (
        {"function": "pass_hat_k", "score": "similarity", "k": 2},
        "aggregate-data-type",
        "function",
        "NUMERIC, not BOOLEAN",
    ),
    # Labels
    ({**F1, "average": "mikro"}, "wrong-value", "average", "micro"),
    ({**F1, "average": "macro", "positive": "refund"}, "wrong-value", "positive", "average"),
    ({**BINARY, "labels": ["refund"]}, "wrong-value", "labels", "positive"),
    ({**F1, "average": "macro", "labels": ["a", "b", "a"]}, "wrong-value", "labels/2", "twice"),
    ({**F1, "average": "macro", "labels": [1, "1"]}, "wrong-value", "labels/1", "twice"),
    ({**F1, "average": "macro", "labels": []}, "out-of-range", "labels", "at least 1"),
    ({"function": "cohen_kappa", "weights": "linear"}, "missing-field", "", "`labels`"),
    ({"function": "accuracy", "labels": ["a"]}, "unknown-field", "labels", ""),
    # Forecasts
    (
        {**FORECAST, "function": "roc_auc", "value": "scores.tone"},
        "aggregate-data-type",
        "value",
        "a number, and the score is CATEGORICAL",
    ),
    (
        {**FORECAST, "function": "brier", "expected": "scores.similarity"},
        "aggregate-data-type",
        "expected",
        "true or false, and the score is NUMERIC",
    ),
    ({**FORECAST, "function": "calibration", "bins": 0}, "out-of-range", "bins", "at least 1"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "code", "place", "word"), WRONG, ids=lambda value: str(value)[:60])
def test_a_mistake_is_at_its_place(
    tmp_path: Path, fields: dict[str, Any], code: str, place: str, word: str
) -> None:
    write_project(tmp_path)
    for syntax in ("toml", "json"):
        tree = changed(SPEC, {MINE: fields, "/task/repeats": 3})
        [found] = checked(write_spec(tmp_path, tree, syntax))
        assert (found.code, found.pointer) == (code, f"{MINE}/{place}".rstrip("/"))
        assert word in f"{found.message} {found.expected} {found.suggestion}"


RIGHT: list[dict[str, Any]] = [
    {"function": "accuracy"},
    {"function": "confusion_matrix", "labels": ["refund", "no refund"], "by": "metadata.shop"},
    F1,
    BINARY,
    {**F1, "function": "precision", "value": "scores.correct", "expected": "true"},
    {**F1, "function": "recall", "average": "weighted", "labels": [True, False]},
    {"function": "cohen_kappa", "value": "scores.tone", "labels": ["curt", "polite"], "weights": "linear"},
    {"function": "cohen_kappa", "value": "scores.tone", "expected": "metadata.tone"},
    {**FORECAST, "function": "roc_auc"},
    {**FORECAST, "function": "calibration", "bins": 1},
    {**FORECAST, "function": "brier", "value": "output.confidence / 100"},
    {"function": "pass_at_k", "score": "correct", "k": 3},
    {"function": "pass_hat_k", "score": "correct", "k": 1, "by": "item.id[0]"},
    {"function": "mean", "score": "similarity", "by": "metadata.weeks > 2"},
    {"function": "python", "callable": "parcels.judging:summary", "by": "metadata.shop"},
]


@pytest.mark.parametrize("fields", RIGHT, ids=lambda value: str(value)[:60])
def test_what_fits(tmp_path: Path, fields: dict[str, Any]) -> None:
    spec = write_spec(write_project(tmp_path), changed(SPEC, {MINE: fields, "/task/repeats": 3}))
    assert checked(spec) == ()
    assert compiled(spec).aggregates["mine"].function == fields["function"]


def test_a_plan_keeps_what_is_needed(tmp_path: Path) -> None:
    fields = {**F1, "value": "scores.tone", "average": "macro", "by": "metadata.shop"}
    spec = write_spec(write_project(tmp_path), changed(SPEC, {MINE: fields}))
    found = compiled(spec).aggregates["mine"]
    assert found.score is None
    assert found.fields == {
        "value": "scores.tone",
        "expected": "expected_output.answer",
        "average": "macro",
    }
    assert (found.by, found.reads) == (
        "metadata.shop",
        ("expected_output.answer", "metadata.shop", "scores.tone"),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"by": "metadata.shop"},
        {"value": "output.answer | lower"},
        {"expected": "expected_output"},
        {"function": "recall"},
        {"positive": "no refund"},
        {"average": "micro", "positive": None},
        {"average": "macro", "positive": None, "labels": ["refund"]},
    ],
)
def test_whatever_changes_the_meaning_changes_the_digest(tmp_path: Path, change: dict[str, Any]) -> None:
    write_project(tmp_path)
    fields = {name: value for name, value in {**BINARY, **change}.items() if value is not None}
    before = compiled(write_spec(tmp_path, changed(SPEC, {MINE: BINARY})))
    after = compiled(write_spec(tmp_path, changed(SPEC, {MINE: fields})))
    assert before.aggregates["mine"].digest != after.aggregates["mine"].digest
    assert before.digest != after.digest


def test_what_is_written_at_its_default_changes_no_digest(tmp_path: Path) -> None:
    write_project(tmp_path)
    written = {**BINARY, "average": "binary", "description": "How well refunds are found."}
    before = compiled(write_spec(tmp_path, changed(SPEC, {MINE: BINARY})))
    after = compiled(write_spec(tmp_path, changed(SPEC, {MINE: written})))
    assert before.aggregates == after.aggregates
    assert before.digest == after.digest


@pytest.mark.parametrize(
    ("fields", "gate", "place"),
    [
        (F1, {"min": 1.5}, "min"),
        ({**FORECAST, "function": "roc_auc"}, {"max": -0.5}, "max"),
        ({"function": "cohen_kappa"}, {"max": -1.5}, "max"),
        ({"function": "pass_at_k", "score": "correct", "k": 1}, {"min": 2}, "min"),
    ],
)
def test_a_gate_that_can_never_pass(
    tmp_path: Path, fields: dict[str, Any], gate: dict[str, Any], place: str
) -> None:
    tree = changed(SPEC, {MINE: fields, "/gates/mine": {"aggregate": "mine", **gate}})
    [found] = checked(write_spec(write_project(tmp_path), tree))
    assert (found.code, found.pointer) == ("gate-out-of-bounds", f"/gates/mine/{place}")
