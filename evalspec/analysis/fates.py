"""One trial as an aggregate sees it: its item, its output, and what became of each score."""

from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cached_property
from typing import Any, NamedTuple

from evalspec.journal.records import EvaluationRecord, EvaluationStatus, ScoreRecord
from evalspec.journal.rows import TrialRow
from evalspec.plan.model import Plan
from evalspec.plan.values import Item


class Fate(Enum):
    """What became of one result."""

    SCORED = "scored"
    FAILED = "failed"
    SKIPPED = "skipped"
    PENDING = "pending"


class Problem(NamedTuple):
    """Why an aggregate's own expression has no value: a stable kind, and one sentence."""

    kind: str
    message: str


class Outcome(NamedTuple):
    """The result of one trial for one aggregate, and what is read of it where there is one."""

    fate: Fate
    reading: Any = None
    imputed: bool = False
    problem: Problem | None = None


class ScoreTable:
    """Which evaluator gives which score of a plan, and of what type that is."""

    def __init__(self, plan: Plan) -> None:
        self.givers = {
            score: name for name, evaluator in plan.evaluators.items() for score in evaluator.scores.values()
        }
        self.booleans = {name for name, score in plan.scores.items() if score.data_type == "BOOLEAN"}


class Trial:
    """A trial with an outcome."""

    def __init__(
        self, item: Item, row: TrialRow, records: Iterable[EvaluationRecord], table: ScoreTable
    ) -> None:
        self.item = item
        self.row = row
        self._records: Mapping[str, EvaluationRecord] = {record.evaluator: record for record in records}
        self._table = table

    @cached_property
    def scores(self) -> dict[str, ScoreRecord]:
        """The scores that there are, by name."""
        return {score.name: score for record in self._records.values() for score in record.scores}

    @cached_property
    def scope(self) -> dict[str, Any]:
        """The names that expressions see; a score that there is not is no key of `scores`."""
        item, booleans = self.item, self._table.booleans
        return {
            "input": item.input,
            "output": self.row.output,
            "expected_output": item.expected_output,
            "metadata": item.metadata,
            "item": item.as_dict(),
            "scores": {
                name: bool(score.value) if name in booleans else score.value
                for name, score in self.scores.items()
            },
        }

    def fate(self, score: str) -> Fate:
        """What became of a score that some evaluator gives."""
        if score in self.scores:
            return Fate.SCORED
        record = self._records.get(self._table.givers[score])
        if record is not None:
            return Fate.FAILED if record.status is EvaluationStatus.FAILED else Fate.SKIPPED
        # A failed task has no evaluations but those that `on_task_failure` gives.
        return Fate.FAILED if self.row.failure is not None else Fate.PENDING
