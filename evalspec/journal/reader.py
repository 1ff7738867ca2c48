"""Reading a run's journal, while it is written or afterwards, from any process."""

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from evalspec.diagnostics.errors import JournalError
from evalspec.journal.database import TRIAL_BITS, TRIAL_MASK, connect, damage_is_an_error
from evalspec.journal.encoding import (
    EVALUATION_CODES,
    TRIAL_CODES,
    TRIAL_STATES,
    Names,
    digest_of,
    failure_of,
    header_of,
    item_of,
    output_of,
    run_score_of,
    split_key,
    trial_key,
)
from evalspec.journal.locking import is_locked
from evalspec.journal.publication import (
    publication_counts,
    read_completed,
    read_evaluations,
    read_refusals,
    read_spans,
    read_withdrawn,
)
from evalspec.journal.records import (
    EvaluationRecord,
    EvaluationStatus,
    RunHeader,
    RunScoreRecord,
    RunStatus,
    SpanRecord,
    TrialStatus,
)
from evalspec.journal.rows import (
    CompletedTrial,
    EvaluationCounts,
    FailureKind,
    PublicationCounts,
    Refusal,
    TrialCounts,
    TrialRow,
    Unfinished,
    Withdrawn,
)
from evalspec.journal.unfinished import read_unfinished
from evalspec.plan.values import Item

_RESULTS_AT_ONCE = 64
_VALUES_AT_ONCE = 4096
_FAILURE = "failure_kind, failure_type, failure_message, failure_outage"
_TRIAL = f"""SELECT trial.key, item.id, status, attempt, first_started_ns, started_ns, ended_ns, {_FAILURE},
    output_digest, output FROM trial JOIN item ON item.position = trial.key >> {TRIAL_BITS}"""
_RUN_SCORE = f"SELECT name, trial, data_type, value, coverage, {_FAILURE}, comment FROM run_score"


