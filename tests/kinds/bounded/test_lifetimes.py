"""Worker processes end with whoever started them, and know nothing of it."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from evalspec.kinds.bounded import close_pool
from tests.kinds.bounded.calls import call, is_alive, pid_in, until

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.usefixtures("pool")


def start(installed: Path, what: str, *arguments: object) -> "subprocess.Popen[str]":
    # Newer interpreters warn of forks beside threads, which is what one test does.
    program = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "tests.kinds.bounded.driver"]
    command = [*program, str(installed), what, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(started: "subprocess.Popen[str]") -> str:
    printed, errors = started.communicate(timeout=60)
    assert (started.returncode, errors) == (0, "")
    return printed.strip()


@pytest.mark.parametrize("function", ["linger", "loop_in_c"])
def test_a_killed_parent_leaves_nobody(plug_in: Path, tmp_path: Path, function: str) -> None:
    with start(plug_in, "linger", function, tmp_path / "pid") as parent:
        assert parent.stdout is not None
        first, busy = int(parent.stdout.readline()), pid_in(tmp_path / "pid")
        assert is_alive(busy)
        parent.kill()
    until(lambda: not is_alive(first) and not is_alive(busy))


def test_an_interrupt_at_the_terminal_is_not_for_workers(plug_in: Path, tmp_path: Path) -> None:
    with start(plug_in, "linger", "linger", tmp_path / "pid") as parent:
        assert parent.stdout is not None
        first, busy = int(parent.stdout.readline()), pid_in(tmp_path / "pid")
        assert os.getsid(busy) == busy
        assert os.getsid(busy) != os.getsid(parent.pid)
        parent.send_signal(signal.SIGINT)
        parent.communicate(timeout=60)
    # The call was cancelled, and the program ended.
    until(lambda: not is_alive(first) and not is_alive(busy))


def test_a_program_ends_although_there_are_workers(plug_in: Path, tmp_path: Path) -> None:
    worker = int(finish(start(plug_in, "end", tmp_path / "pid")))
    until(lambda: not is_alive(worker))


def test_a_program_ends_although_work_goes_on(plug_in: Path, tmp_path: Path) -> None:
    assert finish(start(plug_in, "abandon", tmp_path / "pid")) == "False"
    until(lambda: not is_alive(pid_in(tmp_path / "pid")))


def test_a_fork_has_workers_of_its_own(plug_in: Path, tmp_path: Path) -> None:
    assert finish(start(plug_in, "fork", tmp_path / "pid")) == "0 True"


def test_workers_that_cannot_be_started(plug_in: Path, tmp_path: Path) -> None:
    printed = finish(start(plug_in, "die_again_and_again", tmp_path / "no_such_python"))
    assert printed == "WorkerDied a worker process cannot be used"
    true = "/bin/true"
    assert finish(start(plug_in, "die_again_and_again", true)) == (
        "WorkerDied the worker ended with status 0 before it began"
    )


async def test_closing_ends_every_worker() -> None:
    worker = await call("pid")
    await close_pool()
    assert not is_alive(worker)
    await close_pool()
    assert await call("pid") != worker


async def test_workers_have_two_pipes_and_nothing_else(tmp_path: Path) -> None:
    kept = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(kept, True)
    with socket.socket() as connection:
        connection.set_inheritable(True)
        found: list[str] = await call("what_is_open")
    os.close(kept)
    # Its own size, three times nothing, requests and answers.
    assert [name for name in found if name.startswith("/dev/")] == ["/dev/null"] * 3
    assert [name for name in found if name == "pipe"] == ["pipe"] * 2
    rest = [name for name in found if name != "pipe" and not name.startswith("/dev/")]
    assert len(rest) == 1
    assert rest[0].endswith("/statm")


async def test_workers_know_no_secret_and_not_the_project(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, plug_in: Path
) -> None:
    for name in ("LANGFUSE_SECRET_KEY", "OPENAI_API_KEY", "PYTHONSTARTUP", "PYTHONPATH", "EVALSPEC_STORE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("LC_TIME", "C")
    (tmp_path / "rapidfuzz.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    found: dict[str, Any] = await call("surroundings")
    names = found["environment"].keys()
    # Some interpreters set these two themselves.
    allowed = {"PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "LC_TIME", "LC_CTYPE", "LC_ALL"}
    assert names <= allowed
    assert found["environment"]["LC_TIME"] == "C"
    folders = [Path(folder) for folder in found["path"]]
    assert plug_in in folders
    assert tmp_path not in folders
    assert Path.cwd() not in folders
    assert Path(found["folder"]) == Path(tempfile.gettempdir())
    assert not {"tests", "conftest"} & set(json.loads(found["kept"]))
