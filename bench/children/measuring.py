"""What a measured process says of itself."""

import json
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio


@dataclass(frozen=True)
class Moment:
    """Seconds on the clock and seconds of processor time, of all threads of this process."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> "Moment":
        used = resource.getrusage(resource.RUSAGE_SELF)
        return cls(time.perf_counter(), used.ru_utime + used.ru_stime)


def peak_memory() -> float:
    """Most memory this process has had at any time, in megabytes (10^6 bytes)."""
    status = Path("/proc/self/status")
    if status.exists():
        # ru_maxrss starts with what the process had before it became this program; VmHWM does not.
        for line in status.read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6


def tell(began: Moment, ended: Moment, items: int, **more: Any) -> None:
    """Print the result, as the one line that the parent process reads."""
    result = {
        "seconds": ended.wall - began.wall,
        "cpu": ended.cpu - began.cpu,
        "items": items,
        "memory": peak_memory(),
        **more,
    }
    print(json.dumps(result), flush=True)


def warm_up() -> None:
    """Load what the first event loop of a process needs, for imports count for nobody."""
    anyio.run(anyio.sleep, 0)


def read_items(path: str) -> list[dict[str, Any]]:
    """All items of a JSONL file."""
    with Path(path).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
