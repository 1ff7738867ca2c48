"""How records enter the database: once each, later attempts in place of earlier ones, completions in order.

Rules, so that whatever is put twice counts once:

* A trial or an evaluation is kept unless one of the same or a later attempt is there. With one that is not
  kept, its scores and spans are not kept either.
* A later attempt of a task takes away what the evaluators made of the earlier one; a later attempt of an
  evaluator takes away the earlier one's scores. The failure of the attempt that was replaced stays as an
  attempt, and spans stay.
* Of a trial that was complete, and may have been sent therefore, the imputed scores that go are noted as
  withdrawn: a server must not keep them.
* A trial is complete when its task failed or every evaluator of the plan has looked at it. It then gets the
  next completion number; any change after that gives it a new one, without marks.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence

from evalspec.journal.bulk import insert_new, insertion
from evalspec.journal.encoding import TRIAL_CODES, Group, Names, Row
from evalspec.journal.records import TrialStatus

_FAILED = TRIAL_CODES[TrialStatus.FAILED]

_TRIAL = insertion("trial", 12)
_EVALUATION = insertion("evaluation", 10)
_SCORE = insertion("score", 8)
_SPAN = insertion("span", 4)
_ATTEMPT = insertion("attempt", 9)
_OUTPUT, _SAID, _PAYLOAD = (11,), (5, 6, 7), (3,)
"""The columns of trial, score and span that may hold much."""
_FAILURE = "failure_kind, failure_type, failure_message, failure_outage"
_COMPLETE_IF = f"""
INSERT OR REPLACE INTO completion (number, key, scores)
SELECT ?1, trial.key, (SELECT count(*) FROM score WHERE score.key = trial.key AND score.name IN (%s))
FROM trial WHERE trial.key = ?2 AND (trial.status = {_FAILED}
    OR (SELECT count(*) FROM evaluation WHERE evaluation.key = trial.key AND evaluation.owner > 0) >= ?3)
"""
_WITHDRAW = """
INSERT OR IGNORE INTO withdrawn (key, name, given_ns)
SELECT score.key, score.name, evaluation.ended_ns FROM score JOIN evaluation USING (key, owner)
WHERE score.name IN (%s) AND score.key = ? AND owner = 0
    AND EXISTS (SELECT 1 FROM completion WHERE completion.key = ?)
"""
_RUN_SCORE = """
INSERT INTO run_score (name, trial, data_type, value, coverage, failure_kind, failure_type, failure_message,
    failure_outage, comment)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (name, trial) DO UPDATE SET comment = excluded.comment, data_type = excluded.data_type,
    value = excluded.value,
    coverage = excluded.coverage, failure_kind = excluded.failure_kind, failure_type = excluded.failure_type,
    failure_message = excluded.failure_message, failure_outage = excluded.failure_outage,
    sent = 0, confirmed = 0, shown = max(run_score.shown, run_score.value IS NOT NULL)
WHERE (run_score.data_type, run_score.value, run_score.coverage, run_score.failure_kind,
        run_score.failure_message, run_score.comment)
    IS NOT (excluded.data_type, excluded.value, excluded.coverage, excluded.failure_kind,
        excluded.failure_message, excluded.comment)
