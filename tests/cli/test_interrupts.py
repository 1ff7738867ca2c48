"""Ctrl-C, kill and resume, as a shell does them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evalspec.journal.reader import JournalReader
from tests.cli.conftest import ITEMS, Project

SLOW = """\
import time
from pathlib import Path


def capital_of(country):
    with Path("calls.txt").open("a") as calls:
        calls.write(country + "\\n")
    time.sleep(0.15)
    return country
"""

COUNT = 24


@pytest.fixture
def slow(project: Project) -> Project:
    """A project whose run takes about two seconds."""
    project.write("answers.py", SLOW)
    project.items([(f"land-{number}", f"land-{number}") for number in range(COUNT)])
    with project.spec.open("a") as spec:
        spec.write("\n[limits]\nconcurrency = 2\n")
    return project


def start(project: Project, *arguments: str) -> subprocess.Popen[str]:
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "evalspec", *arguments]
    return subprocess.Popen(
        command,
        cwd=project.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )


def wait_for_results(project: Project, wanted: int) -> None:
    """Wait until a number of outputs is committed."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for database in project.folder.glob(".evalspec/runs/*/run.db"):
            try:
                with JournalReader(database.parent) as reader:
                    if reader.trial_counts().completed >= wanted:
                        return
            except Exception:  # noqa: BLE001 - the record is being made
                pass
        time.sleep(0.02)
    raise AssertionError("the run did not begin")


def calls(project: Project) -> list[str]:
    """The inputs that the task was called with."""
    return Path(project.folder / "calls.txt").read_text().splitlines()


def test_an_interrupt_ends_cleanly_and_says_how_to_resume(slow: Project) -> None:
    process = start(slow, "run", "capitals.evalspec.toml")
    wait_for_results(slow, 3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 3
    assert "Traceback" not in err
    assert "evalspec resume" in out
    done = len(calls(slow))
    assert 3 <= done < COUNT
    resumed = slow("resume", "latest", "--format", "json")
    assert resumed.code == 0
    assert resumed.json["items"]["completed"] == COUNT
    # What was finished before the interrupt was not done again.
    assert sorted(calls(slow)) == sorted(f"land-{number}" for number in range(COUNT))


def test_two_interrupts_end_at_once(slow: Project) -> None:
    slow.write("answers.py", SLOW.replace("0.15", "20"))
    process = start(slow, "run", "capitals.evalspec.toml")
    deadline = time.monotonic() + 30
    while not (slow.folder / "calls.txt").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=15)
    assert process.returncode == 3


def test_a_killed_run_is_resumed_to_the_same_result(slow: Project) -> None:
    undisturbed = slow("run", "capitals.evalspec.toml", "--format", "json", "--store", "other").json
    (slow.folder / "calls.txt").unlink()
    process = start(slow, "run", "capitals.evalspec.toml")
    wait_for_results(slow, 5)
    process.kill()
    process.communicate(timeout=30)
    resumed = slow("resume", "latest", "--format", "json").json
    for part in ("items", "trials", "scores", "aggregates", "gates", "exit_code"):
        assert resumed[part] == undisturbed[part]
    # At most what was under way at the kill, or not committed yet, was called twice.
    assert COUNT <= len(calls(slow)) <= COUNT + 2 + 2
    assert len(set(calls(slow))) == COUNT


def test_a_run_in_use_cannot_be_resumed(slow: Project) -> None:
    process = start(slow, "run", "capitals.evalspec.toml")
    wait_for_results(slow, 1)
    printed = slow("resume", "latest")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert printed.code == 2
    assert "in use" in printed.err
    assert process.returncode == 3


def test_a_finished_run_resumes_to_nothing(project: Project) -> None:
    project("run", "capitals.evalspec.toml")
    printed = project("resume", "latest", "--format", "json")
    assert printed.code == 0
    assert printed.json["items"]["completed"] == 4


def test_failed_items_are_tried_again_when_asked(project: Project) -> None:
    project.write(
        "answers.py",
        "from pathlib import Path\n\n\ndef capital_of(country):\n"
        "    if not Path('mended').exists():\n        raise ConnectionError('down')\n    return country\n",
    )
    assert project("run", "capitals.evalspec.toml").code == 3
    (project.folder / "mended").touch()
    assert project("resume", "latest").code == 3
    retried = project("resume", "latest", "--retry-errors", "--format", "json")
    assert retried.json["items"] == {"expected": 4, "completed": 4, "failed": 0, "skipped": 0}


def test_an_interrupt_before_the_run_began_waits_for_nothing(project: Project) -> None:
    project.write("answers.py", "import time\n\nopen('importing', 'w').close()\ntime.sleep(60)\n" + SLOW)
    process = start(project, "run", "capitals.evalspec.toml")
    deadline = time.monotonic() + 30
    while not (project.folder / "importing").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "stopped before the run began\n"


def test_an_interrupt_ends_the_wait_for_a_server_that_is_down(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("BASE_URL", "http://127.0.0.1:9"), ("PUBLIC_KEY", "pk"), ("SECRET_KEY", "sk")):
        monkeypatch.setenv(f"LANGFUSE_{name}", value)
    process = start(project, "run", "capitals.evalspec.toml", "--publish-timeout", "600")
    wait_for_results(project, len(ITEMS))
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "completed" in out
    assert "evalspec publish" in out
