"""The scores of one trial, as far as they are recorded, and what became of those that are missing."""

from collections.abc import Sequence
from typing import Any

from evalspec.analysis.explanation import ExplainedScore
from evalspec.analysis.items import failure_detail
from evalspec.analysis.observed import Place
from evalspec.analysis.tally import evaluator_of
from evalspec.journal.ids import score_id
from evalspec.journal.records import EvaluationRecord, ScoreRecord
from evalspec.journal.rows import TrialRow
from evalspec.plan.model import Plan


class TrialScores:
    """One trial with its evaluations; `row` is None while it is still to be done."""

    def __init__(
        self, plan: Plan, place: Place, row: TrialRow | None, records: Sequence[EvaluationRecord]
    ) -> None:
        self.plan = plan
        self.place = place
        self.row = row
        self._records = records

    def evaluation(self, name: str) -> EvaluationRecord | None:
        """What the evaluator that gives a score made of the trial."""
        evaluator = evaluator_of(self.plan, name)
        return next((one for one in self._records if one.evaluator == evaluator), None)

    def recorded(self, name: str) -> ScoreRecord | None:
        """A score, if there is one."""
        return next((one for record in self._records for one in record.scores if one.name == name), None)

    def explained(self, name: str) -> ExplainedScore:
        """A score of the plan with its value, or with the reason why there is none."""
        known: dict[str, Any] = {
            "id": score_id(*self.place, name),
            "name": name,
            "level": "item",
            "data_type": self.plan.scores[name].data_type,
        }
        score, record = self.recorded(name), self.evaluation(name)
        if score is not None:
            return ExplainedScore(
                **known,
                status="scored",
                value=score.value,
                imputed=score.imputed,
                comment=score.comment,
                metadata=score.metadata or None,
            )
        if record is not None:
            failed = failure_detail(record.failure)
            return ExplainedScore(**known, status="failed" if failed else "skipped", failure=failed)
        if self.row is not None and self.row.failure is not None:
            return ExplainedScore(**known, status="failed", failure=failure_detail(self.row.failure))
        return ExplainedScore(**known, status="pending")

    def reference(self, name: str) -> str:
        """What `explain` takes for a score of this trial."""
        run_id, item_id, trial = self.place
        number = f":{trial + 1}" if self.plan.task.repeats > 1 else ""
        return f"{run_id}:{item_id}:{name}{number}"
