"""How records enter the database: once each, later attempts in place of earlier ones, completions in order.

Rules, so that whatever is put twice counts once:

* A trial or an evaluation is kept unless one of the same or a later attempt is there. With one that is not
  kept, its scores and spans are not kept either.
* A later attempt of a task takes away what the evaluators made of the earlier one; a later attempt of an
  evaluator takes away the earlier one's scores. The failure of the attempt that was replaced stays as an
  attempt, and spans stay.
* A trial is complete when its task failed or every evaluator of the plan has looked at it. It then gets the
  next completion number; any change after that gives it a new one, without marks.
"""

import sqlite3
from collections.abc import Sequence

from evalspec.journal.encoding import TRIAL_CODES, Names, Row, Rows
from evalspec.journal.records import TrialStatus

_FAILED = TRIAL_CODES[TrialStatus.FAILED]


def _insert(table: str, columns: int) -> str:
    return f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * columns)})"


_TRIAL = _insert("trial", 12)
_EVALUATION = _insert("evaluation", 10)
_SCORE = _insert("score", 7)
_SPAN = _insert("span", 4)
_ATTEMPT = _insert("attempt", 9)
_FAILURE = "failure_kind, failure_type, failure_message, failure_outage"
_COMPLETE = f"""
INSERT OR REPLACE INTO completion (number, key, scores)
SELECT ?1, trial.key, (SELECT count(*) FROM score WHERE score.key = trial.key AND score.name IN (%s))
FROM trial WHERE trial.key = ?2 AND (trial.status = {_FAILED}
    OR (SELECT count(*) FROM evaluation WHERE evaluation.key = trial.key AND evaluation.owner > 0) >= ?3)
"""
_RUN_SCORE = """
INSERT INTO run_score (name, trial, data_type, value, coverage, failure_kind, failure_type, failure_message,
    failure_outage)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (name, trial) DO UPDATE SET data_type = excluded.data_type, value = excluded.value,
    coverage = excluded.coverage, failure_kind = excluded.failure_kind, failure_type = excluded.failure_type,
    failure_message = excluded.failure_message, failure_outage = excluded.failure_outage,
    sent = 0, confirmed = 0
WHERE (run_score.data_type, run_score.value, run_score.coverage, run_score.failure_kind,
        run_score.failure_message)
    IS NOT (excluded.data_type, excluded.value, excluded.coverage, excluded.failure_kind,
        excluded.failure_message)
"""


class Store:
    """Writes rows within the transaction that its caller opened."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._evaluators = len(names.evaluators) - 1
        self._score_names = range(len(names.scores))
        self._complete = _COMPLETE % ", ".join(map(str, self._score_names))
        [last] = connection.execute("SELECT coalesce(max(number), 0) FROM completion").fetchone()
        self._completions: int = last

    def add(self, batch: Sequence[Rows]) -> None:
        """Keep a batch of trials and evaluations."""
        execute = self._connection.execute
        execute("SAVEPOINT batch")
        if self._add_all_new(batch):
            changed = dict.fromkeys(rows.key for rows in batch)
        else:
            execute("ROLLBACK TO batch")
            changed = dict.fromkeys(rows.key for rows in batch if self._add_one(rows))
        execute("RELEASE batch")
        first = self._completions + 1
        self._connection.executemany(
            self._complete, [(number, key, self._evaluators) for number, key in enumerate(changed, first)]
        )
        self._completions += len(changed)

    def add_run_score(self, row: Row) -> None:
        """Keep a run-level score; one that says something new has to be sent again."""
        self._connection.execute(_RUN_SCORE, row)

    def _add_all_new(self, batch: Sequence[Rows]) -> bool:
        """The usual case, in few calls: nothing in the batch is there yet. False if something is."""
        trials = [rows.row for rows in batch if rows.is_trial]
        evaluations = [rows.row for rows in batch if not rows.is_trial]
        many = self._connection.executemany
        if trials and many(_TRIAL, trials).rowcount != len(trials):
            return False
        if evaluations and many(_EVALUATION, evaluations).rowcount != len(evaluations):
            return False
        scores = [score for rows in batch for score in rows.scores]
        if scores and many(_SCORE, scores).rowcount != len(scores):
            return False
        for rows in batch:
            if rows.spans or rows.earlier:
                self._add_history(rows)
        return True

    def _add_history(self, rows: Rows) -> None:
        self._connection.executemany(_SPAN, rows.spans)
        self._connection.executemany(_ATTEMPT, rows.earlier)

    def _add_one(self, rows: Rows) -> bool:
        """Keep one record by the rules; False where it changes nothing."""
        inserted = self._connection.execute(_TRIAL if rows.is_trial else _EVALUATION, rows.row).rowcount == 1
        if not inserted:
            replaced = self._replace_trial(rows) if rows.is_trial else self._replace_evaluation(rows)
            if not replaced:
                return False
        self._connection.executemany(_SCORE.replace("IGNORE", "REPLACE"), rows.scores)
        self._add_history(rows)
        self._forget_completion(rows.key)
        return True

    def _replace_trial(self, rows: Rows) -> bool:
        execute, key = self._connection.execute, rows.key
        [attempt] = execute("SELECT attempt FROM trial WHERE key = ?", (key,)).fetchone()
        if rows.row[2] <= attempt:
            return False
        execute(
            f"INSERT OR IGNORE INTO attempt SELECT key, 0, attempt, started_ns, ended_ns, {_FAILURE}"
            " FROM trial WHERE key = ? AND failure_kind IS NOT NULL",
            (key,),
        )
        execute("DELETE FROM evaluation WHERE key = ?", (key,))
        execute("DELETE FROM attempt WHERE key = ? AND owner > 0", (key,))
        execute("DELETE FROM span WHERE key = ? AND owner > 0", (key,))
        self._connection.executemany(
            "DELETE FROM score WHERE name = ? AND key = ?", [(name, key) for name in self._score_names]
        )
        execute(_TRIAL.replace("IGNORE", "REPLACE"), rows.row)
        return True

    def _replace_evaluation(self, rows: Rows) -> bool:
        execute, key, owner = self._connection.execute, rows.key, rows.owner
        [attempt] = execute(
            "SELECT attempt FROM evaluation WHERE key = ? AND owner = ?", (key, owner)
        ).fetchone()
        if rows.row[3] <= attempt:
            return False
        execute(
            f"INSERT OR IGNORE INTO attempt SELECT key, owner, attempt, started_ns, ended_ns, {_FAILURE}"
            " FROM evaluation WHERE key = ? AND owner = ? AND failure_kind IS NOT NULL",
            (key, owner),
        )
        self._connection.executemany(
            "DELETE FROM score WHERE name = ? AND key = ? AND owner = ?",
            [(name, key, owner) for name in self._score_names],
        )
        execute(_EVALUATION.replace("IGNORE", "REPLACE"), rows.row)
        return True

    def _forget_completion(self, key: int) -> None:
        self._connection.execute("DELETE FROM completion WHERE key = ?", (key,))
        self._connection.execute("DELETE FROM refusal WHERE key = ?", (key,))
