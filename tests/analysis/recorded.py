"""Runs recorded in real journals, for tests of what is read from them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalspec.journal.journal import Journal
from evalspec.journal.records import (
    EvaluationRecord,
    EvaluationStatus,
    Failure,
    RunScoreRecord,
    RunStatus,
    ScoreRecord,
    TrialRecord,
    TrialStatus,
)
from evalspec.plan.model import Plan
from evalspec.plan.values import Item
from tests.support.plans import CREATED_NS, make_header, make_items, plan_json, with_digests

RUN_ID = "20261123-190501-k3f9qa"
SECOND = 1_000_000_000
TIMEOUT = Failure("timeout", "TimeoutError", "the call took longer than 30 s")
CRASH = Failure("exception", "ValueError", "no answer for 'Atlantis'")


class Recorder:
    """Writes one run, trial by trial; use it as an asynchronous context manager."""

    def __init__(self, folder: Path, plan: Plan, items: Sequence[Item] | None = None, **header: Any) -> None:
        items = make_items(len(plan.dataset.items)) if items is None else items
        self.folder = folder
        self.plan = plan
        self.journal = Journal.create(
            folder, make_header(plan, RUN_ID, **header), plan_json(plan), with_digests(items)
        )

    async def __aenter__(self) -> "Recorder":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.journal.close()

    async def trial(
        self,
        position: int,
        results: Mapping[str, Mapping[str, float | str] | Failure | None] | None = None,
        *,
        trial: int = 0,
        output: Any = None,
        failure: Failure | None = None,
        imputed: Mapping[str, float | str] | None = None,
        comment: str | None = None,
    ) -> None:
        """A failure of the task, or for each evaluator its scores, its failure, or None (skipped)."""
        start = CREATED_NS + position * SECOND
        status = TrialStatus.COMPLETED if failure is None else TrialStatus.FAILED
        times = (start, start + SECOND // 2)
        await self.journal.put(
            TrialRecord(position, trial, status, 1, start, *times, output=output, failure=failure)
        )
        for evaluator, result in (results or {}).items():
            if isinstance(result, Failure):
                record = EvaluationRecord(
                    position, trial, evaluator, EvaluationStatus.FAILED, 1, *times, failure=result
                )
            elif result is None:
                record = EvaluationRecord(position, trial, evaluator, EvaluationStatus.SKIPPED, 1, *times)
            else:
                scores = tuple(ScoreRecord(name, value, comment) for name, value in result.items())
                record = EvaluationRecord(
                    position, trial, evaluator, EvaluationStatus.SCORED, 1, *times, scores=scores
                )
            await self.journal.put(record)
        if imputed:
            given = tuple(ScoreRecord(name, value, imputed=True) for name, value in imputed.items())
            await self.journal.put(
                EvaluationRecord(position, trial, "", EvaluationStatus.SCORED, 1, *times, scores=given)
            )

    async def complete(self, *run_scores: RunScoreRecord) -> None:
        """The end of the run."""
        if run_scores:
            await self.journal.put(*run_scores)
        self.journal.set_status(RunStatus.COMPLETED).result()
        await self.journal.flush()
