"""What the publication reads: whole trials in order of completion, and how far their delivery has come."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from evalspec.journal.database import TRIAL_BITS
from evalspec.journal.encoding import (
    ALL_TRIALS,
    EVALUATION_STATES,
    TRIAL_STATES,
    Names,
    digest_of,
    failure_of,
    item_of,
    output_of,
    score_of,
    split_key,
)
from evalspec.journal.records import AttemptRecord, EvaluationRecord, ScoreRecord, SpanRecord
from evalspec.journal.rows import (
    CompletedTrial,
    DeliveryCounts,
    PublicationCounts,
    Refusal,
    TrialRow,
    Withdrawn,
)

_KEYS_AT_ONCE = 500
_FAILURE = "failure_kind, failure_type, failure_message, failure_outage"
_WITHDRAWN = f"""
SELECT withdrawn.key, withdrawn.name, given_ns, asked_ns, EXISTS (SELECT 1 FROM score
    WHERE score.name = withdrawn.name AND score.key = withdrawn.key AND parts = ''), item.id
FROM withdrawn JOIN item ON item.position = withdrawn.key >> {TRIAL_BITS}"""
_Owned = dict[tuple[int, int], list[Any]]
"""Something by trial key and owner."""


def read_completed(
    connection: sqlite3.Connection, names: Names, condition: str, after: int, limit: int
) -> list[CompletedTrial]:
    """Trials completed after number `after` that fulfil a condition on their marks."""
    connection.execute("BEGIN")  # one state of the file for all that follows
    try:
        marks = connection.execute(
            "SELECT number, key, spans_sent, scores_sent, confirmed FROM completion"
            f" WHERE number > ? AND {condition} ORDER BY number LIMIT ?",
            (after, limit),
        ).fetchall()
        keys = [mark[1] for mark in marks]
        items = _items(connection, keys)
        rows = _trials(connection, keys)
        spans = read_spans(connection, keys)
        earlier = _earlier(connection, keys)
        withdrawn = _withdrawn_of(connection, names, keys)
        evaluations = read_evaluations(connection, names, keys, spans, earlier)
    finally:
        connection.execute("COMMIT")
    completed: list[CompletedTrial] = []
    for number, key, spans_sent, scores_sent, confirmed in marks:
        position, trial = split_key(key)
        item_id, packed, body = items[position]
        row = rows[key]
        completed.append(
            CompletedTrial(
                completion=number,
                position=position,
                trial=trial,
                item=item_of(item_id, body),
                item_digest=digest_of(packed),
                row=_trial_row(row, position, trial, item_id),
                earlier=tuple(earlier.get((key, 0), ())),
                task_spans=tuple(spans.get((key, 0), ())),
                evaluations=tuple(evaluations.get(key, ())),
                withdrawn=withdrawn.get(key, {}),
                spans_sent=bool(spans_sent),
                scores_sent=bool(scores_sent),
                confirmed=bool(confirmed),
            )
        )
    return completed


def read_evaluations(
    connection: sqlite3.Connection,
    names: Names,
    keys: Sequence[int],
    spans: _Owned | None = None,
    earlier: _Owned | None = None,
) -> dict[int, list[EvaluationRecord]]:
    """The evaluations of some trials, by key, in the plan's order."""
    spans = read_spans(connection, keys) if spans is None else spans
    earlier = _earlier(connection, keys) if earlier is None else earlier
    scores = _scores(connection, names, keys)
    found: dict[int, list[EvaluationRecord]] = defaultdict(list)
    for key, owner, status, attempt, started, ended, *failure in _of_keys(
        connection,
        f"SELECT key, owner, status, attempt, started_ns, ended_ns, {_FAILURE} FROM evaluation",
        keys,
        "ORDER BY key, owner",
    ):
        position, trial = split_key(key)
        # Owner 0 is the task where spans and attempts are concerned, and imputation among evaluations.
        history = (key, owner) if owner else None
        found[key].append(
            EvaluationRecord(
                position,
                trial,
                names.evaluators[owner],
                EVALUATION_STATES[status],
                attempt,
                started,
                ended,
                tuple(scores.get((key, owner), ())),
                failure_of(failure),
                tuple(spans.get(history, ())) if history else (),
                tuple(earlier.get(history, ())) if history else (),
            )
        )
    return found


def publication_counts(connection: sqlite3.Connection) -> PublicationCounts:
    """How far the delivery of spans (in trials) and scores has come."""
    trials, spans_settled, trials_confirmed, scores, scores_settled, scores_confirmed = connection.execute(
        "SELECT count(*), coalesce(sum(spans_sent), 0), coalesce(sum(confirmed), 0),"
        " coalesce(sum(scores), 0), coalesce(sum(scores * scores_sent), 0),"
        " coalesce(sum(scores * confirmed), 0)"
        " FROM completion"
    ).fetchone()
    run_scores, run_settled, run_confirmed = connection.execute(
        "SELECT count(*), coalesce(sum(sent), 0), coalesce(sum(confirmed), 0) FROM run_score"
        " WHERE value IS NOT NULL"
    ).fetchone()
    [trials_refused] = connection.execute(
        "SELECT count(DISTINCT key) FROM refusal WHERE kind = 'span' AND key IS NOT NULL"
    ).fetchone()
    [scores_refused] = connection.execute(
        "SELECT count(*) FROM refusal WHERE kind IN ('score', 'run_score')"
    ).fetchone()
    return PublicationCounts(
        _counts(trials, spans_settled, trials_confirmed, trials_refused),
        _counts(
            scores + run_scores,
            scores_settled + run_settled,
            scores_confirmed + run_confirmed,
            scores_refused,
        ),
    )


