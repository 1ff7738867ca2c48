"""Digests of what code reads besides code: declared files and environment variables."""

import fnmatch
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from evalspec.fingerprint.errors import FilesUnusable, PathOutsideRoot
from evalspec.plan.canonical import streaming_digest

__all__ = ["MAX_FILES", "UNSET", "env_digests", "file_digests"]

MAX_FILES: Final = 10_000
"""Files that one pattern may match, and a hundredth of the entries that may be looked at."""

UNSET: Final = "unset"
"""Stands in the place of a digest for a variable that is not set."""

_CHUNK: Final = 1 << 20
_ROUNDS: Final = 50_000


def env_digests(names: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    """The digest of each variable's value.

    The digests stand in plans and locks, where anybody can read them, so a short value could be found by
    trying. They are salted with the name and stretched (PBKDF2), which makes trying slow and not impossible:
    a secret does not belong into ``env``.
    """
    return {
        name: UNSET if name not in environ else _stretched(name, environ[name]) for name in sorted(set(names))
    }


@lru_cache(maxsize=256)
def _stretched(name: str, value: str) -> str:
    salt = b"evalspec:code/env\n" + name.encode("utf-8", "surrogateescape")
    data = value.encode("utf-8", "surrogateescape")
    return f"sha256:{hashlib.pbkdf2_hmac('sha256', data, salt, _ROUNDS).hex()}"


def file_digests(root: Path, patterns: Sequence[str]) -> dict[str, str]:
    """The digest of each file that a pattern matches, by its path relative to the root.

    In a pattern, ``*`` and ``?`` match within a name (never a leading dot), ``**`` any number of folders; a
    folder named without any of them stands for all files below it.

    Raises:
        FilesUnusable: a pattern matches nothing, or too much.
        PathOutsideRoot: a pattern or a symbolic link leads out of the root.
    """
    real_root = root.resolve()
    found: dict[str, Path] = {}
    for pattern in patterns:
        matches = _Glob(root, real_root, pattern).run()
        if not matches:
            raise FilesUnusable(f"`{pattern}` matches no file of the project.", pattern=pattern)
        found.update(matches)
    return {name: _file_digest(name, found[name]) for name in sorted(found)}


def _file_digest(name: str, path: Path) -> str:
    update, result = streaming_digest("code/file")
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                update(chunk)
    except OSError as error:
        raise FilesUnusable(f"`{name}` cannot be read: {error.strerror or error}.") from None
    return result()


class _Glob:
    """One pattern. `pathlib`'s own differ between versions of Python in what they do with links."""

    def __init__(self, root: Path, real_root: Path, pattern: str) -> None:
        self._root = root
        self._real_root = real_root
        self._pattern = pattern
        self._looked_at = 0
        self._files: dict[str, Path] = {}

    def run(self) -> dict[str, Path]:
        parts = [part for part in self._pattern.replace("\\", "/").split("/") if part not in ("", ".")]
        outside = self._pattern.startswith(("/", "~")) or ".." in parts or "\0" in self._pattern
        if outside or (parts and ":" in parts[0]):
            raise PathOutsideRoot(f"`{self._pattern}` leads out of the project.", pattern=self._pattern)
        # Several `**` in a row mean what one does, and each would be a way of its own through the folders.
        once = [
            part
            for index, part in enumerate(parts)
            if parts[max(index - 1, 0) : index] != [part] or part != "**"
        ]
        self._match(self._root, (), once)
        return self._files

    def _match(self, folder: Path, names: tuple[str, ...], parts: list[str]) -> None:
        if not parts:
            self._take(folder, names)
            return
        part, rest = parts[0], parts[1:]
        if part == "**":
            self._match(folder, names, rest or ["*"])
            for entry in self._entries(folder):
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                    self._match(Path(entry.path), (*names, entry.name), parts)
        elif _is_wild(part):
            for entry in self._entries(folder):
                hidden = entry.name.startswith(".") and not part.startswith(".")
                if hidden or not fnmatch.fnmatchcase(entry.name, part):
                    continue
                if rest or not _is_folder(entry):
                    self._match(Path(entry.path), (*names, entry.name), rest)
        elif os.path.lexists(folder / part):
            self._match(folder / part, (*names, part), rest)

    def _take(self, path: Path, names: tuple[str, ...]) -> None:
        try:
            real = path.resolve(strict=True)
            mode = real.stat().st_mode
        except (OSError, RuntimeError):
            return  # a link to nowhere or to itself
        if not real.is_relative_to(self._real_root):
            message = f"`{'/'.join(names)}` is a link that leads out of the project."
            raise PathOutsideRoot(message, pattern=self._pattern)
        if stat.S_ISDIR(mode) and not any(_is_wild(part) for part in self._pattern.split("/")):
            self._match(path, names, ["**"])
        elif stat.S_ISREG(mode):
            self._files["/".join(names)] = path
            if len(self._files) > MAX_FILES:
                message = f"`{self._pattern}` matches more than {MAX_FILES:,} files."
                raise FilesUnusable(message, pattern=self._pattern)

    def _entries(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                listed = list(entries)
        except OSError:
            return
        self._looked_at += len(listed)
        if self._looked_at > MAX_FILES * 100:
            message = f"`{self._pattern}` has to look at more than {MAX_FILES * 100:,} files."
            raise FilesUnusable(message, pattern=self._pattern)
        yield from sorted(listed, key=lambda entry: entry.name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link to itself


def _is_wild(part: str) -> bool:
    return any(sign in part for sign in "*?[")
