"""Recorded outputs in a spec: found and pinned when compiling, held against their digest, opened to be read.

What a plan keeps of a recording is a `path` or the id of a `run`, and the digest of its `outputs`.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from evalspec.diagnostics import JournalError, closest
from evalspec.kinds.item_errors import ItemError
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Problem, Resolving, Where
from evalspec.plan.canonical import NotCanonical

if TYPE_CHECKING:
    from evalspec.kinds.recordings import Recording

__all__ = [
    "moved_recording",
    "outputs_of",
    "recording_of",
    "resolve_recorded_file",
    "resolve_recorded_run",
]

_FORMATS: Final = (".json", ".jsonl", ".ndjson")


def resolve_recorded_file(at: Where, text: str, resolving: Resolving) -> dict[str, Any]:
    """What a plan keeps of outputs in a file; nothing after a mistake was reported."""
    from evalspec.kinds.recordings import outputs_digest, read_file

    if PurePosixPath(text).suffix.lower() not in _FORMATS:
        message = f"the ending of `{text}` says nothing about its format"
        resolving.report("wrong-value", message, at, expected="a file named `*.jsonl` or `*.json`")
        return {}
    path = resolving.path(at, text)
    if path is None:
        return {}
    try:
        return {"path": path, "outputs": outputs_digest(read_file(resolving.root / path))}
    except ItemError as error:
        resolving.problems += [_problem(fault, at) for fault in (error, *error.more)]
        return {}


def resolve_recorded_run(at: Where, run_id: str, resolving: Resolving) -> dict[str, Any]:
    """What a plan keeps of the outputs of an earlier run; nothing after a mistake was reported."""
    from evalspec.journal.store import run_ids
    from evalspec.kinds.recordings import outputs_digest, read_run

    runs = run_ids(resolving.store)
    if run_id not in runs:
        near = closest(run_id, runs)
        message = f"there is no run `{run_id}` in the store"
        resolving.report("wrong-value", message, at, suggestion=near, expected="the id of a run")
        return {}
    try:
        return {"run": run_id, "outputs": outputs_digest(read_run(resolving.store, run_id))}
    except (JournalError, NotCanonical) as error:
        resolving.report("wrong-value", f"the run cannot be read: {error}", at)
        return {}


def outputs_of(fields: Mapping[str, Any], loading: Loading) -> Iterator[tuple[str, int, str]]:
    """Item id, trial and digest of each recorded output. Raises ItemError, JournalError, NotCanonical."""
    from evalspec.kinds.recordings import read_file, read_run

    if "path" in fields:
        return read_file(loading.root / fields["path"])
    return read_run(loading.store, fields["run"])


def moved_recording(fields: Mapping[str, Any], loading: Loading) -> Sequence[str]:
    """What became of the recording since the plan was made."""
    from evalspec.kinds.recordings import outputs_digest

    name = fields.get("path") or fields["run"]
    try:
        same = outputs_digest(outputs_of(fields, loading)) == fields["outputs"]
    except (ItemError, JournalError, NotCanonical) as error:
        return [f"the recorded outputs in `{name}` cannot be read: {error}"]
    return [] if same else [f"the recorded outputs in `{name}` changed"]


def recording_of(fields: Mapping[str, Any], loading: Loading) -> "Recording":
    """The recording, open."""
    from evalspec.kinds.recordings import FileRecording, RunRecording

    if "path" in fields:
        return FileRecording(loading.root / fields["path"])
    return RunRecording(loading.store, fields["run"])


def _problem(error: ItemError, at: Where) -> Problem:
    return Problem(
        error.code,
        str(error),
        at,
        file=error.place,
        expected=error.expected,
        suggestion=error.suggestion,
    )
