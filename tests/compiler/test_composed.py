"""Evaluators over scores of others: what their digests cover, what the plan says of them, what is refused."""

from pathlib import Path
from typing import Any

import pytest

from tests.compiler.project import (
    DELETED,
    SCORES,
    SPEC,
    changed,
    checked,
    compiled,
    digests,
    write_project,
    write_spec,
)

COMPOSED = changed(
    SPEC,
    {
        "/scores/passed": {"data_type": "BOOLEAN"},
        "/scores/quality": {"data_type": "NUMERIC"},
        "/scores/grade": {"data_type": "CATEGORICAL", "categories": ["low", "high"]},
        "/evaluators/grade": {
            "type": "expression",
            "value": "'high' if scores.quality > 0.5 else 'low'",
            "score": "grade",
        },
        "/evaluators/quality": {
            "type": "weighted",
            "weights": {"correct": 3, "similarity": 1},
            "score": "quality",
        },
        "/evaluators/passed": {
            "type": "all",
            "of": ["correct", "scores.tone == 'polite'"],
            "score": "passed",
        },
        "/evaluators/close/when": "scores.tone != 'curt'",
    },
)
CHANGES: list[tuple[dict[str, Any], set[str]]] = [
    ({"/evaluators/exact/value": "output"}, {"exact", "quality", "passed", "grade"}),
    ({"/evaluators/close/ignore_case": True}, {"close", "quality", "grade"}),
    ({"/evaluators/quality/weights/correct": 2}, {"quality", "grade"}),
    ({"/evaluators/quality/on_skipped": "ignore"}, {"quality", "grade"}),
    ({"/evaluators/passed/of/1": "scores.tone == 'curt'"}, {"passed"}),
    ({"/evaluators/passed/of/0": "scores.correct"}, set()),
    ({"/evaluators/grade/on_skipped": "null"}, {"grade"}),
    ({"/evaluators/close/when": DELETED}, {"close", "quality", "grade"}),
    ({"/evaluators/exact/when": "metadata.weeks > 1"}, {"exact", "quality", "passed", "grade"}),
]


@pytest.mark.parametrize(("changes", "moved"), CHANGES, ids=[next(iter(case[0])) for case in CHANGES])
def test_a_change_moves_what_reads_it(tmp_path: Path, changes: dict[str, Any], moved: set[str]) -> None:
    write_project(tmp_path)
    before = compiled(write_spec(tmp_path, COMPOSED)).evaluators
    after = compiled(write_spec(tmp_path, changed(COMPOSED, changes))).evaluators
    assert {name for name, part in after.items() if before[name].digest != part.digest} == moved


def test_code_of_an_evaluator_moves_what_reads_its_score(tmp_path: Path) -> None:
    spec = write_spec(write_project(tmp_path), COMPOSED)
    before = digests(compiled(spec))
    (tmp_path / "parcels/judging.py").write_text(SCORES.replace('"please"', '"thanks"'))
    after = digests(compiled(spec))
    # `close` has a condition over the tone, and so all that reads `close`.
    names = ("tone", "passed", "close", "quality", "grade")
    assert {name for name in after if after[name] != before[name]} == {
        "plan",
        *(f"evaluators/{name}" for name in names),
    }


def test_what_the_plan_says_of_them(tmp_path: Path) -> None:
    parts = compiled(write_spec(write_project(tmp_path), COMPOSED)).evaluators
    assert {name: part.after for name, part in parts.items()} == {
        "exact": (),
        "close": ("tone",),
        "tone": (),
        "grade": ("quality",),
        "quality": ("correct", "similarity"),
        "passed": ("correct", "tone"),
    }
    assert parts["passed"].reads == ("scores.correct", "scores.tone")
    assert parts["quality"].reads == ("scores.correct", "scores.similarity")


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"/evaluators/passed/of/0": "corect"}, "unknown-score", "/evaluators/passed/of/0"),
    ({"/evaluators/quality/weights/corect": 1}, "unknown-score", "/evaluators/quality/weights/corect"),
    ({"/evaluators/grade/value": "scores.grade"}, "evaluator-cycle", "/evaluators/grade"),
    ({"/evaluators/exact/when": "scores.passed"}, "evaluator-cycle", "/evaluators/exact"),
    ({"/scores/passed/data_type": "NUMERIC"}, "data-type-mismatch", "/evaluators/passed/score"),
    ({"/evaluators/quality/score": "passed"}, "data-type-mismatch", "/evaluators/quality/score"),
    ({"/evaluators/passed/of/0": "similarity"}, "data-type-mismatch", "/evaluators/passed/of/0"),
    ({"/evaluators/passed/of/1": "scores.tone"}, "data-type-mismatch", "/evaluators/passed/of/1"),
    (
        {"/evaluators/passed/type": "any", "/evaluators/passed/of": ["tone"]},
        "data-type-mismatch",
        "/evaluators/passed/of/0",
    ),
    (
        {"/evaluators/passed/type": "not", "/evaluators/passed/of": ["scores['tone']"]},
        "data-type-mismatch",
        "/evaluators/passed/of/0",
    ),
    ({"/evaluators/quality/weights/tone": 1}, "data-type-mismatch", "/evaluators/quality/weights/tone"),
    ({"/scores/grade": {"data_type": "TEXT"}}, "data-type-mismatch", "/evaluators/grade/score"),
]


@pytest.mark.parametrize(("changes", "code", "pointer"), WRONG, ids=[next(iter(case[0])) for case in WRONG])
def test_what_is_refused(tmp_path: Path, changes: dict[str, Any], code: str, pointer: str) -> None:
    found = checked(write_spec(write_project(tmp_path), changed(COMPOSED, changes)))
    assert (code, pointer) in {(item.code, item.pointer) for item in found}


def test_observations_need_a_task_that_has_them(tmp_path: Path) -> None:
    """Recorded outputs have none, unless they stand in the output."""
    steps = {"type": "step_count", "score": "similarity"}
    recorded = {"type": "recorded", "path": "outputs/recorded.jsonl"}
    tree = changed(SPEC, {"/task": recorded, "/evaluators/close": steps})
    write_project(tmp_path)
    codes = [(item.code, item.pointer) for item in checked(write_spec(tmp_path, tree))]
    assert codes == [("unsupported-by-task", "/evaluators/close/type")]
    given = changed(tree, {"/evaluators/close/observations": "output.steps"})
    assert checked(write_spec(tmp_path, given)) == ()
