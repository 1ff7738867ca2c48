import getpass
import json
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from evalspec.evidence import collect_environment
from evalspec.evidence.environment import installed_versions
from evalspec.evidence.git import git_state

AUTHOR = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ("git", *AUTHOR, *arguments), cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "a.txt").write_text("one")
    git(root, "add", "a.txt")
    git(root, "commit", "-q", "-m", "first")
    return root


def test_commit_branch_and_changes(repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    assert git_state(repository) == {"commit": commit, "branch": "main", "dirty": False}
    (repository / "new.txt").write_text("untracked")
    assert git_state(repository)["dirty"] is False
    (repository / "a.txt").write_text("two")
    assert git_state(repository)["dirty"] is True
    git(repository, "checkout", "-q", "--detach", "-f")
    assert git_state(repository) == {"commit": commit, "dirty": False}


def test_nothing_that_the_repository_configures_is_run(repository: Path) -> None:
    marker = repository / "ran"
    hook = repository / ".git" / "monitor"
    hook.write_text(f"#!/bin/sh\ntouch {marker}\n")
    hook.chmod(0o755)
    hooks = repository / ".git" / "hooks" / "post-index-change"
    hooks.write_text(hook.read_text())
    hooks.chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(hook))
    (repository / "a.txt").touch()
    assert git_state(repository)["dirty"] is False
    assert not marker.exists()


def test_a_git_around_it_does_not_matter(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert git_state(repository)["branch"] == "main"


def test_without_the_program_the_commit_is_read_from_files(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    worktree = repository.parent / "worktree"
    git(repository, "worktree", "add", "-q", "-b", "side", str(worktree))
    detached = repository.parent / "detached"
    git(repository, "worktree", "add", "-q", "--detach", str(detached))
    monkeypatch.setenv("PATH", "")
    assert git_state(repository) == {"commit": commit, "branch": "main"}
    assert git_state(worktree) == {"commit": commit, "branch": "side"}
    assert git_state(detached) == {"commit": commit}
    assert git_state(repository / ".git" / "hooks")["commit"] == commit
    monkeypatch.undo()
    git(repository, "pack-refs", "--all")
    monkeypatch.setenv("PATH", "")
    assert git_state(worktree) == {"commit": commit, "branch": "side"}


def test_before_the_first_commit_and_without_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    if shutil.which("git") is not None:
        git(empty, "init", "-q", "-b", "main")
        assert git_state(empty) == {"branch": "main", "dirty": False}
    monkeypatch.setenv("PATH", "")
    if not any((folder / ".git").exists() for folder in (tmp_path, *tmp_path.parents)):
        assert git_state(tmp_path) == {}


def test_the_environment_names_neither_host_nor_user_nor_place(tmp_path: Path) -> None:
    environment = collect_environment(tmp_path, ["rich", "pytest", "not_installed_anywhere"])
    assert environment["python"] == platform.python_version()
    assert set(environment["distributions"]) == {"rich", "pytest"}
    text = json.dumps(environment)
    for secret in (platform.node(), str(Path.home()), str(tmp_path)):
        assert secret not in text
    assert getpass.getuser() not in environment.values()


def test_modules_stand_for_the_distributions_that_install_them() -> None:
    assert list(installed_versions(["_pytest.config", "pytest", "json", "..", ""])) == ["pytest"]
