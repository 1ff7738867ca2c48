"""`recorded`: outputs that are there already, in a file or in the record of an earlier run."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.diagnostics import JournalError, Severity, closest
from evalspec.kinds.item_errors import ItemError
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Problem, Resolved, Resolving
from evalspec.plan.canonical import NotCanonical
from evalspec.tasks.base import Task, TaskFields, TaskKind

__all__ = ["KIND", "RecordedTaskFields"]

_FORMATS: Final = (".json", ".jsonl", ".ndjson")
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


def _resolve(fields: RecordedTaskFields, resolving: Resolving) -> Resolved:
    kept: dict[str, Any] = {}
    if (fields.path is None) == (fields.run is None):
        neither = fields.path is None
        message = "the task has no recording" if neither else "`path` and `run` cannot stand together"
        code = "missing-field" if neither else "wrong-value"
        resolving.report(code, message, () if neither else ("run",), key=True, expected="one of the two")
    elif fields.path is not None:
        kept = _resolve_file(fields.path, resolving)
        if fields.repeats > 1:
            message = "a file has one output for each item"
            resolving.report("wrong-value", message, ("repeats",), expected="`repeats = 1`")
    elif fields.run is not None:
        kept = _resolve_run(fields.run, resolving)
    return Resolved(kept, {"outputs": kept.get("outputs")})


def _resolve_file(text: str, resolving: Resolving) -> dict[str, Any]:
    from evalspec.tasks.recordings import outputs_digest, read_file

    if PurePosixPath(text).suffix.lower() not in _FORMATS:
        message = f"the ending of `{text}` says nothing about its format"
        resolving.report("wrong-value", message, ("path",), expected="a file named `*.jsonl` or `*.json`")
        return {}
    path = resolving.path(("path",), text)
    if path is None:
        return {}
    try:
        return {"path": path, "outputs": outputs_digest(read_file(resolving.root / path))}
    except ItemError as error:
        resolving.problems += [_problem(fault) for fault in (error, *error.more)]
        return {}


def _resolve_run(run_id: str, resolving: Resolving) -> dict[str, Any]:
    from evalspec.journal.store import run_ids
    from evalspec.tasks.recordings import outputs_digest, read_run

    runs = run_ids(resolving.store)
    if run_id not in runs:
        near = closest(run_id, runs)
        message = f"there is no run `{run_id}` in the store"
        resolving.report("wrong-value", message, ("run",), suggestion=near, expected="the id of a run")
        return {}
    try:
        return {"run": run_id, "outputs": outputs_digest(read_run(resolving.store, run_id))}
    except (JournalError, NotCanonical) as error:
        resolving.report("wrong-value", f"the run cannot be read: {error}", ("run",))
        return {}


def _problem(error: ItemError) -> Problem:
    return Problem(
        error.code,
        str(error),
        ("path",),
        file=error.place,
        expected=error.expected,
        suggestion=error.suggestion,
    )


def _outputs(fields: dict[str, Any], loading: Loading) -> Iterator[tuple[str, int, str]]:
    from evalspec.tasks.recordings import read_file, read_run

    if "path" in fields:
        return read_file(loading.root / fields["path"])
    return read_run(loading.store, fields["run"])


def _moved(fields: dict[str, Any], loading: Loading) -> Sequence[str]:
    """What became of the recording since the plan was made."""
    from evalspec.tasks.recordings import outputs_digest

    name = fields.get("path") or fields["run"]
    try:
        same = outputs_digest(_outputs(fields, loading)) == fields["outputs"]
    except (ItemError, JournalError, NotCanonical) as error:
        return [f"the recorded outputs in `{name}` cannot be read: {error}"]
    return [] if same else [f"the recorded outputs in `{name}` changed"]


def _check_items(
    fields: dict[str, Any], loading: Loading, ids: Sequence[str], repeats: int
) -> Iterable[Problem]:
    """Warn of items that the recording has no output for."""
    trials = 1 if "path" in fields else repeats
    found = {(item_id, trial) for item_id, trial, _ in _outputs(fields, loading)}
    missing = [item_id for item_id in ids if any((item_id, trial) not in found for trial in range(trials))]
    if missing:
        names = ", ".join(f"`{item_id}`" for item_id in missing[:_SHOWN])
        names += ", …" if len(missing) > _SHOWN else ""
        message = f"{len(missing)} of {len(ids)} items have no recorded output: {names}"
        at = ("path",) if "path" in fields else ("run",)
        yield Problem("recorded-output-missing", message, at, severity=Severity.WARNING)


def _build(fields: dict[str, Any], loading: Loading) -> Task:
    from evalspec.tasks.recordings import FileTask, RunTask

    if "path" in fields:
        return FileTask(loading.root / fields["path"])
    return RunTask(loading.store, fields["run"])


KIND = TaskKind(
    type="recorded",
    fields=RecordedTaskFields,
    semantics=1,
    resolve=_resolve,
    build=_build,
    check_items=_check_items,
    moved=_moved,
    gives=frozenset(),
)
