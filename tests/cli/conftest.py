"""A small project whose task fails on some items, and the command line run in it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evalspec.cli import main

SPEC = """\
evalspec = 1
name = "capitals"

[dataset]
type = "file"
path = "capitals.jsonl"

[task]
type = "python"
callable = "answers:capital_of"

[scores.correct]
data_type = "BOOLEAN"

[scores.similarity]
data_type = "NUMERIC"
min = 0
max = 1

[evaluators.exact]
type = "exact_match"
score = "correct"

[evaluators.close]
type = "levenshtein"
score = "similarity"

[aggregates.accuracy]
score = "correct"
function = "rate"

[gates.good_enough]
aggregate = "accuracy"
min = 0.5
"""

CODE = """\
CAPITALS = {"France": "Paris", "Germany": "Bonn", "Italy": "Rome", "Spain": "Madrid"}


def capital_of(country):
    return CAPITALS[country]
"""

ITEMS = [("France", "Paris"), ("Germany", "Berlin"), ("Italy", "Rome"), ("Spain", "Madrid")]


@dataclass(frozen=True, slots=True)
class Printed:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


class Project:
    """A project in a temporary folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        (folder / ".evalspec-root").touch()
        self.write("capitals.evalspec.toml", SPEC)
        self.write("answers.py", CODE)
        self.items(ITEMS)

    @property
    def spec(self) -> Path:
        """The spec."""
        return self.folder / "capitals.evalspec.toml"

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def items(self, items: Sequence[tuple[str, str]]) -> None:
        """Make these the dataset: input and expected output."""
        rows = [{"id": name.lower(), "input": name, "expected_output": answer} for name, answer in items]
        self.write("capitals.jsonl", "".join(json.dumps(row) + "\n" for row in rows))

    def edit(self, old: str, new: str) -> None:
        """Change the spec."""
        text = self.spec.read_text(encoding="utf-8")
        assert old in text
        self.spec.write_text(text.replace(old, new), encoding="utf-8")

    def __call__(self, *arguments: str) -> Printed:
        """Run a command in the project."""
        self._capsys.readouterr()
        code = main(arguments)
        captured = self._capsys.readouterr()
        return Printed(code, captured.out, captured.err)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    """A project of four items, one of which is answered wrongly."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return Project(tmp_path, capsys)


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Point the environment at a server."""

    def set_variables(server: Any) -> None:
        for name, value in server.env().items():
            monkeypatch.setenv(name, value)

    return set_variables
