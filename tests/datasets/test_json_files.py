import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from evalspec.datasets import DATASETS
from evalspec.datasets.base import ItemError, SourceItem
from evalspec.datasets.select import digest_of, read_items
from evalspec.kinds import json_rows
from evalspec.kinds.loading import Loading
from evalspec.plan.canonical import MAX_DEPTH
from evalspec.plan.values import Item


def faults_of(read_file: Any, name: str, content: bytes | str, **fields: Any) -> list[ItemError]:
    with pytest.raises(ItemError) as caught:
        read_file(name, content, **fields)
    return [caught.value, *caught.value.more]


def test_lines(read_file: Any) -> None:
    text = (
        '\ufeff{"id": "a", "input": "q", "expected_output": "x", "metadata": {"m": 1}}\r\n'
        "\r\n"
        '   {"id": 7, "input": null}\n'
        '{"id": "ü", "input": {"items": [1.0, true]}}'
    )
    sources: list[SourceItem] = read_file("d.jsonl", text)
    assert [source.item for source in sources] == [
        Item("a", "q", "x", {"m": 1}),
        Item("7", None),
        Item("ü", {"items": [1.0, True]}),
    ]
    assert [source.place for source in sources] == [("d.jsonl", 1, 1), ("d.jsonl", 3, 1), ("d.jsonl", 4, 1)]
    assert all(source.given_id for source in sources)


def test_no_items(read_file: Any) -> None:
    assert read_file("d.jsonl", "") == []
    assert read_file("d.jsonl", "\n\n") == []
    assert read_file("d.json", "[]") == []
    assert read_file("d.json", '{"items": [ ]}') == []


def test_ids_are_derived_from_content(read_file: Any) -> None:
    lines = ['{"input": 1, "metadata": {"a": 1, "b": 2}}', '{"input": 2}']
    first, second = read_file("d.jsonl", "\n".join(lines))
    assert first.item.id.startswith("item-")
    assert len(first.item.id) == 21
    assert first.item.id != second.item.id
    assert not first.given_id
    (same,) = read_file("d.jsonl", '{"metadata": {"b": 2, "a": 1.0}, "expected_output": null, "input": 1.0}')
    assert same.item.id == first.item.id
    # The same in every release, because runs are joined by it.
    assert first.item.id == "item-b4761f72c32aaf7a"


