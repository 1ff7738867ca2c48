"""What is wrong with a row of a data file, and where it stands."""

from pathlib import Path

__all__ = ["At", "ItemError", "Place", "display_path"]

Place = tuple[str, int, int]
"""Where something stands in a data file: display path, line, column."""

At = tuple[str | int, ...]
"""Where something stands in the spec, below its section."""


def display_path(path: Path) -> str:
    """The path as people see it: relative to the working directory where that is below it."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except (OSError, ValueError):
        return path.as_posix()


class ItemError(Exception):
    """An item of a dataset, or another row of a data file, cannot be read or selected.

    `code` is a diagnostic's. `place` or `at` say where the item stands; `first` is where the other one
    stands of two that clash. `more` are further errors of the same reading, so that all can be told at
    once.
    """

    def __init__(
        self,
        code: str,
        message: str,
        place: Place | None = None,
        *,
        at: At = (),
        expected: str | None = None,
        suggestion: str | None = None,
        first: Place | At | None = None,
    ) -> None:
        self.code = code
        self.place = place
        self.at = at
        self.expected = expected
        self.suggestion = suggestion
        self.first = first
        self.more: tuple[ItemError, ...] = ()
        super().__init__(message)
