"""The commit a project stands at, and whether anything differs from it.

Git is asked only while a run is begun, never by `check`. It runs here without hooks, monitors, prompts and
the environment of a git process around it; nothing is fetched and no lock is taken.
"""

import os
import subprocess
from pathlib import Path
from typing import Any, Final

_COMMAND: Final = (
    "git",
    "--no-optional-locks",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.untrackedCache=false",
    "-c",
    f"core.hooksPath={os.devnull}",
    "-c",
    "submodule.recurse=false",
    "status",
    "--porcelain=v2",
    "--branch",
    "--untracked-files=no",
    "--ignore-submodules=all",
)
_TIMEOUT: Final = 20
_DETACHED: Final = "(detached)"
_UNBORN: Final = "(initial)"


def git_state(root: Path) -> dict[str, Any]:
    """`commit`, `branch` and `dirty` (whether a tracked file differs from the commit), as far as is known.

    Without git, or where git refuses the folder, the commit is read from `.git`. Empty where there is none.
    """
    try:
        found = subprocess.run(
            _COMMAND,
            cwd=root,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return _read_head(root)
    return _parse(found.stdout.decode(errors="replace"))


def _environment() -> dict[str, str]:
    """Without what a surrounding git, such as one that runs a hook, says about another repository."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


def _parse(status: str) -> dict[str, Any]:
    """The lines of `git status --porcelain=v2 --branch`: headers, then one for each file that differs."""
    state: dict[str, Any] = {}
    dirty = False
    for line in status.splitlines():
        if not line.startswith("# "):
            dirty = True
            continue
        _, name, value = line.split(" ", 2)
        if name == "branch.oid" and value != _UNBORN:
            state["commit"] = value
        elif name == "branch.head" and value != _DETACHED:
            state["branch"] = value
    return {**state, "dirty": dirty}


def _read_head(root: Path) -> dict[str, Any]:
    """Commit and branch from the files of the repository (gitrepository-layout)."""
    try:
        folder = _git_folder(root)
        if folder is None:
            return {}
        head = (folder / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref: "):
            return {"commit": head}
        reference = head.removeprefix("ref: ")
        commit = _resolve(folder, reference)
    except (OSError, UnicodeDecodeError):
        return {}
    state = {"branch": reference.removeprefix("refs/heads/")}
    return {"commit": commit, **state} if commit else state


def _git_folder(root: Path) -> Path | None:
    for folder in (root, *root.parents):
        place = folder / ".git"
        if place.is_dir():
            return place
        if place.is_file():
            # A worktree or submodule: the file names the folder.
            return folder / place.read_text(encoding="utf-8").strip().removeprefix("gitdir: ")
    return None


def _resolve(folder: Path, reference: str) -> str | None:
    """What a reference points to: in a file of its own, or among the packed ones."""
    common = folder / "commondir"
    shared = folder / common.read_text(encoding="utf-8").strip() if common.is_file() else folder
    for place in (folder, shared):
        if (place / reference).is_file():
            return (place / reference).read_text(encoding="utf-8").strip()
    packed = shared / "packed-refs"
    if packed.is_file():
        for line in packed.read_text(encoding="utf-8").splitlines():
            commit, _, name = line.partition(" ")
            if name == reference:
                return commit
    return None