@pytest.mark.parametrize(
    ("line", "code", "words", "place"),
    [
        ("[1]", "item-shape", "an item is an object, and this is a list", (2, 1)),
        ('"x"', "item-shape", "this is text", (2, 1)),
        ('{"id": "a"}', "item-shape", "the item has no `input`", (2, 1)),
        ('{"input": 1, "expectedOutput": 2}', "item-shape", "an item has no field `expectedOutput`", (2, 1)),
        ('{"input": 1, "id": 1.5}', "item-shape", "an id is text, and this one is a number", (2, 1)),
        ('{"input": 1, "id": true}', "item-shape", "this one is true or false", (2, 1)),
        ('{"input": 1, "id": ""}', "item-shape", "the id is empty", (2, 1)),
        ('{"input": 1, "id": "a\\nb"}', "item-shape", "control character", (2, 1)),
        ('{"input": 1, "id": "\\ud83d"}', "item-shape", "surrogate", (2, 1)),
        (json.dumps({"input": 1, "id": "x" * 801}), "item-shape", "801 characters", (2, 1)),
        ('{"input": 1, "input": 2}', "item-syntax", "the key `input` is given twice", (2, 1)),
        ('{"input": {"a": 1, "a": 1}}', "item-syntax", "the key `a` is given twice", (2, 1)),
        ('{"input": NaN}', "item-syntax", "`NaN` is not a number", (2, 1)),
        ('{"input": 1,}', "item-syntax", "nothing follows this comma", (2, 12)),
        ('{"input": tru}', "item-syntax", "`tru` is not a value", (2, 11)),
        ('{"input": 1', "item-syntax", "the line ends in the middle of a value", (2, 12)),
        ('{"input": 1} {}', "item-syntax", "something follows", (2, 14)),
        ('{"input": ' + "9" * 5000 + "}", "item-syntax", "too many digits", (2, 1)),
        ("[" * 100_000, "item-syntax", "nested too deeply", (2, 1)),
        ('{"input": 9007199254740993}', "number-not-canonical", "`input`: an integer beyond", (2, 1)),
        (
            '{"input": 0, "metadata": {"n": [1e999]}}',
            "number-not-canonical",
            "`metadata/n/0`: NaN and inf",
            (2, 1),
        ),
        ('{"input": "\\ud83d"}', "item-shape", "surrogate", (2, 1)),
    ],
)
def test_a_line_that_is_no_item(
    read_file: Any, line: str, code: str, words: str, place: tuple[int, int]
) -> None:
    (fault,) = faults_of(read_file, "d.jsonl", '{"input": 0}\n' + line)
    assert fault.code == code
    assert words in str(fault)
    assert fault.place == ("d.jsonl", *place)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("expectedOutput", "expected_output"),
        ("expected", "expected_output"),
        ("Answer", "expected_output"),
        ("meta_data", "metadata"),
        ("colour", None),
    ],
)
def test_the_key_that_was_meant(read_file: Any, key: str, meant: str | None) -> None:
    (fault,) = faults_of(read_file, "d.jsonl", json.dumps({"input": 1, key: 2}))
    assert fault.suggestion == meant


def test_bytes_that_are_no_text(read_file: Any) -> None:
    (fault,) = faults_of(read_file, "d.jsonl", b'{"input": 1}\n{"input": "\xc3\xa4\xff"}\n')
    assert (fault.place, str(fault)) == (("d.jsonl", 2, 13), "the byte 0xff is not UTF-8")
    (fault,) = faults_of(read_file, "d.json", b'[1,\n{"input": "\xc3\xa4\xff"}]')
    assert (fault.place, str(fault)) == (("d.json", 2, 13), "the byte 0xff is not UTF-8")


def test_all_faults_at_once(read_file: Any) -> None:
    faults = faults_of(read_file, "d.jsonl", '{"input": 1}\n{}\n{"input": 2}\n[]\nx\n' + "0\n" * 50)
    assert [fault.place[1] for fault in faults if fault.place][:4] == [2, 4, 5, 6]
    assert len(faults) == 20


def test_a_line_that_is_too_long(read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_rows, "MAX_LINE", 100)
    faults = faults_of(read_file, "d.jsonl", '{"input": "' + "x" * 500 + '"}\n{"input": 1}\n{}\n')
    assert [(fault.code, fault.place[1]) for fault in faults if fault.place] == [
        ("item-syntax", 1),
        ("item-shape", 3),
    ]


def test_two_items_with_one_id(read_file: Any) -> None:
    (fault,) = faults_of(read_file, "d.jsonl", '{"id": "7", "input": 1}\n\n{"id": 7, "input": 2}\n')
    assert fault.code == "duplicate-item-id"
    assert str(fault) == "the id `7` is given a second time (as in line 1)"
    assert (fault.place, fault.first) == (("d.jsonl", 3, 1), ("d.jsonl", 1, 1))


def test_a_second_id_hides_nothing(read_file: Any) -> None:
    lines = ['{"id": "a", "input": 1}', '{"id": "a", "input": 2}', '{"id": "a", "input": 3}', "[1]", "{"]
    faults = faults_of(read_file, "d.jsonl", "\n".join(lines))
    assert [(fault.code, fault.place[1] if fault.place else 0) for fault in faults] == [
        ("duplicate-item-id", 2),
        ("duplicate-item-id", 3),
        ("item-shape", 4),
        ("item-syntax", 5),
    ]


