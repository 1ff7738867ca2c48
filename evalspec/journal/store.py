"""The folder that holds the runs: names, places, what is there."""

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from evalspec.diagnostics.errors import JournalError
from evalspec.journal.reader import JournalReader
from evalspec.journal.rows import RunSummary

_RUNS = "runs"
_RUN_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9]+")
_LETTERS = "23456789abcdefghijkmnpqrstuvwxyz"
"""In the order in which they sort; without those that are mistaken for others."""
_TIME_LETTERS = 2
_RANDOM_LETTERS = 4


def new_run_id(moment: datetime | None = None, rng: random.Random | None = None) -> str:
    """A run id that sorts by time and that no other run has: the second in UTC, two letters that say when in
    that second (to a millisecond), and four by chance.
    """
    moment = moment or datetime.now(UTC)
    base = len(_LETTERS)
    fraction = moment.microsecond * base**_TIME_LETTERS // 1_000_000
    places = reversed(range(_TIME_LETTERS))
    letters = [_LETTERS[fraction // base**place % base] for place in places]
    letters += (rng or random.SystemRandom()).choices(_LETTERS, k=_RANDOM_LETTERS)
    return f"{moment.astimezone(UTC):%Y%m%d-%H%M%S}-{''.join(letters)}"


def run_folder(store: Path, run_id: str) -> Path:
    """Where a run's record is, or would be. Raises JournalError for a text that cannot be a run's id."""
    if not run_id or run_id.startswith(".") or any(mark in run_id for mark in "/\\:\0"):
        raise JournalError(f"{run_id!r} is not the id of a run.")
    return store / _RUNS / run_id


def prepare_store(store: Path) -> None:
    """Make the store, and keep it out of version control."""
    try:
        store.mkdir(parents=True, exist_ok=True)
        ignore = store / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise JournalError(f"The store {store} cannot be made: {error.strerror}.") from error


def run_ids(store: Path) -> list[str]:
    """The runs of a store in order of creation. A folder of another name is none, whoever made it."""
    try:
        return sorted(
            entry.name
            for entry in (store / _RUNS).iterdir()
            if _RUN_ID.fullmatch(entry.name) and entry.is_dir()
        )
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise JournalError(f"The store {store} cannot be read: {error.strerror}.") from error


def list_runs(store: Path) -> Iterator[RunSummary]:
    """Every run of a store, the newest first. One that cannot be read is there with its problem."""
    for run_id in reversed(run_ids(store)):
        folder = run_folder(store, run_id)
        try:
            yield summarise(folder)
        except JournalError as error:
            yield RunSummary(folder.name, problem=str(error))


def summarise(folder: Path) -> RunSummary:
    """One run in short. Raises JournalError where its record cannot be read."""
    with JournalReader(folder) as reader:
        header = reader.header()
        return RunSummary(
            run_id=header.run_id,
            name=header.name,
            spec_name=header.spec_name,
            status=reader.status(),
            created_ns=header.created_ns,
            items=reader.item_count(),
            trials=reader.trial_counts(),
            metadata=header.metadata,
        )
