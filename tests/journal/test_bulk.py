"""Many rows at once: each is there once, whatever their number, their width, and what is there already."""

import sqlite3
from collections.abc import Iterator

import pytest

from evalspec.journal.bulk import insert_new


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE kept (key INTEGER PRIMARY KEY, name TEXT UNIQUE, text TEXT)")
    yield connection
    connection.close()


def stored(connection: sqlite3.Connection) -> list[tuple[int, str, str]]:
    return connection.execute("SELECT key, name, text FROM kept ORDER BY key").fetchall()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 31, 33, 48, 49, 64, 65, 97, 511, 512, 513, 700, 1300])
def test_every_row_is_there_once(connection: sqlite3.Connection, count: int) -> None:
    rows = [(key, f"name {key}", "text") for key in range(count)]
    assert insert_new(connection, "kept", rows, wide=(2,)) == count
    assert stored(connection) == rows


def test_what_is_there_already_is_not_counted(connection: sqlite3.Connection) -> None:
    rows = [(key, f"name {key}", "text") for key in range(100)]
    insert_new(connection, "kept", rows[40:60])
    assert insert_new(connection, "kept", rows) == 80
    assert insert_new(connection, "kept", [*rows, (100, "new", ""), (100, "new", "")]) == 1
    assert len(stored(connection)) == 101


def test_wide_rows_are_not_copied_many_times(connection: sqlite3.Connection) -> None:
    # Filled up to 64 rows, these would take 1.2 GB.
    rows = [(key, f"name {key}", "x" * 30_000_000 if key == 32 else "text") for key in range(33)]
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    assert insert_new(connection, "kept", rows, wide=(2,)) == 33
    connection.set_trace_callback(None)
    assert sum(statement.startswith("INSERT") for statement in statements) == 33
    assert [len(text) for _, _, text in stored(connection)][-2:] == [4, 30_000_000]
