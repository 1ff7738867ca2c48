"""Where a score comes from: the whole chain from the score back to bytes."""

from pathlib import Path

from evalspec.analysis.explain import (
    ScorePlace,
    explain_item_score,
    explain_run_score,
    find_score_id,
)
from evalspec.analysis.explanation import Explanation
from evalspec.api.results import advised
from evalspec.api.workspace import PathLike, Workspace
from evalspec.diagnostics import JournalError, UsageError
from evalspec.journal.reader import JournalReader
from evalspec.journal.store import run_ids
from evalspec.plan.document import load_plan
from evalspec.plan.model import Plan

HOW = "RUN:ITEM:SCORE, RUN:ITEM:SCORE:TRIAL, RUN:AGGREGATE, or the id of a score"


def explain(reference: str, *, root: PathLike | None = None, store: PathLike | None = None) -> Explanation:
    """Explain one score of a run in the store.

    `reference` is `RUN:ITEM:SCORE`, with `:TRIAL` (from 1) where items are tried more than once,
    `RUN:AGGREGATE` for a run-level score, or the id that a score has in Langfuse. RUN is an id, a unique
    beginning of it, or `latest`. Raises UsageError where nothing like it is there.
    """
    workspace = Workspace.at(root=root, store=store)
    run, colon, rest = reference.partition(":")
    if not colon:
        return _by_id(workspace, reference)
    folder = workspace.run_folder(run)
    with JournalReader(folder) as reader:
        plan = load_plan(reader.plan_json(), path=str(folder))
        return _explain(reader, plan, _place(plan, rest), folder)


def _explain(reader: JournalReader, plan: Plan, place: ScorePlace, folder: Path) -> Explanation:
    if place.item_id is None:
        found = explain_run_score(reader, plan, place.name, place.trial)
    else:
        found = explain_item_score(reader, plan, place.item_id, place.trial or 0, place.name)
    return found.model_copy(update={"how_to": advised(found.how_to, folder)})


def _place(plan: Plan, text: str) -> ScorePlace:
    """The place that `ITEM:SCORE[:TRIAL]` or `AGGREGATE[:TRIAL]` names; item ids may hold colons."""
    head, _, last = text.rpartition(":")
    trial: int | None = None
    if head and last.isdigit() and not (last in plan.scores and head in plan.dataset.items.ids):
        trial, text = int(last) - 1, head
    item_id, colon, name = text.rpartition(":")
    if not colon:
        return ScorePlace(text, None, trial)
    return ScorePlace(name, item_id, trial)


def _by_id(workspace: Workspace, wanted: str) -> Explanation:
    """The score with this id in the newest run that has it."""
    folders = [workspace.runs / run_id for run_id in reversed(run_ids(workspace.store))]
    for folder in folders:
        found = _in_run(folder, wanted)
        if found is not None:
            return found
    raise UsageError(f"no run in {workspace.store} has a score `{wanted}`; name one as {HOW}")


def _in_run(folder: Path, wanted: str) -> Explanation | None:
    try:
        with JournalReader(folder) as reader:
            plan = load_plan(reader.plan_json(), path=str(folder))
            place = find_score_id(reader, plan, wanted)
            return None if place is None else _explain(reader, plan, place, folder)
    except JournalError:
        return None  # a damaged record is not the one that is looked for
