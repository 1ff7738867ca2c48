"""Where and with what was measured."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

PACKAGES = ("evalspec", "langfuse", "pydantic-evals", "anyio", "httpx", "pydantic")
_VERSIONS = "import sys, importlib.metadata as m; print(*[m.version(n) for n in sys.argv[1:]], sep='\\n')"


def processor() -> str:
    """The processor's name, as the system tells it."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB"
    except (ValueError, OSError):
        return "unknown"


def load() -> str:
    """Load averages over 1, 5 and 15 minutes."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def environment(python: str, packages: tuple[str, ...] = PACKAGES) -> list[str]:
    """Markdown: date, machine, versions of Python and of what is measured."""
    found = subprocess.run(
        [python, "-c", _VERSIONS, *packages], check=True, capture_output=True, text=True
    ).stdout.split()
    version = subprocess.run(
        [python, "-c", "import platform; print(platform.python_version())"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    return [
        f"- {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; load average {load()} before the first measurement",
        f"- {processor()}, {os.cpu_count()} cores, {memory()}; {platform.system()} {platform.release()}",
        f"- Python {version}; " + ", ".join(f"{k} {v}" for k, v in zip(packages, found, strict=True)),
    ]
