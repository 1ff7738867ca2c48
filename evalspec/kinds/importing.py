"""Importing the user's modules from a project's search path.

One process may run plans of several projects, and one project before and after its code was edited. What was
imported for an earlier state is forgotten first, so that the code that runs is the code on disk, which is
what a plan's digests speak of. Modules that were loaded by somebody else are left alone; one that hides the
module that is meant is an error.
"""

import importlib
import sys
import traceback
from dataclasses import dataclass, field
from importlib.machinery import SOURCE_SUFFIXES
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Final

from evalspec.diagnostics import EvalspecError

__all__ = ["LoadError", "import_from"]

_OWN_PACKAGE: Final = __name__.partition(".")[0]
_INSTALLED: Final = frozenset({"site-packages", "dist-packages"})

_Stamp = tuple[int, int]


class LoadError(EvalspecError):
    """Code that a plan names cannot be loaded or called.

    The message is one sentence. `traceback` is the text of the traceback where the user's own code raised
    while it was imported, else None.
    """

    exit_code = 2

    def __init__(self, message: str, traceback: str | None = None) -> None:
        self.traceback = traceback
        super().__init__(message)


@dataclass(slots=True)
class _Active:
    """The folders now in front of `sys.path`, and the modules that were imported from them on our account."""

    folders: tuple[str, ...] = ()
    stamps: dict[str, _Stamp | None] = field(default_factory=dict)


_active: Final = _Active()
_lock: Final = RLock()


def import_from(name: str, search_path: tuple[Path, ...]) -> ModuleType:
    """The module `name`, found in the folders of `search_path` or else wherever Python finds it.

    Raises LoadError.
    """
    with _lock:
        _activate(tuple(str(folder) for folder in search_path))
        expected = _locate(name, search_path)
        before = frozenset(sys.modules)
        try:
            module = importlib.import_module(name)
        except (Exception, SystemExit) as error:  # user code may raise anything while it is imported
            raise LoadError(_why_not(name, error), _users_part(error)) from error
        finally:
            _remember(before)
        found = getattr(module, "__file__", None)
        if expected is not None and found is not None and Path(found).resolve() != expected.resolve():
            raise LoadError(f"`{name}` is `{found}` in this process, not `{expected}`; rename one of the two")
        return module


def _activate(folders: tuple[str, ...]) -> None:
    if folders != _active.folders or _changed_on_disk():
        for name in _active.stamps:
            sys.modules.pop(name, None)
        _active.stamps.clear()
        for folder in _active.folders:
            if folder in sys.path:
                sys.path.remove(folder)
        sys.path[:0] = folders
        _active.folders = folders
    # Files may have appeared since the folders were last listed.
    importlib.invalidate_caches()


def _changed_on_disk() -> bool:
    for name, stamp in _active.stamps.items():
        module = sys.modules.get(name)
        if module is not None and _stamp(module) != stamp:
            return True
    return False


def _remember(before: frozenset[str]) -> None:
    for name in sys.modules.keys() - before:
        module = sys.modules[name]
        if _is_project_module(name, module):
            _active.stamps[name] = _stamp(module)


def _is_project_module(name: str, module: ModuleType) -> bool:
    if name.partition(".")[0] == _OWN_PACKAGE:
        return False
    places = [getattr(module, "__file__", None) or "", *_namespace_folders(module)]
    for place in filter(None, places):
        for folder in _active.folders:
            path = Path(place)
            if path.is_relative_to(folder) and not _INSTALLED & set(path.relative_to(folder).parts):
                return True
    return False


def _namespace_folders(module: ModuleType) -> list[str]:
    return [str(folder) for folder in getattr(module, "__path__", ())]


def _stamp(module: ModuleType) -> _Stamp | None:
    file = getattr(module, "__file__", None)
    if file is None:
        return None
    try:
        status = Path(file).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _locate(name: str, search_path: tuple[Path, ...]) -> Path | None:
    """The source file of a module, by path alone: the first folder that has it wins, as it does for
    Python.
    """
    parts = name.split(".")
    for folder in search_path:
        base = folder.joinpath(*parts)
        for suffix in SOURCE_SUFFIXES:
            for candidate in (base / f"__init__{suffix}", base.with_name(base.name + suffix)):
                if candidate.is_file():
                    return candidate
    return None


def _users_part(error: BaseException) -> str | None:
    """The text of a traceback without the frames that only say how the module came to be imported; None where
    there are no others."""
    shown = error.__traceback__
    while shown is not None and _is_machinery(shown.tb_frame.f_code.co_filename):
        shown = shown.tb_next
    if shown is None and isinstance(error, ModuleNotFoundError):
        return None
    if shown is None:
        return "".join(traceback.format_exception_only(error))
    return "".join(traceback.format_exception(type(error), error, shown))


def _is_machinery(file: str) -> bool:
    return file == __file__ or file.startswith("<frozen") or file == importlib.__file__


def _why_not(name: str, error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name is not None:
        if name == error.name or name.startswith(f"{error.name}."):
            return f"there is no module `{error.name}` on the search path"
        return f"`{name}` cannot be imported: it needs `{error.name}`, which is not installed"
    return f"`{name}` cannot be imported: {type(error).__name__}: {error}"
