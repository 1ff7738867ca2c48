"""What the tests of bounded work share."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evalspec.kinds.bounded import Limits, run_bounded

PATIENT = Limits(seconds=30)
"""For work that must not be ended by a slow machine."""


async def call(name: str, *arguments: Any, limits: Limits = PATIENT) -> Any:
    """Call a function of the plug-in in a worker."""
    return await run_bounded(f"evalspec_misbehaving:{name}", arguments, limits)


def is_alive(pid: int) -> bool:
    """Whether a process runs, as opposed to having ended without anybody having asked."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for it; it must come to pass."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def pid_in(marker: Path) -> int:
    """The process that left its number there, as soon as it has."""
    until(lambda: marker.exists() and marker.read_text() != "")
    return int(marker.read_text())


def children() -> set[int]:
    """The processes that this one started and that are not gone."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        found |= {int(pid) for pid in (task / "children").read_text().split()}
    return {pid for pid in found if is_alive(pid) and os.getsid(pid) == pid}
