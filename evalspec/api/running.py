"""Carrying out plans, and finishing runs that were cut off."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from evalspec.analysis.run_scores import run_scores
from evalspec.analysis.summarize import STOPPED_BY, deviations_of
from evalspec.analysis.summary import RunSummary
from evalspec.api.backends import Backend, Publication, choose_backend
from evalspec.api.beginning import Parts, build_parts, check_plan, create_journal, open_models
from evalspec.api.options import RunOptions
from evalspec.api.results import RunResult, summary_of
from evalspec.api.verifying import moved_parts
from evalspec.api.versions import check_version, keep_version, note_deviations, version_of
from evalspec.api.workspace import Workspace
from evalspec.diagnostics import JournalError, WorldMovedError
from evalspec.diagnostics.errors import RunCutShort
from evalspec.journal.journal import Journal
from evalspec.kinds.loading import Loading
from evalspec.kinds.waiting import in_daemon_thread
from evalspec.plan.document import load_plan
from evalspec.plan.model import Plan
from evalspec.runner import StopSignal, execute

if TYPE_CHECKING:
    from evalspec.langfuse_io.publisher import PublicationReport

_DEFAULTS = RunOptions()

INTERRUPTED_PATIENCE = 5.0
"""Seconds that publication goes on after a run was interrupted: whoever pressed Ctrl-C is waiting."""


async def run(plan: Plan, options: RunOptions = _DEFAULTS) -> RunResult:
    """Carry out a plan; everything it does is kept in a journal, whatever happens to this process.

    Raises:
        WorldMovedError: code or data are not what the plan says.
        LoadError: code that the plan names cannot be imported.
        UsageError: Langfuse was insisted on and is not configured, or knows a score by another config.
        ServiceUnreachable: the dataset is hosted and its server does not answer, or the task's service does
            not say its version.
    """
    workspace = options.workspace()
    backend = choose_backend(options.backend or "auto", workspace.environ)
    capture = backend.capture()
    allow_moved = options.allow_moved
    # Before anything is imported: code that is not the plan's must not be executed.
    deviations = await anyio.to_thread.run_sync(lambda: check_plan(plan, workspace, allow_moved=allow_moved))
    async with (
        open_models(plan, workspace) as models,
        _built(plan, backend.complete(workspace.loading(plan), models)) as parts,
    ):
        return await _begin(plan, parts, workspace, backend, capture, options, deviations)


async def _begin(
    plan: Plan,
    parts: Parts,
    workspace: Workspace,
    backend: Backend,
    capture: Any,
    options: RunOptions,
    deviations: Sequence[str],
) -> RunResult:
    await in_daemon_thread(backend.verify, plan)

    def begin() -> Journal:
        return create_journal(
            plan,
            workspace,
            backend=backend.name,
            hosted=backend.datasets(),
            allow_moved=options.allow_moved,
            deviations=deviations,
        )

    version = await version_of(parts.task)
    journal = await anyio.to_thread.run_sync(begin)
    await keep_version(journal, version)
    return await _carry_out(plan, journal, parts, backend, capture, options, retry_errors=False)


async def resume(reference: str, options: RunOptions = _DEFAULTS, *, retry_errors: bool = False) -> RunResult:
    """Finish a run: what is recorded is not done again; with `retry_errors` what failed is.

    `reference` is a run's id, a unique beginning of it, or `latest`. Raises as `run` does, and JournalError
    where the record cannot be read or another process has it open.
    """
    folder = options.workspace().run_folder(reference)
    journal = await anyio.to_thread.run_sync(Journal.open, folder)
    try:
        workspace = _where_it_began(journal, options)
        with journal.reader() as reader:
            plan = load_plan(reader.plan_json(), path=str(folder))
        backend = choose_backend(options.backend or journal.header.backend, workspace.environ)
        capture = backend.capture()
        loading = workspace.loading(plan)
        await anyio.to_thread.run_sync(_check_code, plan, loading, workspace, options, journal)
    except BaseException:
        journal.close()
        raise
    async with AsyncExitStack() as opened:
        try:
            models = await opened.enter_async_context(open_models(plan, workspace))
            parts = await opened.enter_async_context(_built(plan, backend.complete(loading, models)))
            await check_version(journal, await version_of(parts.task), allow_moved=options.allow_moved)
        except BaseException:
            journal.close()
            raise
        return await _carry_out(plan, journal, parts, backend, capture, options, retry_errors=retry_errors)


def _where_it_began(journal: Journal, options: RunOptions) -> Workspace:
    """The project that a run was begun in, wherever it is resumed from, unless another is named."""
    workspace = options.workspace()
    root = Path(journal.header.root)
    return workspace if options.root is not None or not root.is_dir() else replace(workspace, root=root)


@asynccontextmanager
async def _built(plan: Plan, loading: Loading) -> AsyncIterator[Parts]:
    """A plan's parts, closed at the end. Loading the user's code may take its time: whoever is cancelled
    meanwhile does not wait for it.
    """
    parts = await in_daemon_thread(build_parts, plan, loading)
    try:
        yield parts
    finally:
        with anyio.CancelScope(shield=True):
            await parts.aclose()


def _check_code(
    plan: Plan, loading: Loading, workspace: Workspace, options: RunOptions, journal: Journal
) -> None:
    """A run is finished with the code it was begun with, or says that it was not."""
    with journal.reader() as reader:
        known = deviations_of(reader)
    moved = [text for text in moved_parts(plan, loading, workspace.environ) if text not in known]
    if not moved:
        return
    if not options.allow_moved:
        raise WorldMovedError(f"the run was begun with other code: {'; '.join(moved)}", moved)
    note_deviations(journal, known, moved)


async def _carry_out(
    plan: Plan,
    journal: Journal,
    parts: Parts,
    backend: Backend,
    capture: Any,
    options: RunOptions,
    *,
    retry_errors: bool,
) -> RunResult:
    """Execute what is missing, publish while that goes on, close with the run's own scores."""
    folder = journal.folder
    try:
        publication = backend.publication(journal, plan)
        outcome = await execute(
            plan,
            journal,
            task=parts.task,
            evaluators=parts.evaluators,
            capture=capture,
            progress=options.progress,
            retry_errors=retry_errors,
            stop=options.stop,
            conclude=lambda reader: run_scores(reader, plan, parts.aggregates),
        )
        kept = journal.set_meta(STOPPED_BY, outcome.stopped_by)
        await anyio.to_thread.run_sync(kept.result)
        patience = options.publish_timeout
        if not outcome.completed:
            patience = min(patience, INTERRUPTED_PATIENCE)
        with anyio.CancelScope(shield=True):
            report = await _finish(publication, patience, options.stop)
            summary = await anyio.to_thread.run_sync(_summarise, journal, plan, report, options)
    except JournalError as error:
        raise RunCutShort(
            f"{error} What was recorded before is safe: `evalspec resume {journal.header.run_id}` goes on."
        ) from error
    finally:
        journal.close()
    return RunResult(folder, plan, summary)


async def _finish(publication: Publication, patience: float, stop: StopSignal) -> "PublicationReport | None":
    """Wait for the publication, but not for longer than somebody wants to who asks the run to stop now."""
    asked_before = stop.requested

    def on_stop() -> None:
        if stop.immediate or not asked_before:
            waiting.cancel()

    with anyio.CancelScope() as waiting:
        forget = stop.listen(on_stop)
        try:
            return await in_daemon_thread(publication.finish, patience)
        finally:
            forget()
    return await anyio.to_thread.run_sync(publication.finish, 0.0)


def _summarise(journal: Journal, plan: Plan, report: Any, options: RunOptions) -> RunSummary:
    with journal.reader() as reader:
        return summary_of(reader, plan, journal.folder, report, require_published=options.require_published)
