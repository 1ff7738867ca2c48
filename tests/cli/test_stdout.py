"""Standard output is for results, whatever user code prints."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.cli.conftest import Project

CHATTY = """\
import subprocess
import sys

print("printed while imported")


def capital_of(country):
    print("printed while called")
    subprocess.run([sys.executable, "-c", "print('printed by a subprocess')"], check=True)
    return "Paris"
"""


def evalspec(project: Project, *arguments: str, stdout: Any = subprocess.PIPE) -> Any:
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "evalspec", *arguments]
    return subprocess.run(
        command, cwd=project.folder, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False
    )


def test_what_user_code_prints_goes_to_stderr(project: Project) -> None:
    project.write("answers.py", CHATTY)
    done = evalspec(project, "run", "capitals.evalspec.toml", "--format", "json")
    assert json.loads(done.stdout)["items"]["completed"] == 4
    assert "printed while imported" in done.stderr
    assert done.stderr.count("printed while called") == 4
    assert done.stderr.count("printed by a subprocess") == 4


@pytest.mark.parametrize("arguments", [("runs",), ("--help",), ("run", "capitals.evalspec.toml", "-q")])
def test_stdout_that_is_full_is_a_clear_error(project: Project, arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        done = evalspec(project, *arguments, stdout=full)
    assert done.stderr == "error: standard output cannot be written: No space left on device\n"
    assert done.returncode == 70


def test_a_closed_stdout_is_nobody_s(project: Project) -> None:
    command = f'exec "{sys.executable}" -m evalspec run capitals.evalspec.toml -q >&-'
    done = subprocess.run(["sh", "-c", command], cwd=project.folder, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_reader_that_has_gone_does_not_change_the_exit_code(project: Project) -> None:
    project.edit("min = 0.5", "min = 0.9")
    reading, writing = os.pipe()
    os.close(reading)
    done = evalspec(project, "run", "capitals.evalspec.toml", "-q", stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")
