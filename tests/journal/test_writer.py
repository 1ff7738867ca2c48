"""The writer's thread: bounded, in order, honest when it cannot write."""

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from evalspec.diagnostics.errors import JournalError
from evalspec.journal import writer
from evalspec.journal.journal import Journal
from evalspec.journal.records import TrialRecord
from tests.support.plans import make_plan
from tests.support.runs import create_run, trial_record

pytestmark = pytest.mark.anyio


class Gate:
    """Holds the writer's thread up until it is opened."""

    def __init__(self, journal: Journal) -> None:
        self._open = threading.Event()
        self._entered = threading.Event()
        self.passed = journal.submit(self._wait)

    def _wait(self, connection: sqlite3.Connection) -> None:
        self._entered.set()
        assert self._open.wait(10)

    async def reached(self) -> None:
        await asyncio.to_thread(self._entered.wait, 10)

    def open(self) -> None:
        self._open.set()


async def fill(journal: Journal, **fields: Any) -> tuple[int, "asyncio.Task[None]"]:
    """Put records until one has to wait; how many went in, and the one that waits."""
    position = 0
    while True:
        put = asyncio.create_task(journal.put(trial_record(position, **fields)))
        await asyncio.sleep(0)
        if not put.done():
            return position, put
        position += 1


async def test_the_queue_is_bounded_in_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_RECORDS", 10)
    with create_run(tmp_path, make_plan(100)) as journal:
        gate = Gate(journal)
        await gate.reached()
        count, waiting = await fill(journal)
        assert count == 10
        others = [asyncio.create_task(journal.put(trial_record(50 + n))) for n in range(25)]
        await asyncio.sleep(0.01)
        assert not any(put.done() for put in others)
        gate.open()
        await asyncio.wait_for(asyncio.gather(waiting, *others), 10)
        await journal.flush()
        with journal.reader() as reader:
            assert reader.trial_counts().completed == 36


async def test_the_queue_is_bounded_in_bytes(tmp_path: Path) -> None:
    with create_run(tmp_path, make_plan(100)) as journal:
        gate = Gate(journal)
        await gate.reached()
        count, waiting = await fill(journal, output="x" * 2**20)
        assert 10 <= count <= 16
        gate.open()
        await asyncio.wait_for(waiting, 10)


async def test_one_record_larger_than_the_queue_goes_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MAX_BYTES", 1000)
    with create_run(tmp_path, make_plan(100)) as journal:
        for position in range(3):
            await asyncio.wait_for(journal.put(trial_record(position, output="x" * 5000)), 10)
        await journal.flush()
        with journal.reader() as reader:
            assert [len(row.output) for row in reader.trials()] == [5000] * 3


async def test_operations_keep_their_place(tmp_path: Path) -> None:
    with create_run(tmp_path, make_plan(3)) as journal:
        gate = Gate(journal)
        await journal.put(trial_record(0))
        counted = [journal.submit(count)]
        await journal.put(trial_record(1))
        counted.append(journal.submit(count))
        await journal.put(trial_record(2))
        counted.append(journal.submit(count))
        gate.open()
        assert [future.result(10) for future in counted] == [1, 2, 3]


def count(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("SELECT count(*) FROM trial").fetchone()[0]
    return found


async def test_an_operation_that_fails_takes_nothing_along(tmp_path: Path) -> None:
    def half(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM trial")
        raise LookupError("no")

    with create_run(tmp_path, make_plan(3)) as journal:
        gate = Gate(journal)
        await journal.put(trial_record(0))
        failing = journal.submit(half)
        await journal.put(trial_record(1))
        gate.open()
        with pytest.raises(LookupError, match="no"):
            await asyncio.wrap_future(failing)
        await journal.flush()
        with journal.reader() as reader:
            assert reader.trial_counts().completed == 2


async def test_operations_from_many_threads(tmp_path: Path) -> None:
    with create_run(tmp_path, make_plan(1)) as journal, journal.reader() as reader:

        def mark(thread: int) -> None:
            for number in range(20):
                journal.set_meta(f"{thread}-{number}", number).result(10)

        await asyncio.gather(*(asyncio.to_thread(mark, thread) for thread in range(5)))
        assert all(reader.meta(f"{thread}-{number}") == number for thread in range(5) for number in range(20))


async def test_groups_are_committed_whole_or_not_at_all(tmp_path: Path) -> None:
    with create_run(tmp_path, make_plan(3)) as journal:
        bad = TrialRecord(**{name: getattr(trial_record(1), name) for name in TrialRecord.__slots__})
        object.__setattr__(bad, "output", object())
        with pytest.raises(TypeError):
            await journal.put(trial_record(0), bad)
        await journal.flush()
        with journal.reader() as reader:
            assert reader.trial_counts().completed == 0


async def fill_the_disk(journal: Journal) -> None:
    """From now on the file may grow by two pages."""

    def limit(connection: sqlite3.Connection) -> None:
        [pages] = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}").fetchone()

    await asyncio.wrap_future(journal.submit(limit))


async def test_a_full_disk_is_said_to_everybody(tmp_path: Path) -> None:
    journal = create_run(tmp_path, make_plan(10))
    await fill_the_disk(journal)
    await journal.put(trial_record(0))
    await journal.flush()
    await journal.put(trial_record(1, output="x" * 100_000))
    with pytest.raises(JournalError, match="cannot be written: database or disk is full"):
        await journal.flush()
    with pytest.raises(JournalError, match="cannot be written"):
        await journal.put(trial_record(2))
    with pytest.raises(JournalError, match="cannot be written"):
        journal.set_meta("key", 1)
    journal.close()
    with Journal.open(journal.folder) as journal, journal.reader() as reader:
        assert reader.trial_counts().completed == 1


async def test_those_who_wait_hear_of_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_RECORDS", 5)
    with create_run(tmp_path, make_plan(100)) as journal:
        await fill_the_disk(journal)
        gate = Gate(journal)
        await gate.reached()
        await journal.put(trial_record(99, output="x" * 100_000))
        _, waiting = await fill(journal)
        gate.open()
        with pytest.raises(JournalError, match="database or disk is full"):
            await asyncio.wait_for(waiting, 10)
