"""Reading files: what the file system can do to a spec."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evalspec.diagnostics.model import Diagnostic, Span
from evalspec.source import MAX_BYTES, load_document, source_texts


def _only(path: Path) -> Diagnostic:
    document, faults = load_document(path)
    assert document is None
    assert len(faults) == 1
    return faults[0]


def test_a_spec_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "a.evalspec.toml").write_text("evalspec = 1\n")
    (tmp_path / "b.JSON").write_text('{"evalspec": 1}')
    toml, faults = load_document(tmp_path / "specs" / "a.evalspec.toml")
    assert faults == ()
    assert toml is not None
    assert (toml.path, toml.format, toml.value) == ("specs/a.evalspec.toml", "toml", {"evalspec": 1})
    json, _ = load_document(Path("b.JSON"), display="shown")
    assert json is not None
    assert (json.path, json.format, json.value) == ("shown", "json", {"evalspec": 1})


def test_a_file_elsewhere_keeps_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "a.toml").write_text("")
    monkeypatch.chdir(tmp_path / "here")
    document, _ = load_document(tmp_path / "a.toml")
    assert document is not None
    assert document.path == (tmp_path / "a.toml").as_posix()
    document, _ = load_document(Path("../a.toml"))
    assert document is not None
    assert document.path == "../a.toml"


def test_a_missing_file_with_a_neighbour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "support.evalspec.toml").write_text("")
    fault = _only(Path("specs/suport.evalspec.toml"))
    assert (fault.code, fault.span) == ("file-not-found", None)
    assert fault.message == "there is no file `specs/suport.evalspec.toml`"
    assert fault.suggestion == "specs/support.evalspec.toml"
    assert _only(Path("specs/entirely-different.json")).suggestion is None


def test_a_missing_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert _only(Path("no/such.toml")).notes == ("the folder `no` is not there either",)
    (tmp_path / "file").write_text("")
    assert _only(Path("file/such.toml")).code == "file-not-found"


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")
    for name, words in (("folder.toml", "a folder"), ("pipe.toml", "not a regular file")):
        fault = _only(tmp_path / name)
        assert fault.code == "not-a-file"
        assert words in fault.message


def test_a_link_to_nowhere_and_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "nowhere.toml").symlink_to(tmp_path / "gone.toml")
    (tmp_path / "circle.toml").symlink_to(tmp_path / "circle.toml")
    assert _only(tmp_path / "nowhere.toml").code == "file-not-found"
    assert _only(tmp_path / "circle.toml").code == "not-readable"


@pytest.mark.parametrize("name", ["a\x00.toml", "a" * 5000 + ".toml"])
def test_a_path_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    assert _only(tmp_path / name).code == "not-readable"


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.toml"
    path.write_text("")
    path.chmod(0)
    if os.access(path, os.R_OK):
        # Root may read everything: let opening fail as it would for others.
        def refuse(self: Path, *_: object) -> None:
            raise PermissionError(13, "Permission denied", str(self))

        monkeypatch.setattr(Path, "open", refuse)
    fault = _only(path)
    assert fault.code == "not-readable"
    assert fault.message.endswith("cannot be read: Permission denied")


@pytest.mark.parametrize(("name", "notes"), [("a.yaml", 1), ("a.yml", 1), ("a", 0), ("a.txt", 0)])
def test_an_unknown_format(tmp_path: Path, name: str, notes: int) -> None:
    (tmp_path / name).write_text("evalspec: 1")
    fault = _only(tmp_path / name)
    assert fault.code == "unknown-format"
    assert len(fault.notes) == notes


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    with (tmp_path / "a.toml").open("wb") as file:
        file.truncate(MAX_BYTES * 100)
    assert _only(tmp_path / "a.toml").code == "file-too-large"


def test_source_texts(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xef\xbb\xbfa = '\xff'\n")
    (tmp_path / "b.json").write_text("{}")
    faults = [
        Diagnostic("toml-syntax", "x", span=Span.at(name, 1, 1))
        for name in ("a.toml", "b.json", "gone", "c", "\x00")
    ]
    texts = source_texts([*faults, Diagnostic("file-not-found", "y")], known={"c": "known"}, root=tmp_path)
    assert texts == {"a.toml": "a = '\ufffd'\n", "b.json": "{}", "c": "known"}


def test_a_good_spec_is_read_without_tree_sitter(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("evalspec = 1\n")
    program = (
        "import sys, pathlib, evalspec.source as s\n"
        "d, f = s.load_document(pathlib.Path(sys.argv[1]))\n"
        "assert d and not f and 'tree_sitter' not in sys.modules\n"
        "d.value_span('/evalspec')\n"
        "assert 'tree_sitter' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "a.toml")], check=True)
