"""The runs of a store, as one document."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from evalspec.analysis.parts import Part, moment
from evalspec.journal.rows import RunSummary as JournalSummary


class RunEntry(Part):
    """One run in short."""

    id: str = Field(description="The run's id.")
    name: str | None = Field(default=None, description="The run's name.")
    spec: str | None = Field(default=None, description="Name of the spec.")
    status: Literal["running", "interrupted", "completed", "unreadable"] = Field(
        description="Where the run stands; `unreadable` where its record is damaged."
    )
    created_at: datetime | None = Field(default=None, description="When the run was created (RFC 3339, UTC).")
    items: int | None = Field(default=None, ge=0, description="How many items it has.")
    completed: int | None = Field(default=None, ge=0, description="Trials for which the task gave an output.")
    failed: int | None = Field(default=None, ge=0, description="Trials in which it failed.")
    metadata: dict[str, Any] | None = Field(default=None, description="The metadata that the spec gives it.")
    problem: str | None = Field(default=None, description="Why the record cannot be read.")


class RunList(Part):
    """The runs of a store, the newest first."""

    evalspec_runs: Literal[1] = Field(default=1, description="Version of this format.")
    runs: list[RunEntry] = Field(description="The runs.")


def run_list(summaries: Iterable[JournalSummary]) -> RunList:
    """The document for runs as the store lists them."""
    return RunList(runs=[_entry(summary) for summary in summaries])


def _entry(summary: JournalSummary) -> RunEntry:
    if summary.problem is not None:
        return RunEntry(id=summary.run_id, status="unreadable", problem=summary.problem)
    return RunEntry.model_validate(
        {
            "id": summary.run_id,
            "name": summary.name,
            "spec": summary.spec_name,
            "status": str(summary.status),
            "created_at": moment(summary.created_ns),
            "items": summary.items,
            "completed": summary.trials.completed,
            "failed": summary.trials.failed,
            "metadata": dict(summary.metadata) or None,
        }
    )
