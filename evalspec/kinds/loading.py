"""What a kind may ask for when it is built to run."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Loading:
    """Where a plan's parts are found on this machine.

    `root` is the project root, `search_path` the absolute folders in which code is looked for, `store` the
    folder of run records.
    """

    root: Path
    search_path: tuple[Path, ...]
    store: Path
