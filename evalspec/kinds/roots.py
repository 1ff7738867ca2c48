"""The project root, and the folders in which a spec's code is looked for."""

from pathlib import Path

ROOT_MARKERS = (".evalspec-root", "pyproject.toml", ".git")
"""The nearest folder upward that holds one of these is the project root."""


def find_root(start: Path) -> Path:
    """The project root of a folder: the nearest ancestor with a marker, else the folder itself."""
    folder = start.resolve()
    for candidate in (folder, *folder.parents):
        if any((candidate / marker).exists() for marker in ROOT_MARKERS):
            return candidate
    return folder


def search_path(root: Path, base: Path) -> tuple[str, ...]:
    """The folders in which a spec's code is looked for, relative to the root: the spec's own, the root,
    `src`.
    """
    folders = [base.resolve().relative_to(root.resolve()).as_posix(), "."]
    if (root / "src").is_dir():
        folders.append("src")
    return tuple(dict.fromkeys(folders))
