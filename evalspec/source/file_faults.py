"""What can be wrong with a file before its content is looked at."""

import os
from contextlib import suppress
from itertools import islice
from pathlib import Path

from evalspec.diagnostics.model import Diagnostic, Position, Span
from evalspec.diagnostics.suggest import closest

_MOST_NEIGHBOURS = 2000


def display_path(path: Path) -> str:
    """A path as people see it: relative to the working directory if below it, with forward slashes."""
    if path.is_absolute():
        with suppress(ValueError, OSError):
            path = path.relative_to(Path.cwd())
    return path.as_posix()


def not_found(path: Path, shown: str) -> Diagnostic:
    """The file is not there; suggests a neighbour with a similar name."""
    folder = path.parent
    notes: tuple[str, ...] = ()
    suggestion: str | None = None
    try:
        neighbours = [entry.name for entry in islice(os.scandir(folder), _MOST_NEIGHBOURS)]
    except OSError:
        notes = (f"the folder `{display_path(folder)}` is not there either",)
    else:
        suggestion = closest(path.name, sorted(neighbours))
    if suggestion is not None:
        prefix = shown.rpartition("/")[0]
        suggestion = f"{prefix}/{suggestion}" if prefix else suggestion
    return Diagnostic(
        code="file-not-found",
        message=f"there is no file `{shown}`",
        suggestion=suggestion,
        notes=notes,
    )


def not_a_file(shown: str, *, is_folder: bool) -> Diagnostic:
    """The path leads to something that has no content of its own."""
    return Diagnostic(
        code="not-a-file",
        message=f"`{shown}` is {'a folder' if is_folder else 'not a regular file'}",
        expected="the path of a spec file",
    )


def not_readable(shown: str, fault: Exception) -> Diagnostic:
    """The system refused; its own words say why."""
    reason = fault.strerror if isinstance(fault, OSError) and fault.strerror else str(fault)
    return Diagnostic(code="not-readable", message=f"`{shown}` cannot be read: {reason}")


def unknown_format(path: Path, shown: str) -> Diagnostic:
    """The name of the file does not say which of the two formats it is in."""
    notes = ("YAML is not read: say the same in TOML",) if path.suffix.lower() in {".yaml", ".yml"} else ()
    ending = f"the ending `{path.suffix}`" if path.suffix else "a name without an ending"
    return Diagnostic(
        code="unknown-format",
        message=f"`{shown}` has {ending}, which says nothing about its format",
        span=Span(shown, Position(1, 1), Position(1, 1)),
        expected="a file named `*.evalspec.toml` or `*.evalspec.json`",
        notes=notes,
    )


def too_large(shown: str, most: int) -> Diagnostic:
    """The file is larger than any spec should be."""
    return Diagnostic(
        code="file-too-large",
        message=f"`{shown}` is larger than {most // (1024 * 1024)} MB",
        span=Span(shown, Position(1, 1), Position(1, 1)),
        notes=("keep the items in a data file and name it in `[dataset]`",),
    )
