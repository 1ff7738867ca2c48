"""Many rows into a table with few statements.

`executemany` makes a step of SQLite's for every row, and sqlite3 lets go of Python's global lock around
each: beside an event loop that is busy, handing the lock to and fro takes longer than the rows do. One
statement for many rows is one step, during which Python goes on.
"""

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, repeat

from evalspec.journal.encoding import Row

_MOST_ROWS = 2048
"""Rows of one statement at most. SQLite takes 32,766 values, and keeps what a statement was prepared to."""
_FEW_ROWS = 64
"""Up to here one statement that is half empty is better than two."""
_MOST_TEXT = 2**19
"""Characters or bytes of one statement at most: it holds a copy until it is used again."""


def insert_new(
    connection: sqlite3.Connection, table: str, rows: Sequence[Row], wide: Sequence[int] = ()
) -> int:
    """Insert whole rows into a table, except those that are there already; how many were inserted.

    `wide` are the columns that may hold much. Rows that do are inserted one by one.
    """
    inserted = start = 0
    while start < len(rows):
        some = rows[start : start + _MOST_ROWS]
        # Statements of few sizes stay prepared. Repeating the last row fills one up and inserts nothing.
        size = 1 << (len(some) - 1).bit_length()
        if size > _FEW_ROWS and 4 * len(some) <= 3 * size:
            size //= 2
            some = some[:size]
        start += len(some)
        filled = [*some, *repeat(some[-1], size - len(some))]
        if sum(len(row[column]) for column in wide for row in filled) > _MOST_TEXT:
            inserted += connection.executemany(insertion(table, len(some[0])), some).rowcount
            continue
        values = tuple(chain.from_iterable(filled))
        inserted += connection.execute(insertion(table, len(some[0]), size), values).rowcount
    return inserted


@lru_cache
def insertion(table: str, columns: int, rows: int = 1) -> str:
    """The statement that inserts so many whole rows, except those that are there already."""
    row = f"({', '.join('?' * columns)})"
    return f"INSERT OR IGNORE INTO {table} VALUES {', '.join([row] * rows)}"