def read_refusals(connection: sqlite3.Connection) -> list[Refusal]:
    """Everything that was refused."""
    return [
        Refusal(*row)
        for row in connection.execute(
            "SELECT kind, id, item_id, trial, name, reason FROM refusal ORDER BY kind, id"
        )
    ]


def read_withdrawn(connection: sqlite3.Connection, names: Names) -> list[Withdrawn]:
    """Scores that went with an earlier attempt, of trials that are complete again, and run-level scores that
    lost their value.
    """
    rows = connection.execute(f"{_WITHDRAWN} JOIN completion USING (key) ORDER BY withdrawn.key, name")
    run_scores = connection.execute(
        "SELECT name, trial, asked_ns, value IS NOT NULL FROM run_score"
        " WHERE shown AND (value IS NULL OR asked_ns) ORDER BY name, trial"
    )
    return [_withdrawal(row, names) for row in rows] + [
        Withdrawn(None, None if trial == ALL_TRIALS else trial, name, 0, asked, bool(replaced))
        for name, trial, asked, replaced in run_scores
    ]


def _withdrawn_of(
    connection: sqlite3.Connection, names: Names, keys: Sequence[int]
) -> dict[int, dict[str, Withdrawn]]:
    found: dict[int, dict[str, Withdrawn]] = defaultdict(dict)
    for row in _of_keys(connection, _WITHDRAWN, keys, column="withdrawn.key"):
        one = _withdrawal(row, names)
        found[row[0]][one.name] = one
    return found


def _withdrawal(row: Sequence[Any], names: Names) -> Withdrawn:
    key, name, given, asked, replaced, item_id = row
    position, trial = split_key(key)
    score = names.scores[name]
    return Withdrawn(item_id, trial, score, given, asked, bool(replaced), position)


def _counts(complete: int, settled: int, confirmed: int, refused: int) -> DeliveryCounts:
    """What was refused is marked as sent too, so that it is not tried for ever."""
    return DeliveryCounts(
        complete=complete,
        sent=max(0, settled - refused),
        confirmed=max(0, min(confirmed, settled - refused)),
        refused=refused,
        pending=complete - settled,
    )


def _of_keys(
    connection: sqlite3.Connection, query: str, keys: Sequence[int], order: str = "", column: str = "key"
) -> Iterator[Any]:
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        some = keys[start : start + _KEYS_AT_ONCE]
        yield from connection.execute(
            f"{query} WHERE {column} IN ({', '.join('?' * len(some))}) {order}", some
        )


def _items(connection: sqlite3.Connection, keys: Sequence[int]) -> dict[int, tuple[str, bytes, bytes]]:
    positions = list({split_key(key)[0] for key in keys})
    query = "SELECT position, id, digest, body FROM item"
    return {row[0]: row[1:] for row in _of_keys(connection, query, positions, column="position")}


def _trials(connection: sqlite3.Connection, keys: Sequence[int]) -> dict[int, Sequence[Any]]:
    query = (
        "SELECT key, status, attempt, first_started_ns, started_ns, ended_ns,"
        f" {_FAILURE}, output_digest, output FROM trial"
    )
    return {row[0]: row[1:] for row in _of_keys(connection, query, keys)}


def _trial_row(row: Sequence[Any], position: int, trial: int, item_id: str) -> TrialRow:
    status, attempt, first, started, ended, *failure, digest, output = row
    value = output_of(output)
    return TrialRow(
        position, trial, item_id, TRIAL_STATES[status], attempt, first, started, ended, value, digest or None,
        failure_of(failure),
    )  # fmt: skip


def read_spans(connection: sqlite3.Connection, keys: Sequence[int]) -> _Owned:
    """The spans of some trials, by key and owner, in the order in which they were kept."""
    spans: _Owned = defaultdict(list)
    query = "SELECT key, owner, span_id, payload FROM span"
    for key, owner, span_id, payload in _of_keys(connection, query, keys, "ORDER BY rowid"):
        spans[key, owner].append(SpanRecord(span_id, payload))
    return spans


def _earlier(connection: sqlite3.Connection, keys: Sequence[int]) -> _Owned:
    attempts: _Owned = defaultdict(list)
    query = f"SELECT key, owner, attempt, started_ns, ended_ns, {_FAILURE} FROM attempt"
    for key, owner, attempt, started, ended, *failure in _of_keys(
        connection, query, keys, "ORDER BY key, owner, attempt"
    ):
        known = failure_of(failure)
        assert known is not None  # the columns are NOT NULL
        attempts[key, owner].append(AttemptRecord(attempt, started, ended, known))
    return attempts


def _scores(
    connection: sqlite3.Connection, names: Names, keys: Sequence[int]
) -> dict[tuple[int, int], list[ScoreRecord]]:
    scores: dict[tuple[int, int], list[ScoreRecord]] = defaultdict(list)
    numbers = ", ".join(map(str, range(len(names.scores))))
    columns = "key, owner, name, imputed, value, comment, metadata, parts"
    query = f"SELECT {columns} FROM score WHERE name IN ({numbers}) AND key"
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        some = keys[start : start + _KEYS_AT_ONCE]
        for key, owner, *row in connection.execute(
            f"{query} IN ({', '.join('?' * len(some))}) ORDER BY name", some
        ):
            scores[key, owner].append(score_of(row, names))
    return scores
