"""Where a compilation takes place: folders, environment variables, ports."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalspec.datasets.base import HostedDatasets
from evalspec.fingerprint.code import CodeBase
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolving
from evalspec.kinds.roots import search_path
from evalspec.prompts.base import HostedPrompts


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a compilation may look at; all paths are absolute.

    Without `hosted` no dataset, and without `prompts` no prompt is fetched from a server: because none is
    configured, or because of `offline`.
    """

    root: Path
    spec: Path
    store: Path
    environ: Mapping[str, str]
    hosted: HostedDatasets | None = None
    prompts: HostedPrompts | None = None
    offline: bool = False

    @property
    def base(self) -> Path:
        """The spec's folder: where its relative paths start."""
        return self.spec.parent

    @property
    def search_path(self) -> tuple[str, ...]:
        """The folders in which code is looked for, relative to the root."""
        return search_path(self.root, self.base)

    def loading(self) -> Loading:
        """The same places, for building what a plan names."""
        folders = tuple(self.root / folder for folder in self.search_path)
        return Loading(self.root, folders, self.store, environ=self.environ)

    def codebase(self) -> CodeBase:
        """The project's source, to be read and never imported."""
        return CodeBase(self.root, self.environ, search_path=self.search_path)

    def resolving(self, codebase: CodeBase, **more: Any) -> Resolving:
        """What one section's kind may ask for; its problems are that section's."""
        return Resolving(self.root, self.base, codebase, self.environ, self.store, **more)
