"""What a kind may ask for when it is built to run."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from evalspec.kinds.media import FetchMedia, MediaReader
from evalspec.plan.model import PlanPrompt

if TYPE_CHECKING:
    from evalspec.models.client import Models


@dataclass(frozen=True, slots=True)
class Loading:
    """Where a plan's parts are found on this machine.

    `root` is the project root, `search_path` the absolute folders in which code is looked for, `store` the
    folder of run records.
    """

    root: Path
    search_path: tuple[Path, ...]
    store: Path
    prompts: Mapping[str, PlanPrompt] = field(default_factory=dict)
    """The plan's prompts by name."""
    models: "Models | None" = None
    """The door to the plan's models; there is none where nothing is going to be called."""
    fetch_media: FetchMedia | None = None
    """Reads media from Langfuse, where a server is configured."""

    timeout: float | None = None
    """Seconds after which a call is ended by whoever makes it, None where nobody does: a kind that may wait
    for ever then has a limit of its own."""
    names: frozenset[str] = frozenset()
    """What expressions and templates see besides what a kind gives them, as a step of a chain."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    """The environment variables, for kinds that are given secrets by them."""

    @property
    def media(self) -> MediaReader:
        """Reads what prompts name."""
        return MediaReader(self.root, self.fetch_media, self.store)

    def door(self) -> "Models":
        """The door to the plan's models, for kinds that need one. ValueError where there is none."""
        if self.models is None:
            raise ValueError("these parts are not built to be called")
        return self.models
