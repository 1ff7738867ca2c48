"""Golden pairs: for every diagnostic code a spec that earns it and the text that is shown.

A case is a folder named after its code, or `<code>@<variant>`, with a `spec.*`, whatever files the spec
needs, and `expected.txt`. `command.txt` holds another command line than `check {spec}` where the code needs
one; `given.txt` names what the case takes for granted, a line each: `langfuse` is a server without datasets,
`without NAME` a machine that lacks a module, `installed FOLDER` one where the case's folder holds installed
distributions, `large` a spec that is padded with comments.
With EVALSPEC_UPDATE_GOLDEN=1 the expected texts are rewritten, to be reviewed like code.
"""

import os
import shutil
import sys
from pathlib import Path

import pytest

from evalspec.cli import main
from evalspec.diagnostics import CATALOGUE
from evalspec.source import MAX_BYTES
from tests.emulator.handle import EmulatorServer

HERE = Path(__file__).parent
UPDATE = bool(os.environ.get("EVALSPEC_UPDATE_GOLDEN"))
CASES = sorted(folder for folder in HERE.iterdir() if folder.is_dir() and folder.name[0].isalpha())
OWN_FILES = ("expected.txt", "command.txt", "given.txt")


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


def copy(case: Path, folder: Path) -> None:
    """The files of a case as a project of their own."""
    shutil.copytree(
        case, folder, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*OWN_FILES)
    )
    (folder / ".evalspec-root").touch()


def provide(given: str, folder: Path, request: pytest.FixtureRequest) -> None:
    """Make one line of `given.txt` true."""
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    word, _, rest = given.partition(" ")
    if word == "langfuse":
        server: EmulatorServer = request.getfixturevalue("emulator")
        for name, value in server.env().items():
            monkeypatch.setenv(name, value)
    elif word == "without":
        monkeypatch.setitem(sys.modules, rest, None)
    elif word == "installed":
        monkeypatch.syspath_prepend(str(folder / rest))
    else:
        assert word == "large", given
        (spec,) = folder.glob("spec.*")
        with spec.open("a") as file:
            file.write("#" * MAX_BYTES)


def shown(case: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the case's command prints, with its exit code."""
    spec = next((path.name for path in folder.glob("spec.*")), "")
    command = next(iter(lines(case / "command.txt")), "check {spec}")
    code = main(command.format(spec=spec).split())
    captured = capsys.readouterr()
    return f"{captured.out}{captured.err}exit code {code}\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_golden_pair(
    case: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(tmp_path)
    copy(case, tmp_path)
    for given in lines(case / "given.txt"):
        provide(given, tmp_path, request)
    text = shown(case, tmp_path, capsys)
    expected = case / "expected.txt"
    if UPDATE:
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    code = case.name.partition("@")[0]
    assert f"{CATALOGUE[code].severity}[{code}]" in text


def test_every_code_has_a_golden_pair() -> None:
    assert {case.name.partition("@")[0] for case in CASES} == set(CATALOGUE)
