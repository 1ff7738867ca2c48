"""The examples are run whole: `specs/langfuse` against a server, `specs/quickstart` in both spellings."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evalspec.cli import main
from tests.emulator.handle import EmulatorServer

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^version = \S+", re.MULTILINE)
SPEC = "specs/langfuse/countries.evalspec.toml"
DATA = "specs/quickstart/data/countries.jsonl"
ITEMS = 180


class Project:
    """A copy of the examples, and the command line run in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        (folder / ".evalspec-root").touch()
        shutil.copytree(
            ROOT / "specs", folder / "specs", ignore=shutil.ignore_patterns("__pycache__", ".evalspec")
        )

    def call(self, *arguments: str, expected: int = 0) -> str:
        """Run a command; what it prints to stdout, or to stderr where it is meant to fail."""
        self._capsys.readouterr()
        code = main(arguments)
        printed = self._capsys.readouterr()
        assert code == expected, printed.out + printed.err
        return printed.err if expected else printed.out

    def run_apart(self, spec: str) -> Any:
        """Run a spec in a process of its own: the Langfuse SDK keeps one client a process."""
        command = [sys.executable, "-m", "evalspec", "run", spec, "--format", "json"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def json(self, *arguments: str) -> Any:
        """Run a command that prints JSON."""
        return json.loads(self.call(*arguments, "--format", "json"))

    def pin(self, version: str) -> None:
        """Put a version into the spec, as its README says."""
        spec = self.folder / SPEC
        text, count = PIN.subn(f"version = {version}", spec.read_text(encoding="utf-8"))
        assert count == 1
        spec.write_text(text, encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capsys)


@pytest.fixture
def server(emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> EmulatorServer:
    """A server that the environment names."""
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)
    return emulator


def printed_version(text: str) -> str:
    """What a person reads off `dataset push`."""
    found = re.search(r"version (\S+Z)\)", text)
    assert found is not None, text
    return found[1]


def test_push_pin_check_plan_run_read_back(project: Project, server: EmulatorServer) -> None:
    version = printed_version(project.call("dataset", "push", DATA, "--name", "countries"))
    project.pin(version)
    assert "nothing to complain about" in project.call("check", SPEC)
    plan = project.json("plan", SPEC)
    assert plan["dataset"]["fields"] == {"name": "countries", "version": version}
    assert len(plan["dataset"]["items"]) == ITEMS

    summary = project.run_apart(SPEC)
    assert summary["scores"]["correct"]["value"] == 0.85
    assert summary["aggregates"]["weakest_script"]["value"] == 0
    assert summary["gates"]["accurate"]["passed"] is True
    publication = summary["publication"]
    assert publication["sent"] == publication["confirmed"] == 2 * ITEMS + 2
    assert publication["refused"] == publication["pending"] == 0

    [experiment] = server.admin.dump()["experiments"]
    assert experiment["name"] == summary["run"]["name"]
    assert len(experiment["items"]) == ITEMS
    spans = server.admin.dump()["spans"]
    tasks = {span["span_id"] for span in spans if span["name"] == "experiment-item-task"}
    nested = [span for span in spans if span["name"] == "look-up-country"]
    assert {span["parent_id"] for span in nested} == tasks
    assert len(nested) == len(tasks) == ITEMS
    scores = [json.loads(row["content"]) for row in server.admin.dump()["scores"]]
    assert sum(score["value"] for score in scores if score["name"] == "correct") == 0.85 * ITEMS
    [accuracy] = [score for score in scores if score["name"] == "accuracy"]
    assert accuracy["value"] == summary["aggregates"]["accuracy"]["value"]


@pytest.mark.usefixtures("server")
def test_a_pinned_dataset_stays_as_it_was(project: Project) -> None:
    data = project.folder / DATA
    lines = data.read_text(encoding="utf-8").splitlines(keepends=True)[:12]
    data.write_text("".join(lines), encoding="utf-8")
    project.pin(printed_version(project.call("dataset", "push", DATA, "--name", "countries")))
    before = project.json("plan", SPEC)["dataset"]
    data.write_text("".join(lines[1:]).replace('"Mauritania"', '"Mauretania"'), encoding="utf-8")
    project.call("dataset", "push", DATA, "--name", "countries", "--archive-gone")
    assert project.json("plan", SPEC)["dataset"] == before
    project.pin(printed_version(project.call("dataset", "push", DATA, "--name", "countries")))
    after = project.json("plan", SPEC)["dataset"]
    assert (len(before["items"]), len(after["items"])) == (12, 11)
    assert len({tuple(item) for item in after["items"]} - {tuple(item) for item in before["items"]}) == 1


@pytest.mark.usefixtures("server")
def test_a_version_of_another_server_is_an_error_at_its_place(project: Project) -> None:
    project.call("dataset", "push", DATA, "--name", "countries")
    project.pin("2020-01-01T00:00:00Z")
    text = (project.folder / SPEC).read_text(encoding="utf-8")
    line = text.splitlines().index(next(row for row in text.splitlines() if row.startswith("version"))) + 1
    said = project.call("plan", SPEC, expected=2)
    assert f"{SPEC}:{line}:11: error[empty-dataset]: the dataset has no items at this version" in said


def test_both_spellings_of_the_quickstart_are_one_evaluation(project: Project) -> None:
    plans, summaries = {}, {}
    for spelling in ("toml", "json"):
        spec = f"specs/quickstart/quickstart.evalspec.{spelling}"
        plans[spelling] = project.json("plan", spec)
        assert plans[spelling]["spec"].pop("path") == spec
        summaries[spelling] = project.json("run", spec)
    assert plans["toml"] == plans["json"]
    for part in ("items", "scores", "aggregates", "gates", "exit_code"):
        assert summaries["toml"][part] == summaries["json"][part]
    assert summaries["toml"]["run"]["plan_digest"] == plans["toml"]["digest"]
    assert summaries["toml"]["aggregates"]["accuracy"]["value"] == 153 / ITEMS
