"""`recorded`: outputs that are there already, in a file or in the record of an earlier run."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field

from evalspec.diagnostics import Severity
from evalspec.kinds.loading import Loading
from evalspec.kinds.recorded import (
    moved_recording,
    outputs_of,
    recording_of,
    resolve_recorded_file,
    resolve_recorded_run,
)
from evalspec.kinds.resolving import Problem, Resolved, Resolving
from evalspec.plan.values import Item
from evalspec.tasks.base import Task, TaskError, TaskFields, TaskKind

if TYPE_CHECKING:
    from evalspec.kinds.recordings import Recording

__all__ = ["KIND", "RecordedTaskFields"]

_SHOWN: Final = 5


class RecordedTaskFields(TaskFields):
    """Outputs that were made before, joined with the items by id: nothing is called.

    They come from a file with one `{"id": …, "output": …}` per item (JSONL, or a JSON list; other keys are
    ignored), or from an earlier run in the store, trial by trial.

        [task]
        type = "recorded"
        path = "outputs/candidate.jsonl"

    An item without a recorded output fails with `recorded_output_missing`.
    """

    type: Literal["recorded"] = "recorded"
    path: str | None = Field(
        None, description="A JSON or JSONL file, relative to the spec.", examples=["outputs/candidate.jsonl"]
    )
    run: str | None = Field(
        None, description="The id of an earlier run, instead of `path`.", examples=["20261123-190501-k3f9qa"]
    )


class _RecordedTask:
    blocking = True

    def __init__(self, recording: "Recording") -> None:
        self._recording = recording

    def __call__(self, item: Item, trial: int) -> Any:
        from evalspec.kinds.recordings import NotRecorded

        try:
            return self._recording.output(item.id, trial)
        except NotRecorded as error:
            raise TaskError("recorded_output_missing", str(error)) from None


def _resolve(fields: RecordedTaskFields, resolving: Resolving) -> Resolved:
    kept: dict[str, Any] = {}
    if (fields.path is None) == (fields.run is None):
        neither = fields.path is None
        message = "the task has no recording" if neither else "`path` and `run` cannot stand together"
        code = "missing-field" if neither else "wrong-value"
        resolving.report(code, message, () if neither else ("run",), key=True, expected="one of the two")
    elif fields.path is not None:
        kept = resolve_recorded_file(("path",), fields.path, resolving)
        if fields.repeats > 1:
            message = "a file has one output for each item"
            resolving.report("wrong-value", message, ("repeats",), expected="`repeats = 1`")
    elif fields.run is not None:
        kept = resolve_recorded_run(("run",), fields.run, resolving)
    return Resolved(kept, {"outputs": kept.get("outputs")})


def _check_items(
    fields: dict[str, Any], loading: Loading, ids: Sequence[str], repeats: int
) -> Iterable[Problem]:
    """Warn of items that the recording has no output for."""
    trials = 1 if "path" in fields else repeats
    found = {(item_id, trial) for item_id, trial, _ in outputs_of(fields, loading)}
    missing = [item_id for item_id in ids if any((item_id, trial) not in found for trial in range(trials))]
    if missing:
        names = ", ".join(f"`{item_id}`" for item_id in missing[:_SHOWN])
        names += ", …" if len(missing) > _SHOWN else ""
        message = f"{len(missing)} of {len(ids)} items have no recorded output: {names}"
        at = ("path",) if "path" in fields else ("run",)
        yield Problem("recorded-output-missing", message, at, severity=Severity.WARNING)


def _build(fields: dict[str, Any], loading: Loading) -> Task:
    return _RecordedTask(recording_of(fields, loading))


KIND = TaskKind(
    type="recorded",
    fields=RecordedTaskFields,
    semantics=1,
    resolve=_resolve,
    build=_build,
    check_items=_check_items,
    moved=moved_recording,
    gives=frozenset(),
)
