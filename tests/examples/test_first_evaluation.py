"""The walk in docs/quickstart.md leads where the page says: its files are written, its commands run, and what
they print is what the page shows, moments and digests aside.

`python -m tests.examples.test_first_evaluation` writes what they print today into the page.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.docs.run_page import blocks

PAGE = Path(__file__).resolve().parents[2] / "docs" / "quickstart.md"
SPEC = "capitals.evalspec.toml"
FILES = {"python": "assistant.py", "json": "capitals.jsonl", "toml": SPEC}
CUT = "\n…"
"""A page shows only the beginning of what is printed where it ends so."""

# What the page tells its reader to change, before the step of that number (from 0).
EDITS = {
    1: [(SPEC, "capital_off", "capital_of"), (SPEC, '"corect"', '"correct"')],
    2: [(SPEC, 'data_type = "BOOLEAN"', 'data_type = "BOOLEAN"\non_task_failure = "worst"')],
    3: [("assistant.py", '"Sydney"}', '"Canberra", "Japan": "Tokyo"}')],
}
VARYING = (
    (re.compile(r"\d{8}-\d{6}-[a-z0-9]{6}"), "RUN"),
    (re.compile(r"\b\d+(\.\d+)? m?s\b"), "TIME"),
    (re.compile(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{32}\b|\b[0-9a-f]{16}\b|\b[0-9a-f]{12}\b"), "DIGITS"),
)


@dataclass(frozen=True)
class Step:
    """A command of the page, what the page shows after it, and what it prints today."""

    command: str
    shown: str
    printed: str


def walk(text: str, folder: Path) -> Iterator[Step]:
    """Do in `folder` what the page says."""
    found = list(blocks(text))
    for language, name in FILES.items():
        file = next(block for block in found if block.language == language)
        (folder / name).write_text(file.text + "\n", encoding="utf-8")
    consoles = [block.text.partition("\n") for block in found if block.language == "console"]
    steps = [(first, shown) for first, _, shown in consoles if shown and not shown.startswith("$")]
    for number, (first, shown) in enumerate(steps):
        for name, old, new in EDITS.get(number, ()):
            before = (folder / name).read_text(encoding="utf-8")
            assert old in before
            (folder / name).write_text(before.replace(old, new), encoding="utf-8")
        arguments = first.removeprefix("$ evalspec ").split()
        done = subprocess.run(
            [sys.executable, "-m", "evalspec", *arguments],
            cwd=folder,
            env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [line.rstrip() for line in done.stdout.strip("\n").splitlines()]
        if shown.endswith(CUT):
            lines = [*lines[: shown.count("\n")], "…"]
        yield Step(first, shown, "\n".join(lines))


def steady(text: str) -> str:
    """A text without what is another one in every run."""
    for pattern, word in VARYING:
        text = pattern.sub(word, text)
    return text


def test_the_walk(tmp_path: Path) -> None:
    steps = list(walk(PAGE.read_text(encoding="utf-8"), tmp_path))
    assert [step.command.split()[2] for step in steps] == ["check", "run", "run", "run", "runs", "explain"]
    for step in steps:
        assert steady(step.printed) == steady(step.shown), step.command


def write() -> None:
    """Bring the page up to date."""
    text = PAGE.read_text(encoding="utf-8")
    with TemporaryDirectory() as folder:
        for step in walk(text, Path(folder)):
            if steady(step.printed) == steady(step.shown):
                continue
            text = text.replace(f"{step.command}\n{step.shown}\n", f"{step.command}\n{step.printed}\n", 1)
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
