"""What fits together: scores, evaluators, aggregates, gates; what a plan makes of what a spec leaves out."""

from pathlib import Path
from typing import Any

import pytest

from tests.compiler.project import DELETED, SPEC, changed, checked, compiled, write_project, write_spec

TEXT = {"/scores/remark": {"data_type": "TEXT"}}
SEVERAL = {
    **TEXT,
    "/evaluators/several": {
        "type": "python",
        "callable": "parcels.judging:several",
        "scores": {"remark": "remark"},
    },
}
UNSCORED = {"/scores/similarity": {"data_type": "NUMERIC"}}

WRONG: list[tuple[dict[str, Any], str, str]] = [
    # Scores
    ({"/scores/correct/max": 1}, "invalid-bounds", "/scores/correct/max"),
    ({"/scores/tone/min": 0}, "invalid-bounds", "/scores/tone/min"),
    ({"/scores/similarity/min": 1}, "invalid-bounds", "/scores/similarity/min"),
    ({"/scores/similarity/margin": 1.5}, "margin-out-of-bounds", "/scores/similarity/margin"),
    ({"/scores/correct/margin": 1.01}, "margin-out-of-bounds", "/scores/correct/margin"),
    ({"/scores/correct/margin": -0.1}, "out-of-range", "/scores/correct/margin"),
    ({"/scores/correct/good": ["true"]}, "invalid-categories", "/scores/correct/good"),
    ({"/scores/tone/categories": []}, "invalid-categories", "/scores/tone"),
    ({"/scores/tone/categories": ["curt", " ", "polite"]}, "invalid-categories", "/scores/tone/categories/1"),
    (
        {"/scores/tone/categories": {"curt": 1, "polite": 1.0}},
        "invalid-categories",
        "/scores/tone/categories/polite",
    ),
    ({"/scores/tone/good": ["rude"]}, "invalid-categories", "/scores/tone/good/0"),
    ({"/scores/correct/on_task_failure": 0}, "wrong-value", "/scores/correct/on_task_failure"),
    ({"/scores/correct/on_task_failure": "wrost"}, "wrong-value", "/scores/correct/on_task_failure"),
    ({"/scores/similarity/on_task_failure": 2}, "out-of-range", "/scores/similarity/on_task_failure"),
    ({"/scores/similarity/on_task_failure": True}, "wrong-value", "/scores/similarity/on_task_failure"),
    ({"/scores/tone/on_task_failure": "rude"}, "wrong-value", "/scores/tone/on_task_failure"),
    (
        {"/scores/tone/good": DELETED, "/scores/tone/on_task_failure": "worst"},
        "wrong-value",
        "/scores/tone/on_task_failure",
    ),
    (
        {"/scores/similarity": {"data_type": "NUMERIC", "on_task_failure": "worst"}},
        "wrong-value",
        "/scores/similarity/on_task_failure",
    ),
    # Evaluators
    (
        {"/evaluators/exact/score": "tone", "/evaluators/tone": DELETED},
        "data-type-mismatch",
        "/evaluators/exact/score",
    ),
    ({"/evaluators/second": SPEC["evaluators"]["exact"]}, "duplicate-score", "/evaluators/second/score"),
    ({"/scores/similarity/max": 0.5}, "bounds-mismatch", "/evaluators/close/score"),
    ({"/evaluators/tone/score": DELETED}, "missing-field", "/evaluators/tone"),
    ({"/evaluators/tone/scores": {"a": "tone"}}, "wrong-value", "/evaluators/tone/scores"),
    # Aggregates
    ({"/aggregates/average/function": "rate"}, "aggregate-data-type", "/aggregates/average/function"),
    (
        {**SEVERAL, "/aggregates/average/score": "remark"},
        "aggregate-data-type",
        "/aggregates/average/function",
    ),
    (
        {"/scores/tone/good": DELETED, "/aggregates/nice": {"function": "rate", "score": "tone"}},
        "aggregate-data-type",
        "/aggregates/nice/function",
    ),
    (
        {"/aggregates/curt": {"function": "count", "score": "tone", "label": "rude"}},
        "invalid-categories",
        "/aggregates/curt/label",
    ),
    (
        {"/aggregates/all": {"function": "count", "score": "correct", "label": "true"}},
        "invalid-categories",
        "/aggregates/all/label",
    ),
    ({"/aggregates/p": {"function": "percentile", "score": "correct"}}, "missing-field", "/aggregates/p"),
    (
        {"/aggregates/p": {"function": "python", "callable": "parcels.rules:decide", "score": "correct"}},
        "unknown-field",
        "/aggregates/p/score",
    ),
    # Gates
    ({"/gates/good_enough/min": 1.5}, "gate-out-of-bounds", "/gates/good_enough/min"),
    (
        {"/gates/good_enough": {"aggregate": "accuracy", "max": -0.1}},
        "gate-out-of-bounds",
        "/gates/good_enough/max",
    ),
    ({"/gates/good_enough/max": 0.5}, "invalid-bounds", "/gates/good_enough/min"),
    ({"/gates/good_enough/min_coverage": 1.1}, "out-of-range", "/gates/good_enough/min_coverage"),
    ({"/gates/good_enough/min": DELETED}, "missing-field", "/gates/good_enough"),
    ({"/gates/good_enough/aggregate": "similarity"}, "unknown-aggregate", "/gates/good_enough/aggregate"),
    # Task, limits, run
    ({"/task/repeats": 0}, "out-of-range", "/task/repeats"),
    ({"/task/timeout": 0}, "out-of-range", "/task/timeout"),
    ({"/task/timeout": "9" * 400 + "s"}, "invalid-duration", "/task/timeout"),
    ({"/limits": {"retries": -1}}, "out-of-range", "/limits/retries"),
    ({"/limits": {"max_errors": 0}}, "out-of-range", "/limits/max_errors"),
    ({"/run": {"name": "{{ user }}"}}, "undefined-name", "/run/name"),
    (
        {"/task": {"type": "recorded", "path": "outputs/recorded.jsonl", "repeats": 2}},
        "wrong-value",
        "/task/repeats",
    ),
    ({"/task": {"type": "recorded"}}, "missing-field", "/task"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code", "pointer"), WRONG, ids=lambda value: str(value)[:60])
def test_what_does_not_fit(tmp_path: Path, changes: dict[str, Any], code: str, pointer: str) -> None:
    write_project(tmp_path)
    for syntax in ("toml", "json"):
        found = checked(write_spec(tmp_path, changed(SPEC, changes), syntax))
        assert [(item.code, item.pointer) for item in found] == [(code, pointer)]


RIGHT: list[dict[str, Any]] = [
    UNSCORED,
    SEVERAL,
    {"/scores/similarity/min": -1},
    {"/scores/similarity/margin": 1},
    {"/scores/similarity/on_task_failure": "worst"},
    {"/scores/correct/on_task_failure": False},
    {"/scores/tone/on_task_failure": "worst"},
    {"/scores/tone/direction": "lower"},
    {"/aggregates/nice": {"function": "rate", "score": "tone"}},
    {"/aggregates/nice": {"function": "mean", "score": "tone"}},
    {"/aggregates/nice": {"function": "count", "score": "tone", "label": "polite"}},
    {
        "/aggregates/all": {
            "function": "python",
            "callable": "parcels.judging:summary",
            "data_type": "NUMERIC",
        }
    },
    {"/gates/good_enough": {"aggregate": "accuracy", "min_coverage": 0.9}},
    {"/gates/good_enough": {"aggregate": "accuracy", "min": 1, "max": 1}},
    {"/gates": {}},
    {"/aggregates": DELETED, "/gates": DELETED},
    {"/task/timeout": "1m30s"},
    {"/limits": {"timeout": 0.5, "deadline": "1h"}},
]


@pytest.mark.parametrize("changes", RIGHT, ids=lambda value: str(value)[:60])
def test_what_fits(tmp_path: Path, changes: dict[str, Any]) -> None:
    write_project(tmp_path)
    spec = write_spec(tmp_path, changed(SPEC, changes))
    assert checked(spec) == ()
    compiled(spec)


@pytest.mark.parametrize(
    ("score", "direction"),
    [
        ({"data_type": "BOOLEAN"}, "higher"),
        ({"data_type": "NUMERIC"}, "higher"),
        ({"data_type": "TEXT"}, "none"),
        ({"data_type": "CATEGORICAL", "categories": ["a", "b"]}, "none"),
        ({"data_type": "CATEGORICAL", "categories": ["a", "b"], "good": ["b"]}, "higher"),
        ({"data_type": "NUMERIC", "direction": "none"}, "none"),
        ({"data_type": "BOOLEAN", "direction": "lower"}, "lower"),
    ],
)
def test_the_direction_of_a_score(tmp_path: Path, score: dict[str, Any], direction: str) -> None:
    write_project(tmp_path)
    evaluator = {"type": "python", "callable": "parcels.judging:tone", "score": "s"}
    tree = changed(SPEC, {"/scores": {"s": score}, "/evaluators": {"e": evaluator}})
    tree = changed(tree, {"/aggregates": DELETED, "/gates": DELETED})
    plan = compiled(write_spec(tmp_path, tree))
    assert plan.scores["s"].direction == direction


def test_categories_in_a_list_have_the_values_of_their_order(tmp_path: Path) -> None:
    plan = compiled(write_spec(write_project(tmp_path), SPEC))
    assert plan.scores["tone"].categories == {"curt": 0, "polite": 1}


def test_the_plan_says_what_evaluators_read(tmp_path: Path) -> None:
    plan = compiled(write_spec(write_project(tmp_path), SPEC))
    assert plan.evaluators["exact"].reads == ("expected_output.answer", "output.answer")
    assert plan.evaluators["tone"].reads == ("output",)


def test_the_plan_says_which_code_it_could_not_follow(tmp_path: Path) -> None:
    spec = write_spec(write_project(tmp_path), SPEC)
    module = tmp_path / "parcels/rules.py"
    module.write_text("import importlib\n\n\ndef decide(text):\n    return importlib.import_module(text).x\n")
    plan = compiled(spec)
    assert [part.what for part in plan.unpinned] == ["task/code"]
    assert [(item.code, item.pointer) for item in checked(spec)] == [("code-not-followed", "/task/callable")]
    module.write_text("# A comment.\n" + module.read_text())
    assert compiled(spec) == plan
