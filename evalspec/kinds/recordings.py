"""Recorded outputs: reading them, their digest, and finding the one of an item without holding all."""

import json
import weakref
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import Any, Final, Protocol

from evalspec.journal.reader import JournalReader
from evalspec.journal.records import TrialStatus
from evalspec.journal.store import run_folder
from evalspec.kinds.item_errors import ItemError, Place, display_path
from evalspec.kinds.json_rows import json_rows, jsonl_rows, readable
from evalspec.kinds.wording import clause
from evalspec.plan.canonical import NotCanonical, digest, digest_sequence

__all__ = [
    "FileRecording",
    "NotRecorded",
    "Recording",
    "RunRecording",
    "outputs_digest",
    "read_file",
    "read_run",
]

_IN_MEMORY: Final = 8 * 1024 * 1024
_MAX_FAULTS: Final = 20

Output = tuple[str, int, str]
"""Item id, trial, digest of the output."""


class NotRecorded(Exception):
    """A recording has no output for an item; the text says which."""


class Recording(Protocol):
    """Recorded outputs, by item and trial. Reading may wait for the disk."""

    def output(self, item_id: str, trial: int) -> Any:
        """The output of a trial, from 0, of an item. Raises NotRecorded."""
        ...


def outputs_digest(outputs: Iterable[Output]) -> str:
    """The digest over all outputs, whatever their order."""
    lines = ((item_id, str(trial), output) for item_id, trial, output in sorted(outputs))
    return digest_sequence("recorded-outputs", chain.from_iterable(lines))


def read_file(path: Path) -> Iterator[Output]:
    """The outputs in a JSON or JSONL file. Raises ItemError, with up to 20 faults."""
    for item_id, output, place in _rows(path):
        try:
            yield item_id, 0, digest("output", output)
        except NotCanonical as error:
            message = f"`output{error.pointer}`: {clause(error.message)}"
            raise ItemError("number-not-canonical", message, place) from None


def read_run(store: Path, run_id: str) -> Iterator[Output]:
    """The outputs of an earlier run. Raises JournalError."""
    with JournalReader(run_folder(store, run_id)) as reader:
        for row in reader.trials():
            if row.status is TrialStatus.COMPLETED:
                yield row.item_id, row.trial, digest("output", row.output)


class FileRecording:
    """The outputs of a file. Only ids and places are held in memory; the outputs wait in a temporary file."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._places: dict[str, int] = {}
        self._lock = Lock()
        self._spool = SpooledTemporaryFile[bytes](max_size=_IN_MEMORY)
        weakref.finalize(self, self._spool.close)
        for item_id, output, _ in _rows(path):
            self._places[item_id] = self._spool.tell()
            self._spool.write(json.dumps(output).encode() + b"\n")

    def output(self, item_id: str, trial: int) -> Any:
        """The output of an item, the same for every trial."""
        place = self._places.get(item_id)
        if place is None:
            raise NotRecorded(f"`{self._name}` has no output for the item `{item_id}`")
        with self._lock:
            self._spool.seek(place)
            line = self._spool.readline()
        return json.loads(line)


class RunRecording:
    """The outputs of an earlier run, read from its record when they are asked for."""

    def __init__(self, store: Path, run_id: str) -> None:
        self._run_id = run_id
        self._lock = Lock()
        self._reader = JournalReader(run_folder(store, run_id))
        weakref.finalize(self, self._reader.close)

    def output(self, item_id: str, trial: int) -> Any:
        """The output of the same trial of the same item."""
        with self._lock:
            position = self._reader.position_of(item_id)
            row = None if position is None else self._reader.trial(position, trial)
        if row is None:
            what = f"the item `{item_id}`" if trial == 0 else f"trial {trial + 1} of the item `{item_id}`"
            raise NotRecorded(f"the run `{self._run_id}` has no output for {what}")
        if row.failure is not None:
            raise NotRecorded(f"the task failed in the run `{self._run_id}`: {row.failure.message}")
        return row.output


def _rows(path: Path) -> Iterator[tuple[str, Any, Place]]:
    """Id, output and place of each row up to the first fault; then the rest is searched for more."""
    display = display_path(path)
    read = json_rows if path.suffix.lower() == ".json" else jsonl_rows
    seen: set[str] = set()
    faults: list[ItemError] = []
    for row in readable(read(path, display), display):
        fault = row if isinstance(row, ItemError) else _fault(*row, seen)
        if fault is None and not isinstance(row, ItemError):
            value, place = row
            seen.add(str(value["id"]))
            if not faults:
                yield str(value["id"]), value["output"], place
        elif fault is not None:
            faults.append(fault)
            if len(faults) == _MAX_FAULTS:
                break
    if faults:
        faults[0].more = tuple(faults[1:])
        raise faults[0]


def _fault(value: Any, place: Place, seen: set[str]) -> ItemError | None:
    expected = '`{"id": …, "output": …}`'
    if not isinstance(value, dict):
        return ItemError("item-shape", "a recorded output is an object", place, expected=expected)
    for key in ("id", "output"):
        if key not in value:
            return ItemError("item-shape", f"the recorded output has no `{key}`", place, expected=expected)
    item_id = value["id"]
    if isinstance(item_id, bool) or not isinstance(item_id, str | int):
        return ItemError("item-shape", "the id is neither text nor a whole number", place)
    if str(item_id) in seen:
        message = f"the item `{item_id}` has a second output"
        return ItemError("duplicate-item-id", message, place, expected="one output for each item")
    return None
