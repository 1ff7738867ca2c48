import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

from evalspec.datasets import DATASETS
from evalspec.datasets.base import HostedDataset, ItemError
from evalspec.datasets.langfuse import FetchOnce, parse_version, version_text
from evalspec.datasets.select import read_items
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Problem, Resolved, Resolving
from evalspec.plan.values import Item

Resolve = Callable[..., tuple[Resolved, list[Problem]]]


@pytest.fixture
def resolve(loading: Loading) -> Resolve:
    (loading.root / "specs").mkdir()

    def run(kind_name: str, **fields: Any) -> tuple[Resolved, list[Problem]]:
        kind = DATASETS[kind_name]
        resolving = Resolving(loading.root, loading.root / "specs", cast(Any, None), {}, loading.store)
        return kind.resolve(
            kind.fields.model_validate({"type": kind_name, **fields}), resolving
        ), resolving.problems

    return run


@pytest.fixture
def data(loading: Loading) -> Path:
    folder = loading.root / "data"
    folder.mkdir()
    for name in ("d.json", "d.jsonl", "d.NDJSON", "d.csv", "d.parquet", "d.txt"):
        (folder / name).write_text("[]")
    return folder


@pytest.mark.parametrize(
    ("name", "syntax"),
    [
        ("d.json", "json"),
        ("d.jsonl", "jsonl"),
        ("d.NDJSON", "jsonl"),
        ("d.csv", "csv"),
        ("d.parquet", "parquet"),
    ],
)
def test_the_ending_says_the_format(resolve: Resolve, data: Path, name: str, syntax: str) -> None:
    resolved, problems = resolve("file", path=f"../data/{name}")
    assert problems == []
    assert resolved.fields == {"path": f"data/{name}", "format": syntax}
    assert resolved.identity == {}


def test_fields_of_tables(resolve: Resolve, data: Path) -> None:
    resolved, problems = resolve(
        "file",
        path="../data/d.txt",
        format="csv",
        columns={"input": ["a", "b"], "expected_output": "c"},
        json_columns=["c"],
        delimiter=";",
        push_to="hosted",
    )
    assert problems == []
    assert resolved.fields == {
        "path": "data/d.txt",
        "format": "csv",
        "columns": {"input": ["a", "b"], "expected_output": "c"},
        "json_columns": ["c"],
        "delimiter": ";",
    }


@pytest.mark.parametrize(
    ("fields", "code", "at"),
    [
        ({"path": "../data/d.txt"}, "missing-field", ("path",)),
        ({"path": "../data/gone.csv"}, "dataset-file-not-found", ("path",)),
        ({"path": ".", "format": "csv"}, "dataset-file-not-found", ("path",)),
        ({"path": "../data", "format": "csv"}, "dataset-file-not-found", ("path",)),
        ({"path": "no/such/folder.csv"}, "dataset-file-not-found", ("path",)),
        ({"path": "a\0b.csv"}, "path-outside-root", ("path",)),
        ({"path": "../../elsewhere.csv"}, "path-outside-root", ("path",)),
        ({"path": "../data/d.jsonl", "columns": {"input": "a"}}, "wrong-value", ("columns",)),
        ({"path": "../data/d.json", "delimiter": ";"}, "wrong-value", ("delimiter",)),
        ({"path": "../data/d.parquet", "delimiter": ";"}, "wrong-value", ("delimiter",)),
        ({"path": "../data/d.csv", "where": "metdata.x"}, "undefined-name", ("where",)),
        ({"path": "../data/d.csv", "where": "output.x"}, "undefined-name", ("where",)),
        ({"path": "../data/d.csv", "sample": {"seed": 1}}, "missing-field", ("sample",)),
        ({"path": "../data/d.csv", "sample": {"size": 1, "rate": 0.5}}, "wrong-value", ("sample",)),
    ],
)
def test_wrong_fields(resolve: Resolve, data: Path, fields: Any, code: str, at: Any) -> None:
    _, (problem,) = resolve("file", **fields)
    assert (problem.code, problem.at) == (code, at)


