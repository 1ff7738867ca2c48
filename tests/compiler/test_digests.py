"""Digests change when, and only when, what they are of changes."""

from pathlib import Path
from typing import Any

import pytest

from tests.compiler.project import (
    ASSISTANT,
    DELETED,
    ITEMS,
    RULES,
    SCORES,
    SPEC,
    changed,
    compiled,
    digests,
    write_project,
    write_spec,
)

BASE = changed(
    SPEC,
    {
        "/dataset/where": "metadata.weeks < 6",
        "/task/files": ["prompts/*.txt"],
        "/task/env": ["SHOP_REGION"],
        "/aggregates/total": {"function": "python", "callable": "parcels.judging:summary"},
    },
)
ENVIRON = {"SHOP_REGION": "eu"}

SPEC_CHANGES: list[tuple[dict[str, Any], set[str]]] = [
    ({"/name": "returns"}, {"spec"}),
    ({"/dataset/where": "metadata.weeks < 7"}, {"spec", "plan", "dataset"}),
    ({"/dataset/where": "metadata.weeks <= 5"}, {"spec", "plan"}),
    ({"/dataset/sample": {"size": 2}}, {"spec", "plan", "dataset"}),
    ({"/task/callable": "parcels.rules:decide"}, {"spec", "plan", "task"}),
    ({"/task/timeout": "10s"}, {"spec", "plan"}),
    ({"/task/repeats": 2}, {"spec", "plan"}),
    ({"/task/files": DELETED}, {"spec", "plan", "task"}),
    ({"/task/env": DELETED}, {"spec", "plan", "task"}),
    ({"/scores/similarity/min": -1}, {"spec", "plan", "scores/similarity"}),
    ({"/scores/correct/margin": 0.1}, {"spec", "plan"}),
    ({"/scores/correct/direction": "lower"}, {"spec", "plan"}),
    ({"/scores/correct/on_task_failure": "worst"}, {"spec", "plan", "scores/correct"}),
    ({"/scores/tone/good": ["curt"]}, {"spec", "plan", "scores/tone"}),
    ({"/scores/tone/categories": ["polite", "curt"]}, {"spec", "plan", "scores/tone"}),
    ({"/evaluators/exact/value": "output.answer | lower"}, {"spec", "plan", "evaluators/exact"}),
    ({"/evaluators/close/ignore_case": True}, {"spec", "plan", "evaluators/close"}),
    ({"/evaluators/close/expected": "expected_output.text"}, {"spec", "plan", "evaluators/close"}),
    ({"/aggregates/accuracy/function": "mean"}, {"spec", "plan", "aggregates/accuracy"}),
    ({"/gates/good_enough/min": 0.9}, {"spec", "plan"}),
    ({"/gates/good_enough/min_coverage": 0.9}, {"spec", "plan"}),
    ({"/limits": {"concurrency": 4}}, {"spec", "plan"}),
    ({"/run": {"metadata": {"build": 7}}}, {"spec", "plan"}),
]


@pytest.mark.parametrize(
    ("changes", "moved"), SPEC_CHANGES, ids=[next(iter(case[0])) for case in SPEC_CHANGES]
)
def test_what_a_change_of_the_spec_moves(tmp_path: Path, changes: dict[str, Any], moved: set[str]) -> None:
    write_project(tmp_path)
    before = digests(compiled(write_spec(tmp_path, BASE), environ=ENVIRON))
    after = digests(compiled(write_spec(tmp_path, changed(BASE, changes)), environ=ENVIRON))
    assert {name for name, digest in after.items() if before[name] != digest} == moved


CODE_OF_ALL = {"plan", "task"}
JUDGED = {"plan", "evaluators/tone"}
FILE_CHANGES: list[tuple[str, str, str, set[str]]] = [
    ("a comment", "parcels/assistant.py", ASSISTANT.replace("  return {", "  # Why.\n    return {"), set()),
    ("layout", "parcels/rules.py", RULES.replace('"refund" if "late"', '(\n        "refund" if "late"')
     .replace('"no refund"', '"no refund"\n    )'), set()),
    ("a function that is not reached", "parcels/assistant.py", ASSISTANT + "\n\ndef more(): ...\n", set()),
    ("a constant that is not reached", "parcels/assistant.py", ASSISTANT.replace('"Hello"', '"Hi"'), set()),
    ("the code of the task", "parcels/assistant.py", ASSISTANT.replace('["text"]', '["body"]'), CODE_OF_ALL),
    ("a docstring", "parcels/assistant.py", ASSISTANT.replace("Decide about", "Answer"), CODE_OF_ALL),
    ("what the task imports", "parcels/rules.py", RULES.replace('"late"', '"lost"'), CODE_OF_ALL),
    ("an evaluator", "parcels/judging.py", SCORES.replace('"please"', '"thanks"'), JUDGED),
    ("an aggregate", "parcels/judging.py", SCORES.replace("len(item", "2 * len(item"),
     {"plan", "aggregates/total"}),
    ("another function beside an evaluator", "parcels/judging.py", SCORES.replace('"fine"', '"good"'), set()),
    ("a declared file", "prompts/system.txt", "You are generous.\n", CODE_OF_ALL),
    ("one more declared file", "prompts/second.txt", "You are kind.\n", CODE_OF_ALL),
    ("a file that is not declared", "prompts/notes.md", "Try kinder.\n", set()),
]  # fmt: skip


