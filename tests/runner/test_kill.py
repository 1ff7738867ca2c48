"""Kill a run, resume it, and look whether anybody can tell."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evalspec.diagnostics.errors import JournalError
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import RunStatus
from tests.runner.driver import the_plan
from tests.runner.parts import folder_of
from tests.support.runs import results_of

ITEMS = 30
TRIALS = ITEMS * the_plan(ITEMS).task.repeats


def start(store: Path, *phase: object) -> "subprocess.Popen[bytes]":
    store.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.runner.driver", str(store), str(ITEMS), *map(str, phase)]
    return subprocess.Popen(command)


def calls(store: Path) -> Counter[str]:
    return Counter((store / "calls").read_text().splitlines())


def committed(store: Path) -> set[str]:
    """The calls whose results are kept, as the driver notes them."""
    kept: set[str] = set()
    with JournalReader(folder_of(store)) as reader:
        for row in reader.trials():
            kept.add(f"task {row.item_id} {row.trial}")
            for record in reader.evaluations(row.position, row.trial):
                kept.add(f"{record.evaluator} {row.item_id} {row.trial}")
    return kept


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    store = tmp_path_factory.mktemp("undisturbed")
    assert start(store).wait() == 0
    return results_of(folder_of(store))


def finish(store: Path, undisturbed: list[Any]) -> None:
    before = calls(store)
    kept = committed(store) if folder_of(store).exists() else set()
    assert start(store).wait() == 0
    again = calls(store) - before
    assert not kept & set(again), "what was committed is not done twice"
    assert results_of(folder_of(store)) == undisturbed
    with JournalReader(folder_of(store)) as reader:
        assert reader.status() is RunStatus.COMPLETED
        counts = reader.publication_counts()
        assert counts.spans.complete == TRIALS
        assert len(reader.next_unpublished(0, 2 * TRIALS)) == TRIALS
        values = sum(1 for name in ("exact", "picky", "slow") for _ in reader.score_values(name))
        assert counts.scores.complete == values + 1


@pytest.mark.parametrize(
    ("phase", "at"),
    [
        ("running", 17),
        ("evaluating", 17),
        ("keeping", 17),
        ("writing", 4),
        ("committed", 1),
        ("concluding", 2),
        ("closing", 1),
    ],
)
def test_a_run_that_is_killed_goes_on(tmp_path: Path, undisturbed: list[Any], phase: str, at: int) -> None:
    assert start(tmp_path, phase, at).wait() == -signal.SIGKILL
    finish(tmp_path, undisturbed)


def test_a_run_that_is_killed_before_it_begins_holds_nothing(tmp_path: Path) -> None:
    assert start(tmp_path, "creating", 20).wait() == -signal.SIGKILL
    with pytest.raises(JournalError, match="cut short before it began"):
        JournalReader(folder_of(tmp_path))


def test_kills_at_random_moments(tmp_path: Path, undisturbed: list[Any]) -> None:
    rng = random.Random(20261123)
    killed = 0
    while killed < 3:
        process = start(tmp_path)
        deadline = time.monotonic() + 30
        while not (tmp_path / "calls").exists() and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(rng.uniform(0.0, 0.1))
        process.kill()
        if process.wait() == 0:
            break
        killed += 1
    finish(tmp_path, undisturbed)
