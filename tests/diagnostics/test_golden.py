"""Golden pairs: for every diagnostic code a spec that earns it and the text that is shown.

A case is a folder named after its code, or `<code>@<variant>`, with a `spec.toml` or `spec.json`, whatever
files the spec needs, and `expected.txt`. `command.txt` holds another command line than `check {spec}` where
the code needs one.
With EVALSPEC_UPDATE_GOLDEN=1 the expected texts are rewritten, to be reviewed like code.
"""

import os
import shutil
from pathlib import Path

import pytest

from evalspec.cli import main
from evalspec.diagnostics import CATALOGUE

HERE = Path(__file__).parent
UPDATE = bool(os.environ.get("EVALSPEC_UPDATE_GOLDEN"))
CASES = sorted(folder for folder in HERE.iterdir() if folder.is_dir() and any(folder.glob("spec.*")))
LANGFUSE_VARIABLES = ("LANGFUSE_BASE_URL", "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY")


def shown(case: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the case's command prints, with its exit code, when it is run in a copy of the case."""
    shutil.copytree(case, folder, dirs_exist_ok=True)
    (folder / "expected.txt").unlink(missing_ok=True)
    (folder / ".evalspec-root").touch()
    command = folder / "command.txt"
    line = command.read_text().strip() if command.is_file() else "check {spec}"
    [spec] = folder.glob("spec.*")
    code = main(line.format(spec=spec.name).split())
    captured = capsys.readouterr()
    return f"{captured.out}{captured.err}exit code {code}\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_golden_pair(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in LANGFUSE_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    text = shown(case, tmp_path, capsys)
    expected = case / "expected.txt"
    if UPDATE:
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert f"[{case.name.partition('@')[0]}]" in text


def test_every_code_has_a_golden_pair() -> None:
    assert {case.name.partition("@")[0] for case in CASES} == set(CATALOGUE)
