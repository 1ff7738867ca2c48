"""Many rows into a table with few statements.

`executemany` makes a step of SQLite's for every row, and sqlite3 lets go of Python's global lock around each:
beside an event loop that is busy, handing the lock to and fro takes longer than the rows do. One statement for
many rows is one step, during which Python goes on.
"""

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

from evalspec.journal.encoding import Row

_ROWS_AT_ONCE = 64
"""Rows of one statement. More gain nothing, and a statement must stay within SQLite's limit of values."""


def insert_new(connection: sqlite3.Connection, table: str, rows: Sequence[Row]) -> int:
    """Insert whole rows into a table, except those that are there already; how many were inserted."""
    if not rows:
        return 0
    inserted = 0
    whole = len(rows) - len(rows) % _ROWS_AT_ONCE
    if whole:
        statement = _insert(table, len(rows[0]), _ROWS_AT_ONCE)
        for start in range(0, whole, _ROWS_AT_ONCE):
            values = tuple(chain.from_iterable(rows[start : start + _ROWS_AT_ONCE]))
            inserted += connection.execute(statement, values).rowcount
    if whole < len(rows):
        inserted += connection.executemany(_insert(table, len(rows[0]), 1), rows[whole:]).rowcount
    return inserted


@lru_cache
def _insert(table: str, columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"INSERT OR IGNORE INTO {table} VALUES {', '.join([row] * rows)}"
