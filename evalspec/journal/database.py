"""The SQLite file of a run: its tables, its versions, how it is opened."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from evalspec.diagnostics.errors import JournalError

DATABASE_FILE = "run.db"
APPLICATION_ID = 0x45766C53  # "EvlS"
FORMAT = 1

TRIAL_BITS = 20
"""A trial's key is `position << TRIAL_BITS | trial`, so that keys sort by item and then by trial."""
TRIAL_MASK = (1 << TRIAL_BITS) - 1

# The plan, which may be large, is apart from the run, whose row is written again with every status.
# `owner` is 0 for the task and 1, 2, … for the evaluators in the plan's order; among evaluations 0 stands for
# the scores that `on_task_failure` gives. `name` numbers the scores in the plan's order. Wide columns come
# last, so that counting does not read them.
# A run-level score is `shown` where an earlier value of it may have been sent. What was withdrawn, or is
# shown and has no value any more, a server was asked to delete at `asked_ns`.
# Where there is no failure, output, comment, metadata or part the text is empty: sqlite3 takes ten times as
# long to bind None or bytes as it does for text.
_TABLES = """
CREATE TABLE run (one INTEGER PRIMARY KEY CHECK (one = 1), status TEXT NOT NULL, ended_ns INTEGER,
    header BLOB NOT NULL, names BLOB NOT NULL);
CREATE TABLE plan (one INTEGER PRIMARY KEY CHECK (one = 1), body BLOB NOT NULL);
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE item (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, digest BLOB NOT NULL,
    body BLOB NOT NULL);
CREATE TABLE trial (key INTEGER PRIMARY KEY, status INTEGER NOT NULL, attempt INTEGER NOT NULL,
    first_started_ns INTEGER NOT NULL, started_ns INTEGER NOT NULL, ended_ns INTEGER NOT NULL,
    failure_kind TEXT NOT NULL, failure_type TEXT NOT NULL, failure_message TEXT NOT NULL,
    failure_outage INTEGER NOT NULL,
    output_digest TEXT NOT NULL, output TEXT NOT NULL);
CREATE TABLE evaluation (key INTEGER NOT NULL, owner INTEGER NOT NULL, status INTEGER NOT NULL,
    attempt INTEGER NOT NULL, started_ns INTEGER NOT NULL, ended_ns INTEGER NOT NULL,
    failure_kind TEXT NOT NULL, failure_type TEXT NOT NULL, failure_message TEXT NOT NULL,
    failure_outage INTEGER NOT NULL,
    PRIMARY KEY (key, owner)) WITHOUT ROWID;
CREATE TABLE score (name INTEGER NOT NULL, key INTEGER NOT NULL, owner INTEGER NOT NULL,
    imputed INTEGER NOT NULL, value NOT NULL, comment TEXT NOT NULL, metadata TEXT NOT NULL,
    parts TEXT NOT NULL, PRIMARY KEY (name, key)) WITHOUT ROWID;
CREATE TABLE withdrawn (key INTEGER NOT NULL, name INTEGER NOT NULL, given_ns INTEGER NOT NULL,
    asked_ns INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (key, name)) WITHOUT ROWID;
CREATE TABLE attempt (key INTEGER NOT NULL, owner INTEGER NOT NULL, attempt INTEGER NOT NULL,
    started_ns INTEGER NOT NULL, ended_ns INTEGER NOT NULL,
    failure_kind TEXT NOT NULL, failure_type TEXT NOT NULL, failure_message TEXT NOT NULL,
    failure_outage INTEGER NOT NULL, PRIMARY KEY (key, owner, attempt)) WITHOUT ROWID;
CREATE TABLE span (key INTEGER NOT NULL, owner INTEGER NOT NULL, span_id TEXT NOT NULL, payload BLOB NOT NULL,
    UNIQUE (key, owner, span_id));
CREATE TABLE run_score (name TEXT NOT NULL, trial INTEGER NOT NULL, data_type TEXT NOT NULL, value,
    coverage BLOB NOT NULL, comment TEXT,
    failure_kind TEXT NOT NULL, failure_type TEXT NOT NULL, failure_message TEXT NOT NULL,
    failure_outage INTEGER NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0, confirmed INTEGER NOT NULL DEFAULT 0,
    shown INTEGER NOT NULL DEFAULT 0, asked_ns INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (name, trial)) WITHOUT ROWID;
CREATE TABLE completion (number INTEGER PRIMARY KEY, key INTEGER NOT NULL UNIQUE, scores INTEGER NOT NULL,
    spans_sent INTEGER NOT NULL DEFAULT 0, scores_sent INTEGER NOT NULL DEFAULT 0,
    confirmed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE refusal (kind TEXT NOT NULL, id TEXT NOT NULL, key INTEGER, item_id TEXT, trial INTEGER,
    name TEXT, reason TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX refusal_key ON refusal (key) WHERE key IS NOT NULL;
"""


def create_tables(connection: sqlite3.Connection) -> None:
    """Make an empty file a journal, within the transaction that is open."""
    for statement in _TABLES.split(";\n"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def connect_new(folder: Path) -> sqlite3.Connection:
    """A connection that may write, to a file that is made here."""
    connection = sqlite3.connect(folder / DATABASE_FILE, isolation_level=None, check_same_thread=False)
    _configure(connection)
    return connection


def connect(folder: Path, *, write: bool) -> sqlite3.Connection:
    """A connection to an existing journal. Raises JournalError where it is missing, damaged or of another
    version.
    """
    path = folder / DATABASE_FILE
    if not path.is_file():
        raise JournalError(f"There is no run record in {folder}.")
    with damage_is_an_error(folder):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
        )
        try:
            check_version(connection, folder)
            if write:
                _configure(connection)
            else:
                connection.execute("PRAGMA query_only = 1")
        except BaseException:
            connection.close()
            raise
    return connection


def _configure(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    # With NORMAL a power cut may take back commits that were already published; with FULL each group of
    # records costs one flush of the disk, which nobody but the writer's own thread waits for.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA temp_store = MEMORY")


def check_version(connection: sqlite3.Connection, folder: Path) -> None:
    """Raises JournalError for a file of another program or version, or one whose making was cut short."""
    [application] = connection.execute("PRAGMA application_id").fetchone()
    [version] = connection.execute("PRAGMA user_version").fetchone()
    if application == 0 and version == 0:
        [tables] = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables == 0:
            raise JournalError(f"The run in {folder} was cut short before it began and holds nothing.")
    if application != APPLICATION_ID:
        raise JournalError(f"The file {folder / DATABASE_FILE} is not a run record.")
    if version != FORMAT:
        raise JournalError(
            f"The run record in {folder} has format {version};"
            f" this version of evalspec reads format {FORMAT}."
        )


@contextmanager
def damage_is_an_error(folder: Path) -> Iterator[None]:
    """Turn what is said about an unreadable file, or an unreadable value in it, into a JournalError."""
    try:
        yield
    except (sqlite3.Error, orjson.JSONDecodeError) as error:
        raise JournalError(f"The run record in {folder} cannot be read: {error}.") from error
