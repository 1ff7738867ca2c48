"""How long commands take to start, from outside, warm."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.running import REPOSITORY


@dataclass(frozen=True)
class StartUp:
    """Milliseconds of several starts."""

    label: str
    milliseconds: tuple[float, ...]

    @property
    def middle(self) -> float:
        return median(self.milliseconds)


def start_ups(python: str, runs: int) -> list[StartUp]:
    """Python itself, two commands of evalspec, and what importing the others costs."""
    evalspec = str(Path(python).with_name("evalspec"))
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        folder = Path(place)
        (folder / ".evalspec-root").touch()
        shutil.copytree(REPOSITORY / "specs" / "quickstart", folder / "specs" / "quickstart")
        spec = "specs/quickstart/quickstart.evalspec.toml"
        commands: list[tuple[str, Sequence[str]]] = [
            ("python -c pass", (python, "-c", "pass")),
            ("evalspec --help", (evalspec, "--help")),
            ("evalspec check (the quickstart)", (evalspec, "check", spec)),
            ("evalspec plan (the quickstart)", (evalspec, "plan", spec)),
            ("import langfuse", (python, "-c", "import langfuse")),
            ("import pydantic_evals", (python, "-c", "import pydantic_evals")),
        ]
        return [StartUp(label, _timed(command, folder, runs)) for label, command in commands]


def _timed(command: Sequence[str], folder: Path, runs: int) -> tuple[float, ...]:
    found: list[float] = []
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    for number in range(runs + 1):
        began = time.perf_counter()
        subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
        # The first one fills the caches.
        if number:
            found.append((time.perf_counter() - began) * 1000)
    return tuple(found)
