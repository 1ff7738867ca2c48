"""Which version of the subject answered: asked when a run begins, and again when it is resumed."""

import asyncio
from collections.abc import Sequence

import anyio.to_thread

from evalspec.analysis.summarize import RESUMED_WITH, deviations_of
from evalspec.diagnostics import ServiceRefused, ServiceUnreachable, WorldMovedError
from evalspec.evidence.run_factors import TASK_VERSION
from evalspec.journal.journal import Journal
from evalspec.kinds.outside import CallFailed
from evalspec.tasks.base import Task, Versioned


async def version_of(task: Task) -> str | None:
    """The version that a task's subject says it has; None for one that is not asked.

    Raises ServiceUnreachable, or ServiceRefused where it answers something else.
    """
    if not isinstance(task, Versioned):
        return None
    try:
        return await task.version()
    except CallFailed as error:
        failure = ServiceUnreachable if error.outage else ServiceRefused
        raise failure(f"the version of the task cannot be had: {error}") from None


async def keep_version(journal: Journal, version: str | None) -> None:
    """Record what answers in a run that begins."""
    if version is not None:
        await asyncio.wrap_future(journal.set_meta(TASK_VERSION, version))


async def check_version(journal: Journal, version: str | None, *, allow_moved: bool) -> None:
    """Hold what answers now against what answered when the run began. WorldMovedError where it is another
    version, unless `allow_moved`: then the record says so.
    """

    def look() -> tuple[str | None, list[str]]:
        with journal.reader() as reader:
            return reader.meta(TASK_VERSION), deviations_of(reader)

    before, known = await anyio.to_thread.run_sync(look)
    if before is None:
        # A run that is new to it, or was cut off before it was kept.
        await keep_version(journal, version)
        return
    if version == before:
        return
    moved = f"version {version} of the task answers, and the run was begun with {before}"
    if moved in known:
        return
    if not allow_moved:
        raise WorldMovedError(f"the run was begun with another version: {moved}", [moved])
    note_deviations(journal, known, [moved])


def note_deviations(journal: Journal, known: Sequence[str], moved: Sequence[str]) -> None:
    """Record how the world differs in which a run is resumed, after all that was known before."""
    journal.set_meta(
        RESUMED_WITH, [text for text in (*known, *moved) if text not in journal.header.deviations]
    )
