import os
from pathlib import Path

import pytest

from evalspec.fingerprint import inputs
from evalspec.fingerprint.errors import CodeNotFound, FilesUnusable, PathOutsideRoot
from evalspec.fingerprint.inputs import env_digests, file_digests
from evalspec.plan.canonical import digest_bytes, is_digest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for name in ("a.txt", "b.md", "p/a.txt", "p/q/b.txt", "p/.hidden.txt", ".dot/a.txt", "p/ä ö.txt"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "outside.txt").write_text("outside")
    return root


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a.txt", ["a.txt"]),
        ("./p//a.txt", ["p/a.txt"]),
        ("p\\a.txt", ["p/a.txt"]),
        ("*.txt", ["a.txt"]),
        ("*", ["a.txt", "b.md"]),
        ("?.md", ["b.md"]),
        ("[ab].*", ["a.txt", "b.md"]),
        ("p/*.txt", ["p/a.txt", "p/ä ö.txt"]),
        ("p/.*.txt", ["p/.hidden.txt"]),
        ("*/*.txt", ["p/a.txt", "p/ä ö.txt"]),
        ("**/*.txt", ["a.txt", "p/a.txt", "p/q/b.txt", "p/ä ö.txt"]),
        ("p/**", ["p/a.txt", "p/q/b.txt", "p/ä ö.txt"]),
        ("p", ["p/a.txt", "p/q/b.txt", "p/ä ö.txt"]),
        ("p/", ["p/a.txt", "p/q/b.txt", "p/ä ö.txt"]),
        ("**/q/*", ["p/q/b.txt"]),
        ("**/**/b.txt", ["p/q/b.txt"]),
    ],
)
def test_patterns(root: Path, pattern: str, expected: list[str]) -> None:
    assert list(file_digests(root, [pattern])) == expected


def test_digests_are_of_the_content_alone(root: Path) -> None:
    found = file_digests(root, ["a.txt", "*.txt", "b.md"])
    assert found == {"a.txt": digest_bytes("code/file", b"a.txt"), "b.md": digest_bytes("code/file", b"b.md")}


def test_large_files_are_streamed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "_CHUNK", 3)
    assert file_digests(root, ["a.txt"]) == {"a.txt": digest_bytes("code/file", b"a.txt")}


@pytest.mark.parametrize("pattern", ["", "c.txt", "*.py", "q/*", "p/*/*/*", "p/a.txt/b", "**/nothing"])
def test_patterns_that_match_nothing(root: Path, pattern: str) -> None:
    with pytest.raises(FilesUnusable) as caught:
        file_digests(root, ["a.txt", pattern] if pattern else ["*.none"])
    assert caught.value.code == "files-match-nothing"


@pytest.mark.parametrize(
    "pattern", ["../outside.txt", "/etc/passwd", "p/../../outside.txt", "~/x", "C:/x", "a\0"]
)
def test_patterns_that_lead_out(root: Path, pattern: str) -> None:
    with pytest.raises(PathOutsideRoot) as caught:
        file_digests(root, [pattern])
    assert caught.value.code == "path-outside-root"


def test_links(root: Path) -> None:
    (root / "inside.lnk").symlink_to(root / "a.txt")
    (root / "loop.lnk").symlink_to(root / "loop.lnk")
    (root / "nowhere.lnk").symlink_to(root / "nowhere")
    (root / "p" / "up").symlink_to(root)
    assert list(file_digests(root, ["*.lnk"])) == ["inside.lnk"]
    assert list(file_digests(root, ["p/**/*.txt"])) == ["p/a.txt", "p/q/b.txt", "p/ä ö.txt"]
    (root / "out.lnk").symlink_to(root.parent / "outside.txt")
    for pattern in ("out.lnk", "*.lnk", "**"):
        with pytest.raises(PathOutsideRoot):
            file_digests(root, [pattern])


def test_only_regular_files_are_opened(root: Path) -> None:
    os.mkfifo(root / "pipe.txt")
    assert list(file_digests(root, ["*.txt"])) == ["a.txt"]
    with pytest.raises(FilesUnusable):
        file_digests(root, ["pipe.txt"])


def test_a_pattern_cannot_match_without_end(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MAX_FILES", 2)
    with pytest.raises(CodeNotFound, match="more than 2 files"):
        file_digests(root, ["**"])
    monkeypatch.setattr(inputs, "MAX_FILES", 0)
    with pytest.raises(CodeNotFound, match="look at more than 0"):
        file_digests(root, ["**/nothing"])


def test_variables() -> None:
    found = env_digests(["B", "A", "A"], {"A": "eu", "C": "x"})
    assert list(found) == ["A", "B"]
    assert found["B"] == "unset"
    assert is_digest(found["A"])
    assert env_digests(["A"], {"A": "eu"}) == {"A": found["A"]}
    assert env_digests(["A"], {"A": "us"}) != {"A": found["A"]}
    # The same value under another name cannot be recognised.
    assert env_digests(["D"], {"D": "eu"})["D"] != found["A"]
    assert is_digest(env_digests(["A"], {"A": "\udcff"})["A"])


def test_the_digest_of_a_variable_never_changes() -> None:
    expected = "sha256:de3afd4f21a3a25105288dcef6bcce2ba38120fb02629021d8f7470718f1c4c3"
    assert env_digests(["REGION"], {"REGION": "eu-central-1"})["REGION"] == expected
