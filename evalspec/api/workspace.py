"""Where things are: project root, store of run records, environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evalspec.diagnostics import UsageError
from evalspec.kinds.loading import Loading
from evalspec.kinds.roots import find_root
from evalspec.plan.model import Plan

STORE_VARIABLE = "EVALSPEC_STORE"
"""The environment variable that names the store, instead of `.evalspec` in the project root."""

PathLike = str | os.PathLike[str]


def display(path: Path) -> str:
    """A path as people see it: relative to the working directory where it lies below it, with forward
    slashes.
    """
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


@dataclass(frozen=True, slots=True)
class Workspace:
    """A project on this machine. Paths are absolute."""

    root: Path
    store: Path
    environ: Mapping[str, str]

    @classmethod
    def at(
        cls,
        start: PathLike = ".",
        *,
        root: PathLike | None = None,
        store: PathLike | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> "Workspace":
        """The project around `start`, a file or folder; what is given explicitly wins."""
        environment = os.environ if environ is None else environ
        place = Path(start).absolute()
        folder = place if place.is_dir() else place.parent
        project = Path(root).resolve() if root is not None else find_root(folder)
        named = store if store is not None else environment.get(STORE_VARIABLE)
        return cls(project, Path(named).absolute() if named else project / ".evalspec", environment)

    @property
    def runs(self) -> Path:
        """The folder that holds one folder a run."""
        return self.store / "runs"

    def loading(self, plan: Plan) -> Loading:
        """Where the parts of a plan are found here."""
        folders = tuple(self.root / folder for folder in plan.search_path)
        return Loading(self.root, folders, self.store, plan.prompts, environ=self.environ)

    def run_folder(self, reference: str) -> Path:
        """The folder of a run: by id, by a unique beginning of it, or `latest`. UsageError when there is
        none.
        """
        from evalspec.journal.store import run_ids

        names = run_ids(self.store)
        if not names:
            raise UsageError(
                f"there are no runs in {self.store}; --root names another project, --store another store"
            )
        if reference == "latest":
            return self.runs / names[-1]
        if reference in names:
            return self.runs / reference
        matching = [name for name in names if name.startswith(reference) or name.endswith(f"-{reference}")]
        if len(matching) == 1:
            return self.runs / matching[0]
        if matching:
            raise UsageError(
                f"`{reference}` is the beginning of {len(matching)} runs: {', '.join(matching[:5])}"
            )
        raise UsageError(f"there is no run `{reference}` in {self.store}; `evalspec runs` lists them")
