"""Rows of CSV and Parquet files, each with its place. Both are read bit by bit."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalspec.datasets.base import ItemError, Place
from evalspec.datasets.columns import Columns
from evalspec.kinds.json_rows import MAX_LINE, Row, decode_line
from evalspec.kinds.json_tree import NotJson, to_json

__all__ = ["csv_rows", "parquet_rows"]

_BOM = "\ufeff"
_BATCH = 1000


def csv_rows(
    path: Path,
    display: str,
    columns: Mapping[str, str | list[str]] | None,
    json_columns: Sequence[str],
    delimiter: str,
) -> Iterator[Row | ItemError]:
    """The records of a CSV file (RFC 4180, UTF-8) whose first line names the columns. Every cell is text."""
    # Process-wide, but a limit on cells is all it is, and it is only ever raised.
    csv.field_size_limit(max(MAX_LINE, csv.field_size_limit()))
    with path.open("rb") as file:
        reader = csv.reader(_lines(file, display), delimiter=delimiter, strict=True)
        layout: Columns | None = None
        line = 1
        while True:
            place = (display, line, 1)
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield ItemError("item-syntax", f"the record cannot be read: {error}", place)
                return
            except ItemError as error:
                yield error
                return
            line = reader.line_num + 1
            try:
                if cells and layout is None:
                    layout = Columns(cells, columns, json_columns, place)
                elif cells and layout is not None:
                    yield _record(layout, cells, place), place
            except ItemError as error:
                yield error
                if layout is None:
                    return


def _lines(file: Any, display: str) -> Iterator[str]:
    for number, line in enumerate(file, 1):
        text = decode_line(line, (display, number, 1))
        yield text.removeprefix(_BOM) if number == 1 else text


def _record(layout: Columns, cells: list[str], place: Place) -> dict[str, Any]:
    if len(cells) != layout.width:
        message = f"the record has {len(cells)} cells, and there are {layout.width} columns"
        raise ItemError("item-shape", message, place)
    return layout.row(cells, place)


def parquet_rows(
    path: Path,
    display: str,
    columns: Mapping[str, str | list[str]] | None,
    json_columns: Sequence[str],
) -> Iterator[Row | ItemError]:
    """The rows of a Parquet file; the line of a place is the number of the row. Needs pyarrow
    (`missing-extra`).
    """
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        yield ItemError("missing-extra", 'Parquet files need `pip install "evalspec[parquet]"`', at=("path",))
        return
    try:
        with ParquetFile(path) as file:
            yield from _table(file, display, columns, json_columns)
    except ArrowException as error:
        yield ItemError("item-syntax", f"the file is not Parquet that can be read: {error}", (display, 1, 1))
    except ItemError as error:
        yield error


def _table(
    file: Any, display: str, columns: Mapping[str, str | list[str]] | None, json_columns: Sequence[str]
) -> Iterator[Row | ItemError]:
    layout = Columns(file.schema_arrow.names, columns, json_columns, (display, 1, 1))
    headers = list(layout.headers)
    chosen = Columns(headers, columns, [name for name in json_columns if name in headers], (display, 1, 1))
    number = 0
    for batch in file.iter_batches(batch_size=_BATCH, columns=headers):
        for record in batch.to_pylist():
            number += 1
            place = (display, number, 1)
            try:
                yield chosen.row([_cell(record, name, place) for name in headers], place), place
            except ItemError as error:
                yield error


def _cell(record: Mapping[str, Any], name: str, place: Place) -> Any:
    try:
        return to_json(record[name])
    except NotJson as error:
        message = f"row {place[1]} has no JSON form in the column `{name}`: {error.message}"
        raise ItemError("item-shape", message, place) from None
