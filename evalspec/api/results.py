"""What came of runs, as typed objects."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evalspec.analysis.items import ItemDetail, ItemFilter, ItemList, item_details, item_list
from evalspec.analysis.listing import RunList, run_list
from evalspec.analysis.summarize import summarize
from evalspec.analysis.summary import HowTo, RunSummary
from evalspec.api.workspace import PathLike, Workspace
from evalspec.journal.reader import JournalReader
from evalspec.journal.store import list_runs
from evalspec.plan.document import load_plan
from evalspec.plan.model import Plan

if TYPE_CHECKING:
    from evalspec.langfuse_io.publisher import PublicationReport


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

    def items(self) -> Iterator[ItemDetail]:
        """Every trial that was recorded, in the order of the dataset; read one by one."""
        with JournalReader(self.folder) as reader:
            yield from item_details(reader, self.plan)

    def select(self, wanted: ItemFilter, limit: int | None = None) -> ItemList:
        """The recorded trials that match. UsageError for a score or an item that the run does not have."""
        with JournalReader(self.folder) as reader:
            return item_list(reader, self.plan, wanted, limit)


def open_run(reference: str, *, root: PathLike | None = None, store: PathLike | None = None) -> RunResult:
    """A run of the store: by id, by a unique beginning of it, or `latest`.

    Raises UsageError when there is no such run, JournalError when its record cannot be read.
    """
    folder = Workspace.at(root=root, store=store).run_folder(reference)
    with JournalReader(folder) as reader:
        plan = load_plan(reader.plan_json(), path=str(folder))
        return RunResult(folder, plan, summary_of(reader, plan, folder, None))


def summary_of(
    reader: JournalReader,
    plan: Plan,
    folder: Path,
    report: "PublicationReport | None",
    *,
    require_published: bool = False,
) -> RunSummary:
    """The summary of a run as its journal has it, with what the publication reports of itself.

    Commands it advises can be typed where the caller is: they name the store of `folder` if that is another.
    """
    summary = summarize(reader, plan, report, require_published=require_published)
    return summary.model_copy(update={"how_to": advised(summary.how_to, folder)})


def advised(steps: Sequence[HowTo], folder: Path) -> list[HowTo]:
    """Commands about the run in a folder, as they can be typed where the caller is: with its store if that is
    another.
    """
    store = folder.parent.parent
    if Workspace.at().store == store:
        return list(steps)
    where = f" --store {shlex.quote(str(store))}"
    return [step.model_copy(update={"command": step.command + where}) for step in steps]


def runs(*, root: PathLike | None = None, store: PathLike | None = None) -> RunList:
    """The runs of the store, the newest first."""
    return run_list(list_runs(Workspace.at(root=root, store=store).store))
