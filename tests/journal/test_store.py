"""The store: ids of runs, their places, what is listed."""

import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from evalspec.diagnostics.errors import JournalError
from evalspec.journal.database import DATABASE_FILE
from evalspec.journal.journal import Journal
from evalspec.journal.rows import TrialCounts
from evalspec.journal.store import list_runs, new_run_id, prepare_store, run_folder
from tests.support.plans import CREATED_NS, make_plan
from tests.support.runs import create_run, trial_record

MOMENT = datetime(2026, 11, 23, 19, 5, 1, tzinfo=UTC)


def test_run_ids_sort_by_time_and_differ() -> None:
    ids = [new_run_id(MOMENT + timedelta(milliseconds=n)) for n in range(0, 2000, 40)]
    assert ids == sorted(ids)
    assert re.fullmatch(r"20261123-190501-[a-z2-9]{6}", ids[0])
    assert len({new_run_id(MOMENT) for _ in range(8)}) == 8
    assert new_run_id(MOMENT, random.Random(1)) == new_run_id(MOMENT, random.Random(1))


@pytest.mark.parametrize("text", ["", "..", ".hidden", "a/b", "a\\b", "c:d"])
def test_texts_that_are_no_ids(tmp_path: Path, text: str) -> None:
    with pytest.raises(JournalError, match="is not the id of a run"):
        run_folder(tmp_path, text)


def test_a_store_stays_out_of_version_control(tmp_path: Path) -> None:
    store = tmp_path / ".evalspec"
    prepare_store(store)
    assert (store / ".gitignore").read_text() == "*\n"
    (store / ".gitignore").write_text("mine\n")
    prepare_store(store)
    assert (store / ".gitignore").read_text() == "mine\n"


def test_a_store_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="cannot be made"):
        prepare_store(tmp_path / "file" / "store")


@pytest.mark.anyio
async def test_runs_are_listed_newest_first_the_damaged_too(tmp_path: Path) -> None:
    assert list(list_runs(tmp_path)) == []
    plan = make_plan(3)
    with create_run(tmp_path, plan, run_id="20261123-100000-aaaaaa") as journal:
        await journal.put(trial_record(0))
    create_run(tmp_path, plan, run_id="20261123-100001-bbbbbb").close()
    (run_folder(tmp_path, "20261123-100001-bbbbbb") / DATABASE_FILE).write_text("nothing")
    (run_folder(tmp_path, "20261123-100002-cccccc")).mkdir()
    (tmp_path / "runs" / "a file").touch()
    with create_run(tmp_path, plan, run_id="20261123-100003-dddddd", metadata={"team": "x"}):
        empty, broken, fine = (runs := list(list_runs(tmp_path)))[1:]
    assert (runs[0].run_id, runs[0].status, runs[0].metadata) == (
        "20261123-100003-dddddd",
        "running",
        {"team": "x"},
    )
    assert empty.problem is not None
    assert "There is no run record" in empty.problem
    assert broken.problem is not None
    assert (broken.run_id, broken.name) == ("20261123-100001-bbbbbb", "")
    assert (fine.run_id, fine.spec_name, fine.status, fine.created_ns, fine.items, fine.trials) == (
        "20261123-100000-aaaaaa",
        "spec",
        "interrupted",
        CREATED_NS,
        3,
        TrialCounts(completed=1),
    )
    assert fine.problem is None
    Journal.open(run_folder(tmp_path, fine.run_id)).close()
