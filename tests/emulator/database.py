"""The tables, and the few ways to reach them."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY, received INTEGER, kind TEXT, encoding TEXT, body BLOB, absorbed INTEGER DEFAULT 0
);
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (absorbed) WHERE absorbed = 0;
CREATE TABLE IF NOT EXISTS spans (
    seq INTEGER PRIMARY KEY, received INTEGER, trace_id TEXT, span_id TEXT, parent_id TEXT, name TEXT,
    start_ns INTEGER, start_ms INTEGER, end_ns INTEGER, type TEXT, environment TEXT, is_root INTEGER,
    experiment_id TEXT, experiment_name TEXT, description TEXT, dataset_id TEXT, item_id TEXT, root_id TEXT,
    superseded INTEGER, content TEXT
);
CREATE INDEX IF NOT EXISTS spans_by_key ON spans (trace_id, span_id, start_ms);
CREATE INDEX IF NOT EXISTS spans_by_experiment ON spans (experiment_id) WHERE experiment_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS spans_by_start ON spans (start_ms, span_id, seq);
CREATE TABLE IF NOT EXISTS score_writes (
    seq INTEGER PRIMARY KEY, received INTEGER, id TEXT, name TEXT, timestamp INTEGER, dropped TEXT,
    content TEXT
);
CREATE INDEX IF NOT EXISTS score_writes_by_id ON score_writes (id);
CREATE TABLE IF NOT EXISTS scores (
    row_key TEXT PRIMARY KEY, id TEXT, name TEXT, trace_id TEXT, observation_id TEXT, session_id TEXT,
    run_id TEXT, data_type TEXT, source TEXT, environment TEXT, config_id TEXT, queue_id TEXT,
    number REAL, text TEXT,
    timestamp INTEGER, created INTEGER, updated INTEGER, seq INTEGER, content TEXT
);
CREATE INDEX IF NOT EXISTS scores_by_time ON scores (timestamp, seq);
CREATE INDEX IF NOT EXISTS scores_by_trace ON scores (trace_id);
CREATE INDEX IF NOT EXISTS scores_by_run ON scores (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS scores_by_id ON scores (id);
CREATE TABLE IF NOT EXISTS score_deletions (seq INTEGER PRIMARY KEY, id TEXT, due INTEGER);
CREATE TABLE IF NOT EXISTS score_progress (only INTEGER PRIMARY KEY CHECK (only = 1), shown INTEGER);
INSERT OR IGNORE INTO score_progress VALUES (1, 0);
CREATE TABLE IF NOT EXISTS datasets (
    seq INTEGER PRIMARY KEY, id TEXT UNIQUE, name TEXT UNIQUE, content TEXT, created INTEGER, updated INTEGER
);
CREATE TABLE IF NOT EXISTS dataset_items (
    seq INTEGER PRIMARY KEY, id TEXT, dataset_id TEXT, valid_from INTEGER, valid_to INTEGER, updated INTEGER,
    status TEXT, content TEXT
);
CREATE INDEX IF NOT EXISTS dataset_items_by_id ON dataset_items (id);
CREATE INDEX IF NOT EXISTS dataset_items_by_dataset ON dataset_items (dataset_id, valid_from);
CREATE TABLE IF NOT EXISTS prompts (
    seq INTEGER PRIMARY KEY, name TEXT, version INTEGER, content TEXT, created INTEGER, updated INTEGER,
    UNIQUE (name, version)
);
CREATE TABLE IF NOT EXISTS records (
    seq INTEGER PRIMARY KEY, kind TEXT, parent TEXT, id TEXT, created INTEGER, updated INTEGER, content TEXT
);
CREATE INDEX IF NOT EXISTS records_by_id ON records (kind, id);
"""

TABLES = (
    "deliveries",
    "spans",
    "score_writes",
    "scores",
    "score_deletions",
    "datasets",
    "dataset_items",
    "prompts",
    "records",
)


class Database:
    """One SQLite connection, used by the server's one event loop only."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        # A killed emulator keeps what the operating system has; only a killed machine would lose rows.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def run(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Execute one statement; the id of the row it inserted, if it did."""
        return self._connection.execute(statement, values).lastrowid or 0

    def run_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        self._connection.executemany(statement, rows)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        return self._connection.execute(query, values).fetchall()

    def row(self, query: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self._connection.execute(query, values).fetchone()
        return found

    def number(self, query: str, values: Sequence[Any] = ()) -> int:
        found = self.row(query, values)
        return 0 if found is None or found[0] is None else int(found[0])

    def clear(self) -> None:
        with self.transaction():
            for table in TABLES:
                self.run(f"DELETE FROM {table}")
            self.run("UPDATE score_progress SET shown = 0")


class Where:
    """Conditions gathered one by one, joined with AND."""

    def __init__(self) -> None:
        self._conditions: list[str] = ["1 = 1"]
        self.values: list[Any] = []

    def add(self, condition: str, *values: Any) -> None:
        self._conditions.append(condition)
        self.values.extend(values)

    def among(self, column: str, allowed: Sequence[Any] | None) -> None:
        """Nothing when no filter was given."""
        if allowed is not None:
            marks = ",".join("?" * len(allowed))
            self.add(f"{column} IN ({marks})", *allowed)

    def __str__(self) -> str:
        return " AND ".join(self._conditions)
