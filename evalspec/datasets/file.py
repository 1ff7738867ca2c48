"""`file`: items in a file of the project."""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.datasets.base import (
    DatasetFields,
    DatasetKind,
    HostedDatasets,
    ItemError,
    SourceItem,
)
from evalspec.datasets.checks import check_common
from evalspec.datasets.items import read_item
from evalspec.datasets.table_rows import csv_rows, parquet_rows
from evalspec.kinds.fields import KindFields
from evalspec.kinds.item_errors import display_path
from evalspec.kinds.json_rows import Row, json_rows, jsonl_rows, readable
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "ColumnsFields", "FileFields", "format_of"]

_FORMATS: Final = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}
_MAX_FAULTS: Final = 20


class ColumnsFields(KindFields):
    """Which columns of a table make up an item: a name, or a list of names that become the keys of an
    object.
    """

    id: str | None = Field(None, description="The column with the ids.", examples=["row"])
    input: str | list[str] = Field(
        description="The column that is the input, or the columns that become keys of it.",
        examples=["question", ["question", "context"]],
    )
    expected_output: str | list[str] | None = Field(
        None,
        description="The column that is the expected output, or the columns that become keys of it.",
        examples=["answer"],
    )
    metadata: str | list[str] | None = Field(
        None,
        description="The column that is the metadata, or the columns that become keys of it.",
        examples=[["source", "topic"]],
    )


class FileFields(DatasetFields):
    """Items in a file: JSON, JSONL, CSV, or Parquet (with `pip install "evalspec[parquet]"`).

    JSON holds a list of items, or an object with a list `items`; JSONL one item a line. An item has an
    `input` and may have `id`, `expected_output` and `metadata`. An item without an id gets one that is
    derived from its content. Ids that are whole numbers become text.

        [dataset]
        type = "file"
        path = "data/capitals.jsonl"

    CSV and Parquet have these names as columns, or keys in them such as `input.question`; or `columns`
    says which column is what. Every CSV cell is text, except in the columns that `json_columns` names.

        [dataset]
        type = "file"
        path = "data/questions.csv"
        columns = { id = "row", input = ["question", "context"], expected_output = "answer" }
    """

    type: Literal["file"] = "file"
    path: str = Field(
        description="The file, relative to the spec.", examples=["data/capitals.jsonl"], min_length=1
    )
    format: Literal["json", "jsonl", "csv", "parquet"] | None = Field(
        None, description="The format, where the ending of the path does not say it."
    )
    columns: ColumnsFields | None = Field(
        None,
        description="CSV and Parquet: which columns make up an item; other columns are left out.",
        examples=[{"id": "row", "input": ["question", "context"], "expected_output": "answer"}],
    )
    json_columns: list[str] = Field(
        default_factory=list,
        description="CSV and Parquet: columns whose cells are JSON; an empty cell is absent.",
        examples=[["metadata"]],
    )
    delimiter: str = Field(
        ",", min_length=1, max_length=1, description="CSV: what separates the cells.", examples=[";", "\t"]
    )
    push_to: str | None = Field(
        None, min_length=1, description="Keep a hosted copy of this name in Langfuse and run on that."
    )


def format_of(path: str) -> str | None:
    """The format that the ending of a path stands for, or None where it stands for none."""
    return _FORMATS.get(PurePosixPath(path).suffix.lower())


def _resolve(fields: FileFields, resolving: Resolving) -> Resolved:
    check_common(fields, resolving)
    path = resolving.path(("path",), fields.path, "dataset-file-not-found")
    syntax = fields.format or format_of(fields.path)
    if syntax is None and path is not None:
        message = f"the ending of `{fields.path}` says nothing about its format"
        resolving.report("missing-field", message, ("path",), expected='`format = "jsonl"` or the like')
    elif syntax == "parquet" and find_spec("pyarrow") is None:
        at = ("path",) if fields.format is None else ("format",)
        resolving.report("missing-extra", 'Parquet files need `pip install "evalspec[parquet]"`', at)
    if syntax is not None:
        for name in _NOT_FOR.get(syntax, ()):
            if name in fields.model_fields_set:
                message = f"`{name}` means nothing for a file of format {syntax}"
                resolving.report("wrong-value", message, (name,), key=True)
    kept = fields.model_dump(
        mode="json",
        include={"columns", "json_columns", "delimiter"},
        exclude_defaults=True,
        exclude_none=True,
    )
    return Resolved({"path": path, "format": syntax, **kept}, {})


_TABLE_FIELDS: Final = ("columns", "json_columns", "delimiter")
_NOT_FOR: Final[dict[str, tuple[str, ...]]] = {
    "json": _TABLE_FIELDS,
    "jsonl": _TABLE_FIELDS,
    "parquet": ("delimiter",),
}


def _read(fields: dict[str, Any], loading: Loading, hosted: HostedDatasets | None) -> Iterator[SourceItem]:
    path = loading.root / fields["path"]
    if not path.is_file():
        raise ItemError("dataset-file-not-found", f"there is no file `{fields['path']}`", at=("path",))
    display = display_path(path)
    return _items(readable(_rows(fields, path, display), display))


def _rows(fields: dict[str, Any], path: Path, display: str) -> Iterator[Row | ItemError]:
    columns, json_columns = fields.get("columns"), fields.get("json_columns", [])
    match fields["format"]:
        case "json":
            return json_rows(path, display)
        case "jsonl":
            return jsonl_rows(path, display)
        case "csv":
            return csv_rows(path, display, columns, json_columns, fields.get("delimiter", ","))
        case _:
            return parquet_rows(path, display, columns, json_columns)


def _items(rows: Iterable[Row | ItemError]) -> Iterator[SourceItem]:
    """The items up to the first fault; then the rows after it are searched for more, to tell them all
    at once.
    """
    faults: list[ItemError] = []
    for row in rows:
        fault: ItemError
        if isinstance(row, ItemError):
            fault = row
        else:
            try:
                item = read_item(*row)
            except ItemError as error:
                fault = error
            else:
                if not faults:
                    yield item
                continue
        faults.append(fault)
        if len(faults) >= _MAX_FAULTS:
            break
    if faults:
        faults[0].more = tuple(faults[1:])
        raise faults[0]


KIND = DatasetKind(type="file", fields=FileFields, resolve=_resolve, read=_read)
