"""One program, run to its end: what it wrote, and that nothing of it is left."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio

from evalspec.kinds.outside import MAX_RESPONSE, CallFailed

__all__ = ["Finished", "run_program"]

_STDOUT: Final = 1
_STDERR_KEPT: Final = 65_536
_SECONDS_TO_END: Final = 1.0
"""How long a program that is told to end may take before it is killed."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What a program left: its exit code (negative: the signal that ended it), its output, and the end of
    what it wrote to standard error.
    """

    code: int
    stdout: bytes
    stderr: bytes


async def run_program(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: bytes | None
) -> Finished:
    """Run a program in a process group of its own. When this ends, however it does, the whole group has
    ended: whoever is cancelled tells it to end, and kills it after a second.

    Raises CallFailed: `not_started`, and `too_large` for more than MAX_RESPONSE bytes on standard output.
    """
    loop = asyncio.get_running_loop()
    try:
        _, program = await loop.subprocess_exec(
            _Program,
            *argv,
            stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CallFailed("not_started", f"`{argv[0]}` cannot be started: {reason}") from None
    try:
        if stdin is not None:
            program.write(stdin)
        await program.wait()
    except BaseException:
        with anyio.CancelScope(shield=True):
            await program.end()
        raise
    if program.too_large:
        message = f"`{argv[0]}` wrote more than {MAX_RESPONSE:,} bytes to its standard output"
        raise CallFailed("too_large", message)
    return Finished(program.code, bytes(program.stdout), bytes(program.stderr))


class _Program(asyncio.SubprocessProtocol):
    """A process, as the event loop tells of it."""

    _transport: asyncio.SubprocessTransport

    def __init__(self) -> None:
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.too_large = False
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._last_call: asyncio.TimerHandle | None = None

    @property
    def code(self) -> int:
        """Its exit code."""
        code = self._transport.get_returncode()
        return 0 if code is None else code

    def write(self, content: bytes) -> None:
        """Give it its standard input, as fast as it reads. That it reads none of it is its own affair."""
        pipe = self._transport.get_pipe_transport(0)
        assert isinstance(pipe, asyncio.WriteTransport)
        pipe.write(content)
        pipe.close()

    async def wait(self, seconds: float | None = None) -> None:
        """Wait until it has ended and its output is read, or for so many seconds."""
        # Not for the future itself, which would be cancelled with whoever waits.
        await asyncio.wait([self._gone], timeout=seconds)

    async def end(self) -> None:
        """Tell it and what it started to end, and kill what has not after a second."""
        self._signal(signal.SIGTERM)
        await self.wait(_SECONDS_TO_END)
        if not self._gone.done():
            self._signal(_KILL)
            await self.wait()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd != _STDOUT:
            self.stderr += data
            del self.stderr[:-_STDERR_KEPT]
        elif not self.too_large:
            self.stdout += data
            if len(self.stdout) > MAX_RESPONSE:
                self.too_large = True
                self.stdout.clear()
                self._signal(_KILL)

    def process_exited(self) -> None:
        # What it started and left behind goes with it, and lets go of the pipes.
        self._signal(_KILL, ended=True)
        # A process that has left the group may still hold them; nobody waits for that one.
        loop = asyncio.get_running_loop()
        self._last_call = loop.call_later(_SECONDS_TO_END, self._transport.close)

    def connection_lost(self, error: Exception | None) -> None:
        if self._last_call is not None:
            self._last_call.cancel()
        self._transport.close()
        self._gone.set_result(None)

    def _signal(self, number: int, *, ended: bool = False) -> None:
        if sys.platform == "win32":
            if not ended:
                self._transport.kill()
            return
        # The group keeps its number as long as a process is in it, and a number that is free again is given
        # to another process only after all the others. macOS refuses where all have ended.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._transport.get_pid(), number)


_KILL: Final = getattr(signal, "SIGKILL", signal.SIGTERM)