@pytest.mark.parametrize(("what", "file", "text", "moved"), FILE_CHANGES, ids=[c[0] for c in FILE_CHANGES])
def test_what_a_change_of_a_file_moves(
    tmp_path: Path, what: str, file: str, text: str, moved: set[str]
) -> None:
    spec = write_spec(write_project(tmp_path), BASE)
    path = tmp_path / file
    assert not path.exists() or path.read_text() != text
    before = digests(compiled(spec, environ=ENVIRON))
    path.write_text(text)
    after = digests(compiled(spec, environ=ENVIRON))
    assert {name for name, digest in after.items() if before[name] != digest} == moved


def edited(index: int, **fields: Any) -> list[dict[str, Any]]:
    return [{**row, **fields} if number == index else row for number, row in enumerate(ITEMS)]


DATA_CHANGES = [
    ("an input", edited(0, input={"text": "Where is it?"}), True),
    ("a label", edited(0, expected_output={"answer": "?"}), True),
    ("metadata", edited(0, metadata={"weeks": 1, "shop": "toys"}), True),
    ("an id", edited(0, id="parcel-one"), True),
    ("the order", [ITEMS[1], ITEMS[0], *ITEMS[2:]], True),
    ("one item less", ITEMS[1:], True),
    ("an item that is not selected", edited(5, input={"text": "Where is it?"}), False),
    ("one more that is not selected", [*ITEMS, {**ITEMS[5], "id": "parcel-7"}], False),
    ("the order of keys", [dict(reversed(row.items())) for row in ITEMS], False),
]


@pytest.mark.parametrize(("what", "rows", "moves"), DATA_CHANGES, ids=[change[0] for change in DATA_CHANGES])
def test_what_a_change_of_the_data_moves(
    tmp_path: Path, what: str, rows: list[dict[str, Any]], moves: bool
) -> None:
    spec = write_spec(write_project(tmp_path), BASE)
    before = digests(compiled(spec, environ=ENVIRON))
    write_project(tmp_path, rows=rows)
    after = digests(compiled(spec, environ=ENVIRON))
    moved = {name for name, digest in after.items() if before[name] != digest}
    assert moved == ({"plan", "dataset"} if moves else set())


def test_the_value_of_a_declared_variable_belongs_to_the_task(tmp_path: Path) -> None:
    spec = write_spec(write_project(tmp_path), BASE)
    before = digests(compiled(spec, environ=ENVIRON))
    for environ in ({"SHOP_REGION": "us"}, {}):
        after = digests(compiled(spec, environ=environ))
        assert {name for name, digest in after.items() if before[name] != digest} == CODE_OF_ALL
    assert digests(compiled(spec, environ={**ENVIRON, "OTHER": "1"})) == before


def test_the_value_of_a_declared_variable_is_not_in_the_plan(tmp_path: Path) -> None:
    spec = write_spec(write_project(tmp_path), BASE)
    plan = compiled(spec, environ={"SHOP_REGION": "a-very-secret-region"})
    assert "a-very-secret-region" not in plan.model_dump_json()


def test_the_place_of_the_data_is_no_part_of_what_it_is(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    inline = changed(
        BASE, {"/dataset": {"type": "inline", "items": ITEMS, "where": BASE["dataset"]["where"]}}
    )
    from_file, from_spec = compiled(write_spec(root, BASE)), compiled(write_spec(root, inline))
    assert from_file.dataset.digest == from_spec.dataset.digest
    assert from_file.dataset.items == from_spec.dataset.items


def test_recorded_outputs_belong_to_the_task(tmp_path: Path) -> None:
    tree = changed(BASE, {"/task": {"type": "recorded", "path": "outputs/recorded.jsonl"}})
    spec = write_spec(write_project(tmp_path), tree)
    recorded = tmp_path / "outputs/recorded.jsonl"
    before = digests(compiled(spec))
    lines = recorded.read_text().splitlines(keepends=True)
    recorded.write_text("".join(reversed(lines)))
    assert digests(compiled(spec)) == before
    recorded.write_text("".join(lines).replace('"refund"', '"money back"'))
    after = digests(compiled(spec))
    assert {name for name, digest in after.items() if before[name] != digest} == CODE_OF_ALL