def test_a_file_with_a_similar_name(resolve: Resolve, data: Path) -> None:
    _, (problem, *_) = resolve("file", path="../data/d.cvs")
    assert problem.suggestion == "../data/d.csv"


def test_parquet_needs_an_extra(resolve: Resolve, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "pyarrow", raising=False)
    _, (problem,) = resolve("file", path="../data/d.parquet")
    assert (problem.code, problem.at) == ("missing-extra", ("path",))
    assert "evalspec[parquet]" in problem.message


def test_inline_items(resolve: Resolve, loading: Loading) -> None:
    items = [{"id": 7, "input": {"q": None}}, {"input": "r", "expected_output": None}]
    resolved, problems = resolve("inline", items=items)
    assert problems == []
    assert resolved.fields == {
        "items": [{"id": "7", "input": {"q": None}}, {"input": "r", "expected_output": None}]
    }
    first, second = read_items(DATASETS["inline"], resolved.fields, loading)
    assert (first.item, second.item.input) == (Item("7", {"q": None}), "r")


@pytest.mark.parametrize(
    "item", [{}, {"input": 1, "expected": 2}, {"input": 1, "id": True}, {"input": 1, "id": 1.5}]
)
def test_inline_items_have_a_shape(item: Any) -> None:
    with pytest.raises(ValidationError):
        DATASETS["inline"].fields.model_validate({"type": "inline", "items": [item]})


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2026-11-01T12:00:00Z", "2026-11-01T12:00:00Z"),
        ("2026-11-01T14:00:00.250+02:00", "2026-11-01T12:00:00.250000Z"),
    ],
)
def test_versions(resolve: Resolve, written: str, kept: str) -> None:
    resolved, problems = resolve("langfuse", name="capitals", version=written)
    assert problems == []
    assert resolved.fields == {"name": "capitals", "version": kept}
    assert version_text(parse_version(kept)) == kept


@pytest.mark.parametrize(
    "version", ["2026-11-01", "2026-11-01T12:00:00", "yesterday", "0001-01-01T00:00:00+02:00"]
)
def test_what_is_no_version(resolve: Resolve, version: str) -> None:
    _, (problem,) = resolve("langfuse", name="capitals", version=version)
    assert (problem.code, problem.at) == ("wrong-value", ("version",))


class Server:
    """Keeps one dataset with two versions."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, datetime | None]] = []

    def fetch(self, name: str, version: datetime | None) -> HostedDataset:
        self.asked.append((name, version))
        newest = version or datetime(2026, 11, 2, tzinfo=UTC)
        return HostedDataset("ds", name, newest, (Item("a", 1), Item("b", newest.day)))


def test_hosted_items_are_read_at_their_version(loading: Loading) -> None:
    fields = {"name": "capitals", "version": "2026-11-01T00:00:00Z"}
    server = Server()
    items = list(read_items(DATASETS["langfuse"], fields, loading, server))
    assert [source.item for source in items] == [Item("a", 1), Item("b", 1)]
    assert server.asked == [("capitals", datetime(2026, 11, 1, tzinfo=UTC))]
    with pytest.raises(ItemError, match="none is configured"):
        list(read_items(DATASETS["langfuse"], fields, loading))


def test_pinning_and_reading_is_one_fetch() -> None:
    server = Server()
    once = FetchOnce(server)
    newest = once.fetch("capitals", None)
    assert once.fetch("capitals", None) is newest
    assert once.fetch("capitals", newest.version) is newest
    assert len(server.asked) == 1
    older = once.fetch("capitals", datetime(2026, 11, 1, tzinfo=UTC))
    assert older.items != newest.items
    once.fetch("rivers", None)
    assert len(server.asked) == 3


def test_an_item_can_be_used_as_a_mapping() -> None:
    item = Item("1", "q", None, {"m": 1})
    assert "metadata" in item
    assert "output" not in item
    assert dict(item) == {**item} == item.as_dict()
    assert item.get("metadata") == {"m": 1}
    assert item.get("other", 3) == 3
    with pytest.raises(KeyError):
        item["other"]