def test_two_equal_items_without_ids(read_file: Any) -> None:
    (fault,) = faults_of(read_file, "d.jsonl", '{"input": 1}\n{"input": 1.0}\n')
    assert fault.code == "duplicate-item"
    assert fault.place == ("d.jsonl", 2, 1)


def test_json_lists_and_tables(read_file: Any) -> None:
    rows = [{"id": "a", "input": "q"}, {"id": "b", "input": ["]", "}"]}]
    listed = read_file("d.json", "\ufeff " + json.dumps(rows, indent=1) + "\n")
    assert [source.item for source in listed] == [Item("a", "q"), Item("b", ["]", "}"])]
    assert [source.place for source in listed] == [("d.json", 2, 2), ("d.json", 6, 2)]
    table = read_file("d.json", json.dumps({"items": rows}))
    assert [source.item for source in table] == [source.item for source in listed]


@pytest.mark.parametrize(
    ("text", "code", "words", "place"),
    [
        ("3", "item-shape", "the file holds no list of items", (1, 1)),
        ("", "item-syntax", "the file is empty", (1, 1)),
        ('{"items": 3}', "item-shape", "`items` is not a list", (1, 11)),
        ("{}", "item-shape", "there is no `items`", (1, 1)),
        ('{\n "rows": []}', "item-shape", "there is no field `rows` here", (2, 2)),
        ('{"items": [], "items": []}', "item-shape", "`items` is given twice", (1, 15)),
        ('[{"input": 1}\n {"input": 2}]', "item-syntax", "two entries are not separated", (2, 2)),
        ('[{"input": 1},\n {"input": }]', "item-syntax", "is not a value in JSON", (2, 12)),
        ("[] []", "item-syntax", "something follows", (1, 4)),
        ('[{"input": 1}, 5]', "item-shape", "this is a number", (1, 16)),
        ('[\n{"input": -Infinity}]', "item-syntax", "`-Infinity` is not a number", (2, 1)),
        ('[{"input": 1},]', "item-syntax", "nothing follows this comma", (1, 14)),
    ],
)
def test_a_json_file_that_is_no_dataset(
    read_file: Any, text: str, code: str, words: str, place: tuple[int, int]
) -> None:
    fault = faults_of(read_file, "d.json", text)[0]
    assert (fault.code, fault.place) == (code, ("d.json", *place))
    assert words in str(fault)


def test_a_file_that_is_gone(loading: Loading) -> None:
    with pytest.raises(ItemError, match=r"there is no file `gone\.jsonl`"):
        list(read_items(DATASETS["file"], {"path": "gone.jsonl", "format": "jsonl"}, loading))


@pytest.mark.parametrize("syntax", ["json", "jsonl", "csv", "parquet"])
def test_a_file_that_cannot_be_read(loading: Loading, monkeypatch: pytest.MonkeyPatch, syntax: str) -> None:
    (loading.root / "folder").mkdir()
    monkeypatch.setattr(Path, "is_file", lambda self: True)
    with pytest.raises(ItemError, match="cannot be read: ") as caught:
        list(read_items(DATASETS["file"], {"path": "folder", "format": syntax}, loading))
    assert caught.value.code == "not-readable"


def test_an_item_may_be_nested_as_deep_as_anything(read_file: Any) -> None:
    deep = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    [item] = read_file("d.jsonl", f'{{"input": {deep}}}  ')
    assert digest_of(item).startswith("sha256:")


def test_reading_lines_holds_little_memory(loading: Loading, tmp_path: Path) -> None:
    with (tmp_path / "d.jsonl").open("w") as file:
        for number in range(2000):
            file.write(json.dumps({"id": str(number), "input": "x" * 10_000}) + "\n")
    tracemalloc.start()
    count = sum(1 for _ in read_items(DATASETS["file"], {"path": "d.jsonl", "format": "jsonl"}, loading))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 2000
    assert peak < 2_000_000
