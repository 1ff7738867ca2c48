"""The journal of one run, for its one writer."""

import asyncio
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import orjson

from evalspec.diagnostics.errors import JournalError
from evalspec.journal.bulk import insert_new
from evalspec.journal.database import connect, connect_new, create_tables, damage_is_an_error
from evalspec.journal.encoding import (
    ALL_TRIALS,
    Group,
    Names,
    Row,
    header_json,
    header_of,
    item_row,
    trial_key,
)
from evalspec.journal.locking import RunLock
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import EvaluationRecord, RunHeader, RunScoreRecord, RunStatus, TrialRecord
from evalspec.journal.rows import Refusal, Withdrawn
from evalspec.journal.writer import Operation, Writer
from evalspec.plan.values import Item

T = TypeVar("T")
_ITEMS_AT_ONCE = 256
_BYTES_AT_ONCE = 2**20
_BODY = (3,)
"""The column of items that may hold much."""


class Journal:
    """The durable record of a run, open for writing.

    At most one is open per run, in all processes: the operating system holds a lock until it is closed or its
    process ends. What `put` and the marks were given is kept in that order. Use it as a context manager, or
    `close` it.
    """

    def __init__(
        self, folder: Path, header: RunHeader, lock: RunLock, connection: sqlite3.Connection, names: Names
    ) -> None:
        """For `create` and `open`."""
        self.folder = folder
        self.header = header
        self._lock = lock
        self._connection = connection
        self._names = names
        self._writer = Writer(connection, names, header.run_id)

    @classmethod
    def create(
        cls,
        folder: Path,
        header: RunHeader,
        plan_json: bytes,
        items: Iterable[tuple[Item, str]],
        *,
        names: Names | None = None,
    ) -> Self:
        """Begin a run in a folder that does not exist yet; `items` are streamed, in the plan's order.

        `names` are the plan's, for a caller that has them: its text is then not read for them.

        Raises JournalError where the folder cannot be made; whatever `items` raises leaves nothing behind.
        """
        names = names or Names.of_plan(plan_json)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            raise JournalError(f"The run folder {folder} exists already.") from None
        except OSError as error:
            raise JournalError(f"The run folder {folder} cannot be made: {error.strerror}.") from error
        try:
            lock = RunLock(folder)
            try:
                with damage_is_an_error(folder):
                    connection = connect_new(folder)
                    try:
                        _write_beginning(connection, header, names, plan_json, items)
                        return cls(folder, header, lock, connection, names)
                    except BaseException:
                        connection.close()
                        raise
            except BaseException:
                lock.release()
                raise
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Go on with a run, whatever ended it; one that was cut off is INTERRUPTED from now on.

        Raises JournalError where the record is missing, in use, damaged or of another version.
        """
        connect(folder, write=False).close()
        lock = RunLock(folder)
        try:
            connection = connect(folder, write=True)
            try:
                with damage_is_an_error(folder):
                    found = connection.execute("SELECT header, names FROM run").fetchone()
                    if found is None:
                        raise JournalError(f"The run record in {folder} is damaged: a row is missing.")
                    header, names = found
                    connection.execute(
                        "UPDATE run SET status = ? WHERE status = ?",
                        (RunStatus.INTERRUPTED, RunStatus.RUNNING),
                    )
                    return cls(folder, header_of(header), lock, connection, Names.from_json(names))
            except BaseException:
                connection.close()
                raise
        except BaseException:
            lock.release()
            raise

    async def put(self, *records: TrialRecord | EvaluationRecord | RunScoreRecord) -> None:
        """Queue records for the next commit; those of one call are committed together.

        Waits only while the queue is full. Raises JournalError once the record cannot be written any more.
        """
        group = Group()
        for record in records:
            if isinstance(record, EvaluationRecord):
                group.add_evaluation(record, self._names)
            elif isinstance(record, TrialRecord):
                group.add_trial(record)
            else:
                group.add_run_score(record)
        if not self._writer.offer(group, len(records)):
            await self._writer.put(group, len(records))

    async def flush(self) -> None:
        """Wait until everything put so far is committed."""
        await asyncio.wrap_future(self.submit(lambda connection: None))

    def close(self) -> None:
        """Commit what is queued, fold the write-ahead log into the file, let others in; harmless when
        repeated.
        """
        self._writer.close()
        # Closed already, or a reader still needs the log: whoever closes last folds it in.
        with suppress(sqlite3.Error):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def reader(self) -> JournalReader:
        """A reading connection of its own; it sees what is committed. One per thread; close it."""
        return JournalReader(self.folder, owned=True)

    def submit(self, operation: Operation[T]) -> "Future[T]":
        """Run a rare write in the writer's thread, in order; callable from any thread."""
        return self._writer.submit(operation)

    def set_status(self, status: RunStatus) -> "Future[None]":
        """Say where the run stands. COMPLETED also fixes when it ended."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE run SET status = ?", (status,))
            if status is RunStatus.COMPLETED:
                connection.execute(
                    "UPDATE run SET ended_ns = (SELECT max(ended) FROM"
                    " (SELECT max(ended_ns) AS ended FROM trial"
                    " UNION ALL SELECT max(ended_ns) FROM evaluation UNION ALL SELECT ?))",
                    (self.header.created_ns,),
                )

        return self.submit(write)

    def set_meta(self, key: str, value: Any) -> "Future[None]":
        """Keep a JSON value under a name, in place of what was there."""
        row = (key, orjson.dumps(value))
        return self._write_many("INSERT OR REPLACE INTO meta VALUES (?, ?)", [row])

    def mark_spans_sent(self, completions: Sequence[int]) -> "Future[None]":
        """The server took the spans of these trials (or refused some for good: see `add_refusal`)."""
        return self._mark("spans_sent", completions)

    def mark_scores_sent(self, completions: Sequence[int]) -> "Future[None]":
        """The server took the scores of these trials (or refused some for good)."""
        return self._mark("scores_sent", completions)

    def mark_confirmed(self, completions: Sequence[int]) -> "Future[None]":
        """Everything sent of these trials was read back."""
        return self._mark("confirmed", completions)

    def mark_run_scores_sent(self, scores: Sequence[tuple[str, int | None]]) -> "Future[None]":
        """The server took these run-level scores, given as name and trial, or refused them for good."""
        return self._mark_run_scores("sent", scores)

    def mark_run_scores_confirmed(self, scores: Sequence[tuple[str, int | None]]) -> "Future[None]":
        """These run-level scores were read back."""
        return self._mark_run_scores("confirmed", scores)

    def add_refusal(self, refusal: Refusal) -> "Future[None]":
        """Note what a server will not take. It is forgotten when the trial it belongs to changes."""

        def write(connection: sqlite3.Connection) -> None:
            found = connection.execute(
                "SELECT position FROM item WHERE id = ?", (refusal.item_id,)
            ).fetchone()
            key = trial_key(found[0], refusal.trial) if found and refusal.trial is not None else None
            connection.execute(
                "INSERT OR REPLACE INTO refusal VALUES (?, ?, ?, ?, ?, ?, ?)",
                (refusal.kind, refusal.id, key, refusal.item_id, refusal.trial, refusal.name, refusal.reason),
            )

        return self.submit(write)

    def mark_withdrawals(self, withdrawn: Sequence[Withdrawn], asked_ns: int) -> "Future[None]":
        """A server is asked to delete these; 0 for a time: it was not, or would not."""
        return self._withdraw(
            "UPDATE withdrawn SET asked_ns = ?1 WHERE key = ?2 AND name = ?3",
            "UPDATE run_score SET asked_ns = ?1 WHERE trial = ?2 AND name = ?3",
            withdrawn,
            asked_ns,
        )

    def forget_withdrawals(self, withdrawn: Sequence[Withdrawn]) -> "Future[None]":
        """The server does not have these any more."""
        return self._withdraw(
            "DELETE FROM withdrawn WHERE ?1 = 0 AND key = ?2 AND name = ?3",
            "UPDATE run_score SET shown = 0, asked_ns = ?1 WHERE trial = ?2 AND name = ?3",
            withdrawn,
            0,
        )

    def _withdraw(
        self, of_trials: str, of_run: str, withdrawn: Sequence[Withdrawn], asked_ns: int
    ) -> "Future[None]":
        def write(connection: sqlite3.Connection) -> None:
            for one in withdrawn:
                trial = ALL_TRIALS if one.trial is None else one.trial
                if one.item_id is None:
                    connection.execute(of_run, (asked_ns, trial, one.name))
                else:
                    key, name = trial_key(one.position, trial), self._names.score_numbers[one.name]
                    connection.execute(of_trials, (asked_ns, key, name))

        return self.submit(write)

    def forget_refusals(self) -> "Future[None]":
        """What was refused is to be sent once more: the reason may have gone."""

        def write(connection: sqlite3.Connection) -> None:
            for kind, column in (("span", "spans_sent"), ("score", "scores_sent")):
                connection.execute(
                    f"UPDATE completion SET {column} = 0, confirmed = 0"
                    " WHERE key IN (SELECT key FROM refusal WHERE kind = ?)",
                    (kind,),
                )
            connection.execute(
                "UPDATE run_score SET sent = 0, confirmed = 0 WHERE (name, trial) IN"
                " (SELECT name, coalesce(trial, ?) FROM refusal WHERE kind = 'run_score')",
                (ALL_TRIALS,),
            )
            connection.execute("DELETE FROM refusal")

        return self.submit(write)

    def _mark(self, column: str, completions: Sequence[int]) -> "Future[None]":
        return self._write_many(
            f"UPDATE completion SET {column} = 1 WHERE number = ?", [(number,) for number in completions]
        )

    def _mark_run_scores(self, column: str, scores: Sequence[tuple[str, int | None]]) -> "Future[None]":
        return self._write_many(
            f"UPDATE run_score SET {column} = 1 WHERE name = ? AND trial = ?",
            [(name, ALL_TRIALS if trial is None else trial) for name, trial in scores],
        )

    def _write_many(self, statement: str, rows: Sequence[Row]) -> "Future[None]":
        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(statement, rows)

        return self.submit(write)


def _write_beginning(
    connection: sqlite3.Connection,
    header: RunHeader,
    names: Names,
    plan_json: bytes,
    items: Iterable[tuple[Item, str]],
) -> None:
    """Tables, header, plan and items in one transaction: a run that was cut short here never began."""
    connection.execute("BEGIN IMMEDIATE")
    create_tables(connection)
    connection.execute(
        "INSERT INTO run VALUES (1, ?, NULL, ?, ?)",
        (RunStatus.RUNNING, header_json(header), names.to_json()),
    )
    connection.execute("INSERT INTO plan VALUES (1, ?)", (plan_json,))
    rows = (item_row(position, item, digest) for position, (item, digest) in enumerate(items))
    for batch in _batches(rows):
        if insert_new(connection, "item", batch, _BODY) != len(batch):
            raise JournalError("Two items of the run have the same id.")
    connection.execute("COMMIT")


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row[-1])
        if len(batch) >= _ITEMS_AT_ONCE or size >= _BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
