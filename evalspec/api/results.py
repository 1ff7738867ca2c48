"""What came of runs, as typed objects."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalspec.analysis.summarize import summarize
from evalspec.analysis.summary import RunSummary
from evalspec.api.workspace import PathLike, Workspace
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import EvaluationRecord, Failure, TrialStatus
from evalspec.journal.store import list_runs
from evalspec.plan.document import load_plan
from evalspec.plan.model import Plan
from evalspec.plan.values import Item

if TYPE_CHECKING:
    from evalspec.langfuse_io.publisher import PublicationReport


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One trial of one item: what the task made of it, and how that was scored.

    `scores` are the values by score name; BOOLEAN ones are 0 or 1. `failure` says why there is no output.
    """

    item: Item
    trial: int
    completed: bool
    output: Any
    failure: Failure | None
    evaluations: tuple[EvaluationRecord, ...]
    trace_id: str

    @property
    def scores(self) -> dict[str, float | str]:
        """The values by score name."""
        return {score.name: score.value for record in self.evaluations for score in record.scores}


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run: its plan, its summary, and every item with everything that was recorded of it."""

    folder: Path
    plan: Plan
    summary: RunSummary

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.summary.run.id

    @property
    def exit_code(self) -> int:
        """What the command line would exit with."""
        return self.summary.exit_code

    def items(self) -> Iterator[ItemResult]:
        """Every trial that was recorded, in the order of the dataset; read one by one."""
        from evalspec.journal.ids import trace_id

        with JournalReader(self.folder) as reader:
            for row in reader.trials():
                item, _ = reader.item(row.position)
                yield ItemResult(
                    item=item,
                    trial=row.trial,
                    completed=row.status is TrialStatus.COMPLETED,
                    output=row.output,
                    failure=row.failure,
                    evaluations=tuple(reader.evaluations(row.position, row.trial)),
                    trace_id=trace_id(self.run_id, item.id, row.trial),
                )


def open_run(reference: str, *, root: PathLike | None = None, store: PathLike | None = None) -> RunResult:
    """A run of the store: by id, by a unique beginning of it, or `latest`.

    Raises UsageError when there is no such run, JournalError when its record cannot be read.
    """
    folder = Workspace.at(root=root, store=store).run_folder(reference)
    with JournalReader(folder) as reader:
        plan = load_plan(reader.plan_json(), path=str(folder))
        return RunResult(folder, plan, summary_of(reader, plan, None))


def summary_of(
    reader: JournalReader, plan: Plan, report: "PublicationReport | None", *, require_published: bool = False
) -> RunSummary:
    """The summary of a run as its journal has it, with what the publication reports of itself."""
    return summarize(reader, plan, report, require_published=require_published)


def runs(*, root: PathLike | None = None, store: PathLike | None = None) -> Any:
    """The runs of the store, the newest first."""
    from evalspec.analysis.listing import run_list

    return run_list(list_runs(Workspace.at(root=root, store=store).store))
