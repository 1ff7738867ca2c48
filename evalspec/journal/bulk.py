"""Many rows into a table with few statements.

`executemany` makes a step of SQLite's for every row, and sqlite3 lets go of Python's global lock around
each: beside an event loop that is busy, handing the lock to and fro takes longer than the rows do. One
statement for many rows is one step, during which Python goes on.
"""

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

from evalspec.journal.encoding import Row

_ROWS_AT_ONCE = (512, 64, 8, 1)
"""Rows of one statement. SQLite takes 32,766 values; few sizes, so that statements stay prepared."""


def insert_new(connection: sqlite3.Connection, table: str, rows: Sequence[Row]) -> int:
    """Insert whole rows into a table, except those that are there already; how many were inserted."""
    inserted = start = 0
    for size in _ROWS_AT_ONCE:
        while start + size <= len(rows):
            values = tuple(chain.from_iterable(rows[start : start + size]))
            inserted += connection.execute(_insert(table, len(rows[0]), size), values).rowcount
            start += size
    return inserted


@lru_cache
def _insert(table: str, columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"INSERT OR IGNORE INTO {table} VALUES {', '.join([row] * rows)}"
