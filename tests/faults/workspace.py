"""Projects to run, and running them from the command line as a user would."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECTS = Path(__file__).resolve().parent / "project"
REPOSITORY = PROJECTS.parents[2]
EVALSPEC = Path(sys.executable).with_name("evalspec")
WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")


@dataclass(frozen=True)
class Finished:
    """A process that has ended: its exit code (negative: the signal), and what it printed."""

    code: int
    output: str
    errors: str

    @property
    def killed(self) -> bool:
        return self.code == -9

    def document(self) -> dict[str, Any]:
        """The JSON document it printed."""
        try:
            found: dict[str, Any] = json.loads(self.output)
        except json.JSONDecodeError:
            raise AssertionError(f"exit code {self.code}, no JSON; stderr: {self.errors[-2000:]}") from None
        return found


@dataclass(frozen=True)
class Project:
    """A project in a folder of its own, with its spec, its store and the environment of its processes."""

    folder: Path
    spec: str
    environment: Mapping[str, str]

    @property
    def tally(self) -> Path:
        """The file in which user code counts its calls."""
        return self.folder / "tally.txt"

    def run_folders(self) -> list[Path]:
        runs = self.folder / ".evalspec" / "runs"
        return sorted(runs.iterdir()) if runs.is_dir() else []

    def start(self, *command: str, **environment: str) -> "subprocess.Popen[str]":
        """A Python process in the project: `python COMMAND`."""
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=self.folder,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def evalspec(self, *arguments: str, timeout: float = 300, **environment: str) -> Finished:
        """One evalspec command, to its end."""
        return finish(self.start(str(EVALSPEC), *arguments, **environment), timeout)


def finish(process: "subprocess.Popen[str]", timeout: float = 300) -> Finished:
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        output, errors = process.communicate()
        raise AssertionError(f"no end within {timeout} s; stderr: {errors[-2000:]}") from None
    return Finished(process.returncode, output, errors)


def make_project(
    folder: Path, name: str, items: Sequence[Mapping[str, Any]], server: Mapping[str, str], **environment: str
) -> Project:
    """A copy of one of the projects beside this module, over `items`. `server` is what points to Langfuse."""
    shutil.copytree(PROJECTS / name, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".evalspec-root").touch()
    with (folder / "items.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(item) + "\n" for item in items)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LANGFUSE_", "OTEL_"))}
    variables = {"PYTHONPATH": str(REPOSITORY), "FAULTS_TALLY": str(folder / "tally.txt"), **environment}
    return Project(folder, f"{name}.evalspec.toml", {**kept, **server, **variables})


def judged_items(number: int) -> list[dict[str, Any]]:
    """Items for the project `judged`."""
    return [
        {
            "id": f"item-{k:04}",
            "input": {"number": k},
            "expected_output": {"word": WORDS[k % len(WORDS)]},
            "metadata": {"odd": bool(k % 2)},
        }
        for k in range(number)
    ]


def plain_items(number: int) -> list[dict[str, Any]]:
    """Items for the project `plain`."""
    return [
        {"id": f"item-{k:05}", "input": f"question {k}", "expected_output": f"question {k}"}
        for k in range(number)
    ]
