"""Beginning, closing and opening runs; what cannot be opened."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalspec.diagnostics.errors import JournalError
from evalspec.journal.database import APPLICATION_ID, DATABASE_FILE
from evalspec.journal.journal import Journal
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import RunHeader, RunStatus
from evalspec.plan.values import Item
from tests.support.plans import content_digest, make_header, make_items, make_plan, plan_json, with_digests
from tests.support.runs import RUN_ID, create_run, evaluation_record, trial_record

pytestmark = pytest.mark.anyio


def folder_in(store: Path) -> Path:
    return store / "runs" / RUN_ID


def test_what_a_run_begins_with_can_be_read(tmp_path: Path) -> None:
    plan = make_plan(3)
    header = make_header(
        plan, environment={"python": "3.11"}, metadata={"team": "maps"}, deviations=("the task's code",)
    )
    items = make_items(3)
    with Journal.create(tmp_path / "run", header, plan_json(plan), with_digests(items)) as journal:
        assert journal.header == header
        with journal.reader() as reader:
            assert reader.header() == header
            assert reader.plan_json() == plan_json(plan)
            assert reader.status() is RunStatus.RUNNING
            assert reader.item_count() == 3
            assert list(reader.items()) == [(n, item, content_digest(item)) for n, item in enumerate(items)]
            assert reader.item(1) == (items[1], content_digest(items[1]))
            assert reader.position_of("item-2") == 2
            assert reader.position_of("nobody") is None
            assert (reader.started_ns(), reader.ended_ns()) == (None, None)
            with pytest.raises(IndexError):
                reader.item(3)


def test_items_keep_every_json_value(tmp_path: Path) -> None:
    items = [
        Item("deep ✓\n/", {"a": [1, 1.0, 1e-7, None, True, "\u0000ü"]}, None, {"b": {}}),
        Item("plain", "text", [], None),
        Item("null", None),
    ]
    with create_run(tmp_path, make_plan(items), items) as journal, journal.reader() as reader:
        assert [repr(item) for _, item, _ in reader.items()] == [repr(item) for item in items]


def test_a_run_is_created_once(tmp_path: Path) -> None:
    create_run(tmp_path, make_plan(1)).close()
    with pytest.raises(JournalError, match="exists already"):
        create_run(tmp_path, make_plan(1))


def test_items_that_cannot_be_had_leave_nothing_behind(tmp_path: Path) -> None:
    def items() -> Iterator[tuple[Item, str]]:
        yield from with_digests(make_items(600))
        raise LookupError("the dataset is gone")

    plan = make_plan(1)
    with pytest.raises(LookupError, match="the dataset is gone"):
        Journal.create(tmp_path / "run", make_header(plan), plan_json(plan), items())
    assert not (tmp_path / "run").exists()
    Journal.create(tmp_path / "run", make_header(plan), plan_json(plan), []).close()


def test_a_run_has_one_writer_in_this_process(tmp_path: Path) -> None:
    with create_run(tmp_path, make_plan(1)), pytest.raises(JournalError, match="is in use"):
        Journal.open(folder_in(tmp_path))
    Journal.open(folder_in(tmp_path)).close()


def test_a_run_has_one_writer_among_all_processes(tmp_path: Path) -> None:
    create_run(tmp_path, make_plan(1)).close()
    code = (
        "import sys; from pathlib import Path; from evalspec.journal.journal import Journal\n"
        f"Journal.open(Path({str(folder_in(tmp_path))!r})); print('open', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"open\n"
    with pytest.raises(JournalError, match="is in use by another process"):
        Journal.open(folder_in(tmp_path))
    with JournalReader(folder_in(tmp_path)) as reader:
        assert reader.item_count() == 1
    other.kill()
    other.communicate()
    Journal.open(folder_in(tmp_path)).close()


def test_a_run_that_was_cut_off_is_interrupted(tmp_path: Path) -> None:
    code = (
        "import asyncio, os, signal; from pathlib import Path\n"
        "from tests.support.plans import make_plan\n"
        "from tests.support.runs import create_run, trial_record\n"
        "async def main():\n"
        f"    journal = create_run(Path({str(tmp_path)!r}), make_plan(2))\n"
        "    await journal.put(trial_record(0)); await journal.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode < 0
    assert (folder_in(tmp_path) / f"{DATABASE_FILE}-wal").stat().st_size > 0
    with JournalReader(folder_in(tmp_path)) as reader:
        assert reader.status() is RunStatus.INTERRUPTED, "nobody works on it"
        assert reader.trial_counts().completed == 1
    with Journal.open(folder_in(tmp_path)) as journal, journal.reader() as reader:
        assert reader.status() is RunStatus.INTERRUPTED
        assert reader.trial_counts().completed == 1


async def test_the_status_and_when_it_ended(tmp_path: Path) -> None:
    with create_run(tmp_path, make_plan(1)) as journal, journal.reader() as reader:
        trial, evaluation = trial_record(0), evaluation_record(0)
        await journal.put(trial, evaluation)
        await journal.flush()
        assert (reader.started_ns(), reader.ended_ns()) == (trial.started_ns, None)
        await asyncio.wrap_future(journal.set_status(RunStatus.COMPLETED))
        assert reader.status() is RunStatus.COMPLETED
        assert reader.ended_ns() == evaluation.ended_ns


async def test_meta(tmp_path: Path) -> None:
    with create_run(tmp_path, make_plan(1)) as journal, journal.reader() as reader:
        assert reader.meta("experiment") is None
        journal.set_meta("experiment", {"id": "x"})
        await asyncio.wrap_future(journal.set_meta("experiment", {"id": "y"}))
        assert reader.meta("experiment") == {"id": "y"}


def test_after_closing_one_file_holds_everything(tmp_path: Path) -> None:
    journal = create_run(tmp_path, make_plan(1))
    journal.set_meta("key", 1)
    journal.close()
    journal.close()
    assert sorted(os.listdir(folder_in(tmp_path))) == ["lock", DATABASE_FILE]
    with pytest.raises(JournalError, match="is closed"):
        journal.set_meta("key", 2)
    with JournalReader(folder_in(tmp_path)) as reader:
        assert reader.meta("key") == 1


def damage(path: Path, how: str) -> None:
    if how == "missing":
        path.unlink()
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "text":
        path.write_text("no database " * 100)
    elif how == "cut":
        path.write_bytes(path.read_bytes()[:6000])
    elif how == "overwritten":
        data = bytearray(path.read_bytes())
        data[4096:] = b"\x55" * (len(data) - 4096)
        path.write_bytes(data)
    else:
        statement = {
            "another program": "PRAGMA application_id = 7",
            "another version": "PRAGMA user_version = 99",
            "no run": "DELETE FROM run",
            "bad header": "UPDATE run SET names = CAST('{' AS BLOB), header = CAST('{' AS BLOB)",
        }[how]
        connection = sqlite3.connect(path)
        connection.execute(statement)
        connection.commit()
        connection.close()


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("missing", "There is no run record in"),
        ("empty", "was cut short before it began and holds nothing"),
        ("text", "cannot be read: file is not a database"),
        ("cut", "cannot be read: database disk image is malformed"),
        ("overwritten", "cannot be read: database disk image is malformed"),
        ("another program", "is not a run record"),
        ("another version", "has format 99; this version of evalspec reads format 1"),
        ("bad header", "cannot be read: unexpected end of data"),
        ("no run", "is damaged: a row is missing"),
    ],
)
def test_what_cannot_be_opened_is_said_in_one_sentence(tmp_path: Path, how: str, message: str) -> None:
    create_run(tmp_path, make_plan(100)).close()
    damage(folder_in(tmp_path) / DATABASE_FILE, how)

    def read() -> object:
        with JournalReader(folder_in(tmp_path)) as reader:
            return reader.header(), reader.status(), reader.trial_counts(), list(reader.items())

    for use in (read, lambda: Journal.open(folder_in(tmp_path))):
        with pytest.raises(JournalError) as raised:
            use()
        text = str(raised.value)
        assert message in text
        assert text.count(". ") == 0
        assert "\n" not in text


def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    create_run(tmp_path, make_plan(1)).close()
    head = (folder_in(tmp_path) / DATABASE_FILE).read_bytes()[:100]
    assert int.from_bytes(head[68:72], "big") == APPLICATION_ID
    assert int.from_bytes(head[60:64], "big") == 1


def test_a_header_that_cannot_be_stored_leaves_nothing_behind(tmp_path: Path) -> None:
    plan = make_plan(1)
    header: RunHeader = make_header(plan, metadata={"what": object()})
    with pytest.raises(TypeError):
        Journal.create(tmp_path / "run", header, plan_json(plan), [])
    assert not (tmp_path / "run").exists()


async def test_every_reader_sees_what_is_committed(tmp_path: Path) -> None:
    with create_run(tmp_path, make_plan(4)) as journal, journal.reader() as before:
        seen: list[Any] = [before.trial_counts().completed]
        for position in range(3):
            await journal.put(trial_record(position))
            await journal.flush()
            with journal.reader() as after:
                seen.append((before.trial_counts().completed, after.trial_counts().completed))
    assert seen == [0, (1, 1), (2, 2), (3, 3)]
