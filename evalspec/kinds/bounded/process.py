"""A worker process as its parent sees it."""

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, cast

from evalspec.kinds.bounded import bootstrap, wire
from evalspec.kinds.bounded.outcomes import WORKER_DIED, Limits, TookTooLong, TooLarge, WorkFailed
from evalspec.kinds.bounded.watchdog import Watchdog

_BEGIN_SECONDS: Final = 60
"""How long a worker may take to start, import and read its arguments: on a cold disk, that is long."""
_ANSWER_SECONDS: Final = 10
"""How long the rest of an answer may take once it has begun."""
_ENVIRONMENT: Final = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")


class NotBegun(Exception):
    """The process ended before it called the function, which may be tried in another one."""


class WorkerProcess:
    """A child process that does one call at a time, in a session of its own.

    To be used, and started, by one thread; `kill` is for all threads. Two pipes
    connect it to this process, and nothing else does: no other descriptor, no terminal, no variable that
    could hold a secret.
    """

    def __init__(self, watchdog: Watchdog) -> None:
        """Raises OSError where no process can be started."""
        self._watchdog = watchdog
        self._lock = threading.Lock()
        self._killed = False
        self._reaped = False
        self.overdue = False
        self._process = subprocess.Popen(
            _command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=tempfile.gettempdir(),
            env=_environment(),
            start_new_session=True,
        )
        assert self._process.stdin is not None  # both are pipes
        assert self._process.stdout is not None
        self._requests = self._process.stdin.fileno()
        self._answers = io.BufferedReader(cast(io.RawIOBase, self._process.stdout))

    @property
    def usable(self) -> bool:
        """Whether it can do another call."""
        return not self._killed

    def call(self, function: str, preload: Sequence[str], arguments: bytes, limits: Limits) -> Any:
        """The function's value. Raises TooLarge, TookTooLong, WorkFailed and NotBegun."""
        order = wire.Order(
            function=function, preload=list(preload), seconds=limits.seconds, memory=limits.memory
        )
        encoded = json.dumps(order).encode()
        self._watchdog.watch(self, _BEGIN_SECONDS)
        try:
            self._begin(encoded, arguments)
            self._watchdog.watch(self, limits.seconds)
            return _read(self._answer(limits))
        finally:
            self._watchdog.forget(self)

    def _begin(self, order: bytes, arguments: bytes) -> None:
        lengths = wire.REQUEST.pack(len(order), len(arguments))
        try:
            wire.write_all(self._requests, lengths + order, arguments)
            said = wire.read_exactly(self._answers, len(wire.BEGUN))
        except (EOFError, OSError):
            ended = self.close()
            if self.overdue:
                raise WorkFailed(
                    WORKER_DIED, f"the worker did not begin within {_BEGIN_SECONDS} seconds"
                ) from None
            raise NotBegun(f"the worker {ended} before it began") from None
        if said != wire.BEGUN:
            self.kill()
            raise WorkFailed(WORKER_DIED, "the worker does not keep to the protocol")

    def _answer(self, limits: Limits) -> dict[str, Any]:
        try:
            how, length, marker = wire.ANSWER.unpack(wire.read_exactly(self._answers, wire.ANSWER.size))
            if how not in (wire.ANSWERED, wire.LAST) or length > wire.MAX_ANSWER:
                raise wire.BadAnswer("the worker does not keep to the protocol")
            self._watchdog.watch(self, _ANSWER_SECONDS)
            answer = wire.load_answer(marker, wire.read_exactly(self._answers, length))
        except wire.BadAnswer as error:
            self.kill()
            raise WorkFailed(WORKER_DIED, str(error)) from None
        except (EOFError, OSError):
            ended = self.close()
            if self.overdue or self._process.returncode == -getattr(signal, "SIGALRM", 0):
                raise TookTooLong(f"it took more than {limits.seconds:g} seconds") from None
            raise WorkFailed(WORKER_DIED, f"the worker {ended}") from None
        if how == wire.LAST:
            self.kill()
        return answer

    def kill(self, *, overdue: bool = False) -> None:
        """End it and what it started, whatever it does; from any thread."""
        with self._lock:
            if self._reaped:
                return
            self._killed = True
            self.overdue |= overdue
            if sys.platform == "win32":
                self._process.kill()
            else:
                # The group's number is nobody else's until its leader is reaped; macOS refuses where all have
                # ended.
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> str:
        """End it, let go of everything, and say how it had ended."""
        self.kill()
        with self._lock:
            self._reaped = True
        status = self._process.wait()
        for pipe in (self._process.stdin, self._answers):
            if pipe is not None:
                pipe.close()
        return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"

    def disown(self) -> None:
        """In a child made by fork, where it is not ours: let go of the pipes, so that it sees its parent
        end.
        """
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        # Nothing to wait for, and nothing to warn of.
        self._process.returncode = 0


def _read(answer: dict[str, Any]) -> Any:
    """The value in an answer, or its exception."""
    match answer:
        case {"value": value}:
            return value
        case {"too_large": str(message)}:
            raise TooLarge(message)
        case {"failed": [str(name), str(message), str() | None as kind]}:
            raise WorkFailed(name, message, kind)
    raise WorkFailed(WORKER_DIED, "the worker's answer is none of those it may give")


def _command() -> list[str]:
    # Isolated: no variable, no folder of the user's and not the current one decides what is imported.
    program = Path(bootstrap.__file__).resolve()
    package = program.parents[2]
    return [
        sys.executable,
        "-I",
        str(program),
        str(os.getpid()),
        str(package),
        *_folders_of_distributions(),
    ]


def _folders_of_distributions() -> Iterator[str]:
    """The folders of our own search path that hold what is installed, as opposed to somebody's code; there
    can be more than an isolated interpreter knows, such as those of `pip install --user` and `--target`.
    """
    for folder in filter(None, sys.path):
        if any(Path(folder).glob("*.dist-info")):
            yield str(Path(folder).resolve())


def _environment() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if name in _ENVIRONMENT or name.startswith("LC_")
    }
