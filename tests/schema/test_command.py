"""`evalspec schema` writes the published schemas and notices when they are out of date."""

import json
from pathlib import Path

import pytest

from evalspec.cli import main
from evalspec.schema.build import SCHEMAS
from tests.support.editing import ROOT


def test_the_schemas_of_the_repository_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["schema", "--check"]) == 0


def test_it_writes_what_is_missing_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["schema"]) == 0
    assert {path.name for path in (tmp_path / "schemas").iterdir()} == set(SCHEMAS)
    first = {path: path.stat().st_mtime_ns for path in (tmp_path / "schemas").iterdir()}
    assert "wrote" in capsys.readouterr().err
    assert main(["schema"]) == 0
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "schemas").iterdir()} == first
    assert main(["schema", "--check"]) == 0


def test_check_shows_the_difference_and_the_command_that_mends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "published"
    assert main(["schema", str(folder)]) == 0
    path = folder / "evalspec.v1.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    schema["description"] = "An older one."
    changed = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    path.write_text(changed, encoding="utf-8")
    capsys.readouterr()
    assert main(["schema", str(folder), "--check"]) == 1
    shown = capsys.readouterr()
    assert (
        '-  "description": "An older one.",\n+  "description": "An evaluation as source code.",\n'
        in shown.out
    )
    assert f"`evalspec schema {folder}`" in shown.err
    assert path.read_text(encoding="utf-8") == changed
    assert main(["schema", str(folder)]) == 0
    assert main(["schema", str(folder), "--check"]) == 0


def test_a_folder_that_cannot_be_written_is_an_error_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    assert main(["schema", str(tmp_path / "taken")]) == 2
    assert "Traceback" not in capsys.readouterr().err