"""


class Store:
    """Writes rows within the transaction that its caller opened."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._evaluators = len(names.evaluators) - 1
        self._score_names = range(len(names.scores))
        self._withdraw = _WITHDRAW % ", ".join(map(str, self._score_names))
        self._complete_if = _COMPLETE_IF % ", ".join(map(str, self._score_names))
        [last] = connection.execute("SELECT coalesce(max(number), 0) FROM completion").fetchone()
        self._completions: int = last

    def add(self, batch: Sequence[Group]) -> None:
        """Keep trials and evaluations."""
        execute = self._connection.execute
        execute("SAVEPOINT batch")
        if self._add_all_new(batch):
            self._complete_new(batch)
        else:
            execute("ROLLBACK TO batch")
            changed: dict[int, None] = {}
            for group in batch:
                self._add_by_the_rules(group, changed)
            self._complete(changed)
        execute("RELEASE batch")

    def add_run_score(self, row: Row) -> None:
        """Keep a run-level score; one that says something new has to be sent again."""
        self._connection.execute(_RUN_SCORE, row)

    def _add_all_new(self, batch: Sequence[Group]) -> bool:
        """The usual case, in few calls: nothing in the batch is there yet. False if something is."""
        connection = self._connection
        trials = [row for group in batch for row in group.trials]
        if insert_new(connection, "trial", trials, _OUTPUT) != len(trials):
            return False
        evaluations = [row for group in batch for row in group.evaluations]
        if insert_new(connection, "evaluation", evaluations) != len(evaluations):
            return False
        scores = [row for group in batch for row in group.scores]
        if insert_new(connection, "score", scores, _SAID) != len(scores):
            return False
        insert_new(connection, "span", [row for group in batch for row in group.spans], _PAYLOAD)
        insert_new(connection, "attempt", [row for group in batch for row in group.earlier])
        return True

    def _complete_new(self, batch: Sequence[Group]) -> None:
        """Number the trials that a batch of nothing but new records completes.

        Where a trial is new itself, all there is of it stands in the batch; nothing has to be looked up.
        """
        missing = {
            row[0]: 0 if row[1] == _FAILED else self._evaluators for group in batch for row in group.trials
        }
        evaluated = Counter(row[0] for group in batch for row in group.evaluations if row[1])
        scored = Counter(row[1] for group in batch for row in group.scores)
        complete = [key for key, evaluations in missing.items() if evaluated[key] >= evaluations]
        insert_new(
            self._connection,
            "completion",
            [
                (number, key, scored[key], 0, 0, 0)
                for number, key in enumerate(complete, self._completions + 1)
            ],
        )
        self._completions += len(complete)
        others = (row[0] for group in batch for row in group.evaluations if row[0] not in missing)
        self._complete(dict.fromkeys(others))

    def _complete(self, keys: Iterable[int]) -> None:
        """Number those of some trials that are complete now."""
        numbered = [(number, key, self._evaluators) for number, key in enumerate(keys, self._completions + 1)]
        self._completions += len(numbered)
        self._connection.executemany(self._complete_if, numbered)

    def _add_by_the_rules(self, group: Group, changed: dict[int, None]) -> None:
        many = self._connection.executemany
        for is_trial, rows in ((True, group.trials), (False, group.evaluations)):
            for row in rows:
                if not (self._add_trial(row) if is_trial else self._add_evaluation(row)):
                    continue
                key, owner = (row[0], 0) if is_trial else row[:2]
                if not is_trial:
                    scores = [score for score in group.scores if score[1:3] == (key, owner)]
                    many(_SCORE.replace("IGNORE", "REPLACE"), scores)
                many(_SPAN, [span for span in group.spans if (span[0], span[1]) == (key, owner)])
                many(
                    _ATTEMPT,
                    [attempt for attempt in group.earlier if (attempt[0], attempt[1]) == (key, owner)],
                )
                self._forget_completion(key)
                changed[key] = None

    def _add_trial(self, row: Row) -> bool:
        """Keep a trial; False where one of the same or a later attempt is there."""
        execute, key = self._connection.execute, row[0]
        if execute(_TRIAL, row).rowcount == 1:
            return True
        [attempt] = execute("SELECT attempt FROM trial WHERE key = ?", (key,)).fetchone()
        if row[2] <= attempt:
            return False
        execute(
            f"INSERT OR IGNORE INTO attempt SELECT key, 0, attempt, started_ns, ended_ns, {_FAILURE}"
            " FROM trial WHERE key = ? AND failure_kind <> ''",
            (key,),
        )
        execute(self._withdraw, (key, key))
        execute("DELETE FROM evaluation WHERE key = ?", (key,))
        execute("DELETE FROM attempt WHERE key = ? AND owner > 0", (key,))
        execute("DELETE FROM span WHERE key = ? AND owner > 0", (key,))
        self._connection.executemany(
            "DELETE FROM score WHERE name = ? AND key = ?", [(name, key) for name in self._score_names]
        )
        execute(_TRIAL.replace("IGNORE", "REPLACE"), row)
        return True

    def _add_evaluation(self, row: Row) -> bool:
        """Keep an evaluation; False where one of the same or a later attempt is there."""
        execute = self._connection.execute
        key, owner = row[:2]
        if execute(_EVALUATION, row).rowcount == 1:
            return True
        [attempt] = execute(
            "SELECT attempt FROM evaluation WHERE key = ? AND owner = ?", (key, owner)
        ).fetchone()
        if row[3] <= attempt:
            return False
        execute(
            f"INSERT OR IGNORE INTO attempt SELECT key, owner, attempt, started_ns, ended_ns, {_FAILURE}"
            " FROM evaluation WHERE key = ? AND owner = ? AND failure_kind <> ''",
            (key, owner),
        )
        self._connection.executemany(
            "DELETE FROM score WHERE name = ? AND key = ? AND owner = ?",
            [(name, key, owner) for name in self._score_names],
        )
        execute(_EVALUATION.replace("IGNORE", "REPLACE"), row)
        return True

    def _forget_completion(self, key: int) -> None:
        self._connection.execute("DELETE FROM completion WHERE key = ?", (key,))
        self._connection.execute("DELETE FROM refusal WHERE key = ?", (key,))
