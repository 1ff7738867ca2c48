"""What is left to do in a run."""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from evalspec.journal.encoding import EVALUATION_CODES, TRIAL_CODES, Names, item_of, output_of, trial_key
from evalspec.journal.publication import read_evaluations, read_spans
from evalspec.journal.records import EvaluationStatus, TrialStatus
from evalspec.journal.rows import Unfinished

_TRIALS_AT_ONCE = 128
_BYTES_AT_ONCE = 2**20

_TASK_FAILED = TRIAL_CODES[TrialStatus.FAILED]
_EVALUATION_FAILED = EVALUATION_CODES[EvaluationStatus.FAILED]


class _Outcome(NamedTuple):
    status: int
    attempts: int
    first_started_ns: int


_Evaluated = Mapping[int, tuple[int, int]]
"""By evaluator number: status and attempts."""


class _Page(NamedTuple):
    """Some items and what is recorded of their trials."""

    items: list[tuple[int, str, bytes]]
    outcomes: dict[int, _Outcome]
    evaluated: dict[int, dict[int, tuple[int, int]]]


def read_unfinished(
    connection: sqlite3.Connection, names: Names, repeats: int, *, retry_errors: bool
) -> Iterator[Unfinished]:
    """See `JournalReader.unfinished`. Every page is a read of its own: one that lasted as long as the run
    would keep the write-ahead log from being folded in.
    """
    after = -1
    while (page := _page(connection, after, repeats)).items:
        for position, item_id, body in page.items:
            for trial in range(repeats):
                key = trial_key(position, trial)
                outcome = page.outcomes.get(key)
                if outcome is None:
                    item = item_of(item_id, body)
                    yield Unfinished(
                        position, trial, item, True, 0, None, None, names.all_evaluators, len(body)
                    )
                    continue
                run_task = retry_errors and outcome.status == _TASK_FAILED
                evaluators = _evaluators_left(
                    names, outcome, page.evaluated.get(key, {}), retry_errors=retry_errors
                )
                if not run_task and not evaluators:
                    continue
                # Read anew for every trial, so that no two share what user code may change.
                item = item_of(item_id, body)
                attempts, first = outcome.attempts, outcome.first_started_ns
                if run_task:
                    yield Unfinished(
                        position, trial, item, True, attempts, first, None, evaluators, len(body)
                    )
                    continue
                output, started, ended = _done(connection, key)
                spans = read_spans(connection, [key])
                yield Unfinished(
                    position,
                    trial,
                    item,
                    False,
                    attempts,
                    first,
                    output_of(output),
                    evaluators,
                    len(body) + len(output),
                    started,
                    ended,
                    tuple(spans.get((key, 0), ())),
                    tuple(read_evaluations(connection, names, [key], spans={}, earlier={}).get(key, ())),
                )
        after = page.items[-1][0]


def _evaluators_left(
    names: Names, outcome: _Outcome, evaluated: _Evaluated, *, retry_errors: bool
) -> Mapping[str, int]:
    """Evaluators to be called, with the number of their calls so far."""
    if outcome.status == _TASK_FAILED:
        return names.all_evaluators if retry_errors else {}
    left: dict[str, int] = {}
    for owner, name in enumerate(names.evaluators[1:], 1):
        status, attempts = evaluated.get(owner, (None, 0))
        if status is None or (retry_errors and status == _EVALUATION_FAILED):
            left[name] = attempts
    return left


def _page(connection: sqlite3.Connection, after: int, repeats: int) -> _Page:
    """The items that follow, fewer when they are large."""
    page = _Page([], {}, {})
    cursor = connection.execute(
        "SELECT position, id, body FROM item WHERE position > ? ORDER BY position LIMIT ?",
        (after, max(1, _TRIALS_AT_ONCE // repeats)),
    )
    size = 0
    for row in cursor:
        page.items.append(row)
        size += len(row[2])
        if size > _BYTES_AT_ONCE:
            break
    cursor.close()
    if not page.items:
        return page
    keys = (trial_key(page.items[0][0], 0), trial_key(page.items[-1][0] + 1, 0))
    for key, *outcome in connection.execute(
        "SELECT key, status, attempt, first_started_ns FROM trial WHERE key >= ? AND key < ?", keys
    ):
        page.outcomes[key] = _Outcome(*outcome)
    if page.outcomes:
        for key, owner, status, attempts in connection.execute(
            "SELECT key, owner, status, attempt FROM evaluation WHERE key >= ? AND key < ?", keys
        ):
            page.evaluated.setdefault(key, {})[owner] = (status, attempts)
    return page


def _done(connection: sqlite3.Connection, key: int) -> tuple[str, int, int]:
    """Output, beginning and end of a task's last call."""
    row: Any = connection.execute(
        "SELECT output, started_ns, ended_ns FROM trial WHERE key = ?", (key,)
    ).fetchone()
    output, started, ended = row
    return output, started, ended
