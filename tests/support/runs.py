"""Journals made by hand, and what stands in them in a form that can be compared."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from evalspec.journal.journal import Journal
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import (
    EvaluationRecord,
    EvaluationStatus,
    Failure,
    ScoreRecord,
    TrialRecord,
    TrialStatus,
)
from evalspec.plan.model import Plan
from evalspec.plan.values import Item
from tests.support.plans import CREATED_NS, digest_of, make_header, make_items, plan_json, with_digests

RUN_ID = "20261123-190501-k3f9qa"


def create_run(
    store: Path, plan: Plan, items: Iterable[Item] | None = None, run_id: str = RUN_ID, **header: Any
) -> Journal:
    """A run of `plan` in a store; its items are `make_items` as many as the plan has, unless given."""
    chosen = make_items(len(plan.dataset.items)) if items is None else items
    return Journal.create(
        store / "runs" / run_id, make_header(plan, run_id, **header), plan_json(plan), with_digests(chosen)
    )


def trial_record(
    position: int = 0, trial: int = 0, *, failure: Failure | None = None, attempt: int = 1, **fields: Any
) -> TrialRecord:
    """A trial whose output says where it comes from, or one that failed."""
    start = CREATED_NS + position * 1000 + attempt * 100
    defaults: dict[str, Any] = {
        "status": TrialStatus.COMPLETED if failure is None else TrialStatus.FAILED,
        "first_started_ns": start,
        "started_ns": start,
        "ended_ns": start + 10,
        "output": {"n": position} if failure is None else None,
        "output_digest": digest_of("output", position) if failure is None else None,
    }
    return TrialRecord(position, trial, attempt=attempt, failure=failure, **{**defaults, **fields})


def evaluation_record(
    position: int = 0,
    trial: int = 0,
    evaluator: str = "exact",
    value: float | str | None = 1.0,
    *,
    failure: Failure | None = None,
    attempt: int = 1,
    **fields: Any,
) -> EvaluationRecord:
    """An evaluation that gave one score with the evaluator's name; None skips it, a failure fails it."""
    start = CREATED_NS + position * 1000 + attempt * 100 + 20
    scores: tuple[ScoreRecord, ...]
    if failure is not None:
        status, scores = EvaluationStatus.FAILED, ()
    elif value is None:
        status, scores = EvaluationStatus.SKIPPED, ()
    else:
        status, scores = EvaluationStatus.SCORED, (ScoreRecord(evaluator, value),)
    defaults: dict[str, Any] = {
        "status": status, "started_ns": start, "ended_ns": start + 5, "scores": scores,
    }  # fmt: skip
    return EvaluationRecord(
        position, trial, evaluator, attempt=attempt, failure=failure, **{**defaults, **fields}
    )


def results_of(folder: Path) -> list[Any]:
    """Everything a run came to, without its times, completion numbers and attempts, in the items' order."""
    results: list[Any] = []
    with JournalReader(folder) as reader:
        for row in reader.trials():
            results.append((row.item_id, row.trial, row.status, row.output, row.output_digest, row.failure))
            for record in reader.evaluations(row.position, row.trial):
                scores = [(score.name, score.value, score.imputed) for score in record.scores]
                results.append(
                    (row.item_id, row.trial, record.evaluator, record.status, scores, record.failure)
                )
        results.append(("run scores", reader.run_scores()))
    return results
