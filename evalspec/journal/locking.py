"""One writer per run: a lock the operating system lets go of when its holder dies."""

import os
import sys
import time
from pathlib import Path

from evalspec.diagnostics.errors import JournalError

LOCK_FILE = "lock"
_TRIES = 5
_PAUSE = 0.02

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int, *, shared: bool) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int, *, shared: bool) -> bool:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class RunLock:
    """The exclusive lock on a run's folder, held until `release` or the end of the process."""

    def __init__(self, folder: Path) -> None:
        """Raises JournalError where another process, or this one, already writes to the run."""
        try:
            self._descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise JournalError(f"The run folder {folder} cannot be written: {error.strerror}.") from error
        # Somebody who only looks whether a run is alive holds a shared lock for a moment: hence more than one
        # try.
        for _ in range(_TRIES):
            if _try_lock(self._descriptor, shared=False):
                return
            time.sleep(_PAUSE)
        os.close(self._descriptor)
        raise JournalError(f"The run {folder.name} is in use by another process.")

    def release(self) -> None:
        """Let others in; harmless when repeated."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def is_locked(folder: Path) -> bool:
    """Whether somebody writes to the run just now."""
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDWR)
    except OSError:
        return False
    try:
        return not _try_lock(descriptor, shared=True)
    finally:
        os.close(descriptor)
