"""Which items a plan has: `where`, `sample`, and what is wrong with either."""

from pathlib import Path
from typing import Any

import pytest

from tests.compiler.project import ITEMS, SPEC, changed, checked, compiled, write_project, write_spec


def selected(root: Path, **dataset: Any) -> list[str]:
    changes = {f"/dataset/{name}": value for name, value in dataset.items()}
    return [item.id for item in compiled(write_spec(root, changed(SPEC, changes))).dataset.items]


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ("true", [1, 2, 3, 4, 5, 6]),
        ("metadata.weeks > 4", [5, 6]),
        ("metadata.shop == 'books'", [1, 3, 5]),
        ("item.id in ['parcel-2', 'parcel-9']", [2]),
        ("'3 weeks' in input.text", [3]),
        ("expected_output.answer != 'refund'", [1]),
        ("metadata.weeks is odd and not metadata.weeks == 3", [1, 5]),
    ],
)
def test_where(tmp_path: Path, where: str, numbers: list[int]) -> None:
    write_project(tmp_path)
    assert selected(tmp_path, where=where) == [f"parcel-{number}" for number in numbers]


def test_an_item_that_lacks_a_key_is_left_out_and_counted(tmp_path: Path) -> None:
    rows = [*ITEMS, {"id": "bare", "input": {"text": "Hello"}}]
    write_project(tmp_path, rows=rows)
    spec = write_spec(tmp_path, changed(SPEC, {"/dataset/where": "metadata.weeks > 4"}))
    dataset = compiled(spec).dataset
    assert ([item.id for item in dataset.items], dataset.available, dataset.unselectable) == (
        ["parcel-5", "parcel-6"],
        7,
        1,
    )


def test_a_sample_is_the_same_everywhere_and_loses_at_most_one_for_each_that_comes(tmp_path: Path) -> None:
    rows = [{"id": f"n{number}", "input": number} for number in range(200)]
    write_project(tmp_path, rows=rows)
    first = selected(tmp_path, sample={"size": 20})
    assert len(first) == 20
    assert first == sorted(first, key=lambda item_id: int(item_id[1:]))
    assert selected(tmp_path, sample={"size": 20, "seed": 1}) != first
    rate = selected(tmp_path, sample={"rate": 0.2})
    write_project(tmp_path, rows=[*rows, {"id": "new", "input": 0}])
    assert len(set(first) - set(selected(tmp_path, sample={"size": 20}))) <= 1
    assert set(rate) <= set(selected(tmp_path, sample={"rate": 0.2}))
    write_project(tmp_path, rows=list(reversed(rows)))
    assert sorted(selected(tmp_path, sample={"size": 20})) == sorted(first)


def test_where_comes_before_sample(tmp_path: Path) -> None:
    write_project(tmp_path)
    assert selected(tmp_path, where="metadata.weeks > 4", sample={"size": 2}) == ["parcel-5", "parcel-6"]


@pytest.mark.parametrize(
    ("fields", "code", "pointer"),
    [
        ({"where": "metadata.weeks"}, "wrong-type", "/dataset/where"),
        ({"where": "metadata.weeks > 'a'"}, "wrong-value", "/dataset/where"),
        ({"where": "metadata.weeks > 100"}, "empty-selection", "/dataset/where"),
        ({"where": "metadata.year > 1"}, "empty-selection", "/dataset/where"),
        ({"where": ""}, "expression-syntax", "/dataset/where"),
        ({"where": "output == 1"}, "undefined-name", "/dataset/where"),
        ({"sample": {"rate": 1e-9}}, "empty-selection", "/dataset/sample"),
        ({"sample": {}}, "missing-field", "/dataset/sample"),
        ({"sample": {"size": 1, "rate": 0.5}}, "wrong-value", "/dataset/sample"),
        ({"path": "data"}, "dataset-file-not-found", "/dataset/path"),
        ({"path": "parcels/rules.py"}, "missing-field", "/dataset/path"),
        ({"delimiter": ";"}, "wrong-value", "/dataset/delimiter"),
    ],
)
def test_what_is_wrong(tmp_path: Path, fields: dict[str, Any], code: str, pointer: str) -> None:
    write_project(tmp_path)
    changes = {f"/dataset/{name}": value for name, value in fields.items()}
    found = checked(write_spec(tmp_path, changed(SPEC, changes), "toml"))
    assert [(item.code, item.pointer) for item in found] == [(code, pointer)]


def test_every_broken_line_of_a_data_file_is_named(tmp_path: Path) -> None:
    write_project(tmp_path)
    data = tmp_path / "data/refunds.jsonl"
    data.write_text(data.read_text() + '{"id": 1}\n\n{"id": "b" "input": 1}\n{"input": 2, "labels": 1}\n')
    found = checked(write_spec(tmp_path, SPEC))
    places = [(item.code, item.span.start.line) for item in found if item.span is not None]
    assert places == [("item-shape", 7), ("item-syntax", 9), ("item-shape", 10)]