class JournalReader:
    """What is committed in a journal.

    Positions count the plan's items from 0. Iterators stream: nothing in memory grows with the run. One
    thread at a time; close it, or use it as a context manager. Everything raises JournalError where the file
    is damaged.
    """

    def __init__(self, folder: Path, *, owned: bool = False) -> None:
        """`owned` where this process writes to the run. Raises JournalError for what is no run record."""
        self._folder = folder
        self._owned = owned
        self._connection = connect(folder, write=False)
        self._known: Names | None = None

    def close(self) -> None:
        """Give the connection back; harmless when repeated."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # The run

    def header(self) -> RunHeader:
        """What was known when the run began."""
        with damage_is_an_error(self._folder):
            return header_of(self._one("SELECT header FROM run")[0])

    def status(self) -> RunStatus:
        """Where the run stands; one that nobody works on any more is INTERRUPTED, whatever it last said."""
        status = RunStatus(self._one("SELECT status FROM run")[0])
        if status is RunStatus.RUNNING and not self._owned and not is_locked(self._folder):
            return RunStatus.INTERRUPTED
        return status

    def plan_json(self) -> bytes:
        """The plan, byte for byte as it was given."""
        plan: bytes = self._one("SELECT body FROM plan")[0]
        return plan

    def meta(self, key: str) -> Any:
        """A value kept with `set_meta`; None where there is none."""
        for [value] in self._rows("SELECT value FROM meta WHERE key = ?", (key,)):
            return orjson.loads(value)
        return None

    def started_ns(self) -> int | None:
        """The start of the first call; None before there is a record."""
        started: int | None = self._one("SELECT min(first_started_ns) FROM trial")[0]
        return started

    def ended_ns(self) -> int | None:
        """The end of the last call of a completed run."""
        ended: int | None = self._one("SELECT ended_ns FROM run")[0]
        return ended if self.status() is RunStatus.COMPLETED else None

    # Items

    def item_count(self) -> int:
        """How many items the run has."""
        count: int = self._one("SELECT count(*) FROM item")[0]
        return count

    def item(self, position: int) -> tuple[Item, str]:
        """The item at a position, with the digest of its content. Raises IndexError where there is none."""
        for item_id, packed, body in self._rows(
            "SELECT id, digest, body FROM item WHERE position = ?", (position,)
        ):
            return item_of(item_id, body), digest_of(packed)
        raise IndexError(f"the run has no item {position}")

    def items(self) -> Iterator[tuple[int, Item, str]]:
        """All items in order: position, item, digest of its content."""
        for position, item_id, packed, body in self._rows(
            "SELECT position, id, digest, body FROM item ORDER BY position"
        ):
            yield position, item_of(item_id, body), digest_of(packed)

    def position_of(self, item_id: str) -> int | None:
        """Where the item with this id stands."""
        for [position] in self._rows("SELECT position FROM item WHERE id = ?", (item_id,)):
            found: int = position
            return found
        return None

    # Results

    def trial(self, position: int, trial: int) -> TrialRow | None:
        """The outcome of one trial; None while there is none."""
        for row in self._rows(f"{_TRIAL} WHERE trial.key = ?", (trial_key(position, trial),)):
            return _trial_row(row)
        return None

    def trials(self, trial: int | None = None) -> Iterator[TrialRow]:
        """The outcomes of all trials, or of those with one number, in the items' order."""
        where, values = _only(trial, "trial.key")
        for row in self._rows(f"{_TRIAL} WHERE {where} ORDER BY trial.key", values):
            yield _trial_row(row)

    def results(self, trial: int | None = None) -> Iterator[tuple[TrialRow, list[EvaluationRecord]]]:
        """The same with what each evaluator made of them, without spans and earlier attempts."""
        rows = self.trials(trial)
        while batch := list(islice(rows, _RESULTS_AT_ONCE)):
            keys = [trial_key(row.position, row.trial) for row in batch]
            with damage_is_an_error(self._folder):
                found = read_evaluations(self._connection, self._names, keys, spans={}, earlier={})
            for row, key in zip(batch, keys, strict=True):
                yield row, found.get(key, [])

    def unfinished(self, repeats: int, *, retry_errors: bool = False) -> Iterator[Unfinished]:
        """What is left to do, in the items' order: trials without an outcome, outcomes some evaluator has not
        looked at, and with `retry_errors` whatever failed.

        Reads ahead by some items at a time. What is committed behind the place it has reached does not come
        again.
        """
        return self._guarded(
            read_unfinished(self._connection, self._names, repeats, retry_errors=retry_errors)
        )

    def evaluations(self, position: int, trial: int) -> list[EvaluationRecord]:
        """What each evaluator made of one trial, in the plan's order; imputed scores come first."""
        with damage_is_an_error(self._folder):
            key = trial_key(position, trial)
            return read_evaluations(self._connection, self._names, [key]).get(key, [])

    def task_spans(self, position: int, trial: int) -> tuple[SpanRecord, ...]:
        """The spans below the task's calls of one trial, of all attempts, in the order of their ends."""
        with damage_is_an_error(self._folder):
            key = trial_key(position, trial)
            return tuple(read_spans(self._connection, [key]).get((key, 0), ()))

    def score_values(
        self, name: str, trial: int | None = None
    ) -> Iterator[tuple[int, int, float | str, bool]]:
        """Position, trial, value and whether it was imputed, of every value of one score, in the items'
        order.
        """
        number = self._names.score_numbers[name]
        where, values = _only(trial, "key")
        for key, value, imputed in self._rows(
            f"SELECT key, value, imputed FROM score WHERE name = ? AND {where} ORDER BY key",
            (number, *values),
        ):
            yield *split_key(key), value, bool(imputed)

    def score_batches(self, name: str) -> Iterator[list[tuple[int, float | str, int]]]:
        """Trial, value and whether it was imputed (0 or 1), of every value of one score, many at a time."""
        query = f"SELECT key & {TRIAL_MASK}, value, imputed FROM score WHERE name = ?"
        with damage_is_an_error(self._folder):
            cursor = self._connection.execute(query, (self._names.score_numbers[name],))
            try:
                while rows := cursor.fetchmany(_VALUES_AT_ONCE):
                    yield rows
            finally:
                cursor.close()

    def trial_counts(self, trial: int | None = None) -> TrialCounts:
        """How many trials completed and failed, of all or of those with one number."""
        where, values = _only(trial, "key")
        counts = dict(self._rows(f"SELECT status, count(*) FROM trial WHERE {where} GROUP BY status", values))
        return TrialCounts(
            *(counts.get(TRIAL_CODES[status], 0) for status in (TrialStatus.COMPLETED, TrialStatus.FAILED))
        )

    def evaluation_counts(self, evaluator: str, trial: int | None = None) -> EvaluationCounts:
        """What became of the trials an evaluator looked at; imputed scores are those of the evaluator ""."""
        where, values = _only(trial, "key")
        counts = dict(
            self._rows(
                f"SELECT status, count(*) FROM evaluation WHERE owner = ? AND {where} GROUP BY status",
                (self._names.owners[evaluator], *values),
            )
        )
        order = (EvaluationStatus.SCORED, EvaluationStatus.FAILED, EvaluationStatus.SKIPPED)
        return EvaluationCounts(*(counts.get(EVALUATION_CODES[status], 0) for status in order))

    def failure_kinds(
        self, evaluator: str | None = None, trial: int | None = None, limit: int = 10
    ) -> list[FailureKind]:
        """The most common failures of the task, or of an evaluator, each with its first item's as example."""
        where, values = _only(trial, "key")
        table = "trial" if evaluator is None else "evaluation"
        if evaluator is not None:
            where, values = f"owner = ? AND {where}", (self._names.owners[evaluator], *values)
        # With min() SQLite takes the bare columns from the row that has the minimum.
        rows = self._rows(
            "SELECT failure_kind, failure_type, found, outages, failure_message, item.id, first FROM ("
            " SELECT failure_kind, failure_type, count(*) AS found, sum(failure_outage) AS outages,"
            f" failure_message, min(key) AS first FROM {table} WHERE failure_kind <> '' AND {where}"
            f" GROUP BY failure_kind, failure_type) JOIN item ON item.position = first >> {TRIAL_BITS}"
            " ORDER BY found DESC, failure_kind, failure_type LIMIT ?",
            (*values, limit),
        )
        return [
            FailureKind(kind, type_name, count, outages, message, item_id, split_key(first)[1])
            for kind, type_name, count, outages, message, item_id, first in rows
        ]

    def spans(self) -> Iterator[SpanRecord]:
        """All spans that were recorded, of all attempts."""
        for span_id, payload in self._rows("SELECT span_id, payload FROM span ORDER BY rowid"):
            yield SpanRecord(span_id, payload)

    def run_scores(self) -> list[RunScoreRecord]:
        """All run-level scores, by name, those over all trials first."""
        return [run_score_of(row) for row in self._rows(f"{_RUN_SCORE} ORDER BY name, trial")]

    # Publication

    def next_unpublished(self, after: int, limit: int) -> list[CompletedTrial]:
        """Trials completed after number `after` of which spans or scores are not sent, in order of
        completion.
        """
        return self._completed("NOT (spans_sent AND scores_sent)", after, limit)

    def next_unconfirmed(self, after: int, limit: int) -> list[CompletedTrial]:
        """Trials completed after number `after` that are sent and not yet read back."""
        return self._completed("spans_sent AND scores_sent AND NOT confirmed", after, limit)

    def unsent_run_scores(self) -> list[RunScoreRecord]:
        """Run-level scores that were never sent as they are now."""
        return [run_score_of(row) for row in self._rows(f"{_RUN_SCORE} WHERE NOT sent ORDER BY name, trial")]

    def unconfirmed_run_scores(self) -> list[RunScoreRecord]:
        """Run-level scores that are sent and not yet read back."""
        where = "WHERE sent AND NOT confirmed"
        return [run_score_of(row) for row in self._rows(f"{_RUN_SCORE} {where} ORDER BY name, trial")]

    def publication_counts(self) -> PublicationCounts:
        """How far the delivery has come."""
        with damage_is_an_error(self._folder):
            return publication_counts(self._connection)

    def refusals(self) -> list[Refusal]:
        """What the server would not take."""
        with damage_is_an_error(self._folder):
            return read_refusals(self._connection)

    def withdrawn(self) -> list[Withdrawn]:
        """Imputed scores of earlier attempts that a server may still have."""
        with damage_is_an_error(self._folder):
            return read_withdrawn(self._connection, self._names)

    @property
    def _names(self) -> Names:
        if self._known is None:
            with damage_is_an_error(self._folder):
                self._known = Names.from_json(self._one("SELECT names FROM run")[0])
        return self._known

    def _completed(self, condition: str, after: int, limit: int) -> list[CompletedTrial]:
        with damage_is_an_error(self._folder):
            return read_completed(self._connection, self._names, condition, after, limit)

    def _one(self, query: str) -> Sequence[Any]:
        for row in self._rows(query):
            found: Sequence[Any] = row
            return found
        raise JournalError(f"The run record in {self._folder} is damaged: a row is missing.")

    def _rows(self, query: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        return self._guarded(self._select(query, values))

    def _select(self, query: str, values: Sequence[Any]) -> Iterator[Any]:
        cursor: sqlite3.Cursor = self._connection.execute(query, values)
        try:
            yield from cursor
        finally:
            # Ends the read, so that it does not keep the log from being folded in.
            cursor.close()

    def _guarded(self, rows: Iterator[Any]) -> Iterator[Any]:
        with damage_is_an_error(self._folder):
            yield from rows


def _only(trial: int | None, key: str) -> tuple[str, tuple[int, ...]]:
    """The condition that chooses one trial number."""
    return ("1", ()) if trial is None else (f"{key} & {TRIAL_MASK} = ?", (trial,))


def _trial_row(row: Sequence[Any]) -> TrialRow:
    key, item_id, status, attempt, first, started, ended, *failure, digest, output = row
    position, trial = split_key(key)
    return TrialRow(
        position,
        trial,
        item_id,
        TRIAL_STATES[status],
        attempt,
        first,
        started,
        ended,
        output_of(output),
        digest or None,
        failure_of(failure),
    )
