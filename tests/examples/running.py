"""A copy of the examples, and a run of one of them as somebody does it who has just checked the project out:
by the command line, without keys, and without a network beyond this machine.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["EXAMPLES", "ROOT", "Run", "carried_out", "copied", "spec_path"]

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = {
    "agent": "agent",
    "classification": "classification",
    "command": "command",
    "conversation": "conversation",
    "conversation-scripted": "conversation",
    "extraction": "extraction",
    "http": "http",
    "pairwise": "pairwise",
    "rag": "rag",
    "translation": "translation",
}
"""The examples by name, and their folders."""

_FILES = {"conversation-scripted": "scripted"}
_URL = "http://127.0.0.1:8741"

# Runs in every process of an example: whoever is asked beyond this machine is written down.
_WATCH = """
import os, sys
def hook(event, arguments):
    if event == "socket.connect":
        address = arguments[1]
        if not (isinstance(address, tuple) and address[0] in ("127.0.0.1", "::1")):
            with open(os.environ["EXAMPLE_WATCH"], "a") as file:
                print(event, address, file=file)
    elif event == "socket.getaddrinfo" and arguments[0] not in (None, "localhost", "127.0.0.1", "::1"):
        with open(os.environ["EXAMPLE_WATCH"], "a") as file:
            print(event, arguments[0], file=file)
sys.addaudithook(hook)
"""


@dataclass(frozen=True)
class Run:
    """What a run of an example ended with; `results` are its trials by item."""

    exit_code: int
    summary: dict[str, Any]
    results: dict[str, dict[str, Any]]
    connections: str
    """Addresses beyond this machine that were asked for, a line each."""

    def values(self, score: str) -> dict[str, Any]:
        """The values of a score by item, where there is one."""
        return {
            item: given["value"]
            for item, result in self.results.items()
            for evaluation in result["evaluations"]
            for given in evaluation["scores"]
            if given["name"] == score
        }

    def below(self, score: str, bound: float = 1) -> set[str]:
        """The items whose score is below a bound."""
        return {item for item, value in self.values(score).items() if value < bound}

    def outputs(self) -> dict[str, Any]:
        """The outputs by item, where the task did not fail."""
        return {item: result["output"] for item, result in self.results.items() if "output" in result}

    def aggregate(self, name: str) -> Any:
        return self.summary["aggregates"][name]["value"]


def spec_path(name: str, spelling: str = "toml") -> str:
    """The path of an example's spec from the project root."""
    return f"specs/{EXAMPLES[name]}/{_FILES.get(name, EXAMPLES[name])}.evalspec.{spelling}"


def copied(folder: Path) -> Path:
    """A project that has nothing but a copy of the examples."""
    (folder / ".evalspec-root").touch()
    left_out = shutil.ignore_patterns("__pycache__", ".evalspec")
    shutil.copytree(ROOT / "specs", folder / "specs", ignore=left_out)
    return folder


def carried_out(name: str, project: Path) -> Run:
    """Run an example in a copy of the examples."""
    environment = _newcomer(project)
    with _service(name, project, environment):
        done = _evalspec(project, environment, "run", spec_path(name), "--format", "json")
    assert done.stdout, done.stderr
    shown = _evalspec(project, environment, "show", "latest", "--limit", "1000", "--format", "json")
    results = {result["item"]: result for result in json.loads(shown.stdout)["results"]["items"]}
    watched = Path(environment["EXAMPLE_WATCH"])
    connections = watched.read_text(encoding="utf-8") if watched.exists() else ""
    return Run(done.returncode, json.loads(done.stdout), results, connections)


def _newcomer(project: Path) -> dict[str, str]:
    """An environment without keys, in which connections are watched."""
    hooks = project / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(_WATCH, encoding="utf-8")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith(("_KEY", "_TOKEN", "_PROXY", "_proxy")) and not name.startswith("LANGFUSE")
    }
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join([str(hooks), str(ROOT)]),
        "EXAMPLE_WATCH": str(project / "watched.txt"),
    }


def _evalspec(
    project: Path, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "evalspec", *arguments]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


@contextmanager
def _service(name: str, project: Path, environment: dict[str, str]) -> Iterator[None]:
    """The service that an example needs, on a free port that its spec is told."""
    if name != "http":
        yield
        return
    command = [sys.executable, "specs/http/service.py", "--port", "0"]
    with subprocess.Popen(
        command, cwd=project, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().rpartition(" ")[2].strip()
            spec = project / spec_path(name)
            text = spec.read_text(encoding="utf-8")
            assert _URL in text
            spec.write_text(text.replace(_URL, address), encoding="utf-8")
            yield
        finally:
            process.terminate()
