"""Python functions over all results that do not do what they should."""

import signal
import time
from pathlib import Path

import pytest

from evalspec.journal.reader import JournalReader
from evalspec.journal.records import RunStatus
from tests.cli.conftest import CODE, Project
from tests.cli.test_interrupts import start

AGGREGATE = '[aggregates.whole]\nfunction = "python"\ncallable = "answers:whole"\n\n[aggregates.accuracy]'


@pytest.fixture
def whole(project: Project) -> Project:
    project.edit("[aggregates.accuracy]", AGGREGATE)
    return project


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ValueError('half \\ud800 a pair')", "ValueError: half ? a pair"),
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt: KeyboardInterrupt"),
        ("return 'text'", "a NUMERIC aggregate is not a text"),
    ],
)
def test_an_aggregate_that_fails_makes_the_run_incomplete(whole: Project, body: str, said: str) -> None:
    whole.write("answers.py", f"{CODE}\n\ndef whole(item_results):\n    {body}\n")
    printed = whole("run", "capitals.evalspec.toml", "--format", "json")
    assert printed.code == 3
    [reason] = printed.json["reasons"]
    assert reason["code"] == "aggregate-failed"
    assert reason["message"] == f"The aggregate `whole` has no value: {said}."
    assert "evalspec resume" in printed.json["how_to"][0]["command"]
    assert said in whole("show", "latest").out


def test_an_aggregate_that_gives_none_has_chosen_so(whole: Project) -> None:
    whole.write("answers.py", f"{CODE}\n\ndef whole(item_results):\n    return None\n")
    assert whole("run", "capitals.evalspec.toml").code == 0


def test_an_aggregate_that_never_ends_can_be_interrupted(whole: Project) -> None:
    hangs = "open('hanging', 'w').close()\n    import time\n    time.sleep(60)"
    whole.write("answers.py", f"{CODE}\n\ndef whole(item_results):\n    {hangs}\n")
    process = start(whole, "run", "capitals.evalspec.toml")
    deadline = time.monotonic() + 30
    while not (whole.folder / "hanging").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 3, err
    assert "evalspec resume" in out
    [database] = Path(whole.folder).glob(".evalspec/runs/*/run.db")
    with JournalReader(database.parent) as reader:
        assert reader.status() is RunStatus.INTERRUPTED
        assert reader.trial_counts().completed == 4


def test_an_aggregate_that_never_ends_ends_with_the_deadline(whole: Project) -> None:
    whole.write("answers.py", f"{CODE}\n\ndef whole(item_results):\n    import time\n    time.sleep(60)\n")
    whole.edit("[gates.good_enough]", '[limits]\ndeadline = "1s"\n\n[gates.good_enough]')
    printed = whole("run", "capitals.evalspec.toml", "--format", "json")
    assert printed.code == 3
    assert printed.json["run"]["status"] == "interrupted"
    assert printed.json["items"]["completed"] == 4
