"""Modules found by path alone, as Python would find them and without importing anything."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Final

__all__ = ["Found", "Locator", "ModuleKind"]

_MAX_LISTED: Final = 5_000
_MAX_PARTS: Final = 100
_UNLISTED: Final = frozenset({"__pycache__", "node_modules", "site-packages", "build", "dist", "venv"})


class ModuleKind(StrEnum):
    """What stands behind a module's name."""

    SOURCE = "source"
    NAMESPACE = "namespace"
    EXTENSION = "extension"


@dataclass(frozen=True, slots=True)
class Found:
    """A module: its file (None for a namespace package), and where its submodules are."""

    name: str
    kind: ModuleKind
    path: Path | None
    folders: tuple[Path, ...] = ()

    @property
    def is_package(self) -> bool:
        """Whether it can have submodules."""
        return bool(self.folders)


class Locator:
    """Finds the modules of a project in its search path; the first folder that has one wins."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders
        self._found: dict[str, Found | None] = {}

    def find(self, name: str) -> Found | None:
        """The module of this absolute name, if it is the project's."""
        if name not in self._found:
            self._found[name] = self._find(name) if name.count(".") < _MAX_PARTS else None
        return self._found[name]

    def owns(self, name: str) -> bool:
        """Whether the module, existing or not, would lie in one of the project's own packages."""
        return self.find(name.partition(".")[0]) is not None

    def names(self) -> Iterator[str]:
        """Modules that exist, for suggestions; not more than a person's project has."""
        left = _MAX_LISTED
        for folder in self._folders:
            for path in _python_files(folder, frozenset(map(os.path.realpath, self._folders))):
                left -= 1
                if left < 0:
                    return
                parts = path.relative_to(folder).with_suffix("").parts
                parts = parts[:-1] if parts[-1] == "__init__" else parts
                if parts and all(part.isidentifier() for part in parts):
                    yield ".".join(parts)

    def _find(self, name: str) -> Found | None:
        parent, _, last = name.rpartition(".")
        if not last.isidentifier():
            return None
        if not parent:
            # Those are in the interpreter, before any search path.
            folders = () if last in sys.builtin_module_names else self._folders
        else:
            package = self.find(parent)
            folders = package.folders if package is not None else ()
        portions: list[Path] = []
        for folder in folders:
            found = _in_folder(name, folder / last)
            if found is not None:
                return found
            if os.path.isdir(folder / last):
                portions.append(folder / last)
        return Found(name, ModuleKind.NAMESPACE, None, tuple(portions)) if portions else None


def _in_folder(name: str, base: Path) -> Found | None:
    for place, folders in ((base / "__init__", (base,)), (base, ())):
        for suffix in EXTENSION_SUFFIXES:
            path = place.with_name(place.name + suffix)
            # Unlike a Path's own method it says no, too, where the system refuses the name.
            if os.path.isfile(path):
                return Found(name, ModuleKind.EXTENSION, path, folders)
        path = place.with_name(place.name + ".py")
        if os.path.isfile(path):
            return Found(name, ModuleKind.SOURCE, path, folders)
    return None


def _python_files(folder: Path, others: frozenset[str]) -> Iterator[Path]:
    """The Python files below a folder, without those of the other folders of the search path."""
    for current, folders, files in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if name.isidentifier()
            and name not in _UNLISTED
            and os.path.realpath(os.path.join(current, name)) not in others
        )
        for file in sorted(files):
            if file.endswith(".py"):
                yield Path(current, file)
