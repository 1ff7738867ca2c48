import datetime
import decimal
import sys
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from evalspec.datasets.base import ItemError
from evalspec.plan.values import Item


def items(read_file: Any, name: str, content: bytes | str, **fields: Any) -> list[Item]:
    return [source.item for source in read_file(name, content, **fields)]


def fault(read_file: Any, content: str, **fields: Any) -> ItemError:
    with pytest.raises(ItemError) as caught:
        read_file("d.csv", content, **fields)
    error: ItemError = caught.value
    return error


def test_columns_named_as_fields(read_file: Any) -> None:
    head = "\ufeffid,input,expected_output,metadata.topic,metadata.from.year\r\n"
    text = head + '1,"a ""q"", b",x,t,1999\r\n\r\n2,"two\nlines",,,\r\n'
    assert items(read_file, "d.csv", text) == [
        Item("1", 'a "q", b', "x", {"topic": "t", "from": {"year": "1999"}}),
        Item("2", "two\nlines", "", {"topic": "", "from": {"year": ""}}),
    ]


def test_places_are_the_first_line_of_a_record(read_file: Any) -> None:
    sources = read_file("d.csv", 'input\n"two\nlines"\n\nlast\n')
    assert [source.place for source in sources] == [("d.csv", 2, 1), ("d.csv", 5, 1)]


def test_mapped_columns(read_file: Any) -> None:
    text = "row;Question;Context.all;Answer;Unused\n7;q;c;a;u\n;q2;c2;a2;u2\n"
    columns = {"id": "row", "input": ["Question", "Context.all"], "expected_output": "Answer"}
    first, second = items(read_file, "d.csv", text, columns=columns, delimiter=";")
    assert first == Item("7", {"Question": "q", "Context.all": "c"}, "a")
    assert second.id.startswith("item-")


def test_json_cells(read_file: Any) -> None:
    text = 'input,expected_output,metadata.tags\n"{""a"": 1}",2.5,\n[],,"[""x""]"\n'
    json_columns = ["input", "expected_output", "metadata.tags"]
    first, second = items(read_file, "d.csv", text, json_columns=json_columns)
    assert (first.input, first.expected_output, first.metadata) == ({"a": 1}, 2.5, None)
    assert (second.input, second.expected_output, second.metadata) == ([], None, {"tags": ["x"]})


@pytest.mark.parametrize(
    ("text", "fields", "code", "words", "place"),
    [
        ("question,answer\nq,a\n", {}, "item-shape", "the column `question` is no field", (1, 1)),
        ("id.x,input\n1,q\n", {}, "item-shape", "the column `id.x`", (1, 1)),
        ("input,input.x\n1,q\n", {}, "item-shape", "holds all of what `input.x` is a part of", (1, 1)),
        ("input,input\n1,q\n", {}, "item-shape", "two columns are called `input`", (1, 1)),
        ("id\n1\n", {}, "item-shape", "the item has no `input`", (2, 1)),
        ("id,input\n1,q\n2\n", {}, "item-shape", "the record has 1 cells, and there are 2 columns", (3, 1)),
        ('input\n"q\n', {}, "item-syntax", "the record cannot be read: unexpected end of data", (2, 1)),
        ('input\n"q"x\n', {}, "item-syntax", "the record cannot be read", (2, 1)),
        (
            "input\n{a}\n",
            {"json_columns": ["input"]},
            "item-syntax",
            "the cell in `input` is not JSON",
            (2, 2),
        ),
        ("input\nq\n", {"json_columns": ["inputs"]}, "wrong-value", "no column `inputs`", None),
        ("Input\nq\n", {"columns": {"input": "input"}}, "wrong-value", "no column `input`", None),
        ("a\nq\n", {"columns": {"input": "a", "metadata": ["a"]}}, "wrong-value", "used twice", None),
    ],
)
def test_what_is_wrong(
    read_file: Any, text: str, fields: Any, code: str, words: str, place: tuple[int, int] | None
) -> None:
    error = fault(read_file, text, **fields)
    assert error.code == code
    assert words in str(error)
    if place is None:
        assert error.at
    else:
        assert error.place is not None
        assert error.place[1] == place[0]


def test_places_below_columns(read_file: Any) -> None:
    error = fault(read_file, "Input\nq\n", columns={"input": ["input"]})
    assert (error.at, error.suggestion) == (("columns", "input", 0), "Input")


def test_all_wrong_records_at_once(read_file: Any) -> None:
    error = fault(read_file, "id,input\n1,q\n2\n3,q\n4,q,x\n")
    assert [one.place[1] for one in (error, *error.more) if one.place] == [3, 5]


def test_bytes_that_are_no_text(read_file: Any) -> None:
    with pytest.raises(ItemError, match="0xe4 is not UTF-8") as caught:
        read_file("d.csv", b"input\nok\nk\xe4se\n")
    assert caught.value.place == ("d.csv", 3, 2)


def test_large_cells(read_file: Any) -> None:
    (item,) = items(read_file, "d.csv", "input\n" + "x" * 300_000 + "\n")
    assert len(item.input) == 300_000


def parquet_bytes(path: Path, columns: dict[str, Any]) -> bytes:
    parquet.write_table(pyarrow.table(columns), path)
    return path.read_bytes()


def test_parquet(read_file: Any, tmp_path: Path) -> None:
    moment = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    columns = {
        "id": [1, 2, 3],
        "input": [{"q": "a", "n": 1}, {"q": "b", "n": 2}, {"q": "c", "n": 3}],
        "expected_output": [1.5, None, 2.0],
        "metadata.when": [moment, moment, None],
        "metadata.more": ['{"x": 1}', "", None],
    }
    content = parquet_bytes(tmp_path / "t", columns)
    assert items(read_file, "d.parquet", content, json_columns=["metadata.more"]) == [
        Item("1", {"q": "a", "n": 1}, 1.5, {"when": "2026-01-02T00:00:00Z", "more": {"x": 1}}),
        Item("2", {"q": "b", "n": 2}, None, {"when": "2026-01-02T00:00:00Z"}),
        Item("3", {"q": "c", "n": 3}, 2.0, {"when": None}),
    ]
    mapped = items(read_file, "d.parquet", content, columns={"input": "metadata.more", "id": "id"})
    assert mapped == [Item("1", '{"x": 1}'), Item("2", ""), Item("3", None)]


def test_parquet_that_is_none(read_file: Any, tmp_path: Path) -> None:
    with pytest.raises(ItemError, match="is not Parquet"):
        read_file("d.parquet", b"nothing of the sort")
    content = parquet_bytes(tmp_path / "t", {"input": [decimal.Decimal("1.5"), b"x"][:1], "id": ["a"]})
    with pytest.raises(ItemError, match="a Decimal has no one JSON form") as caught:
        read_file("d.parquet", content)
    assert caught.value.place == ("d.parquet", 1, 1)


def test_parquet_needs_an_extra(read_file: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = parquet_bytes(tmp_path / "t", {"input": ["a"]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ItemError, match=r"evalspec\[parquet\]") as caught:
        read_file("d.parquet", content)
    assert caught.value.code == "missing-extra"
