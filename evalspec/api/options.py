"""How a run is to be carried out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from evalspec.api.workspace import PathLike, Workspace
from evalspec.runner import ProgressSink, StopSignal

BackendName = Literal["auto", "local", "langfuse"]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Where a run happens and what is done with its results.

    `backend` None is `auto` for a new run and what it was for a resumed one; `auto` publishes to Langfuse
    where its keys are set. `publish_timeout` is how many seconds publication
    may go on after the last result; what is still pending then is published by `publish`. With `allow_moved`
    a run goes on although code or data differ from the plan's digests, and says so.
    """

    start: PathLike = "."
    root: PathLike | None = None
    store: PathLike | None = None
    environ: Mapping[str, str] | None = None
    backend: BackendName | None = None
    publish_timeout: float = 60.0
    require_published: bool = False
    allow_moved: bool = False
    progress: ProgressSink | None = None
    stop: StopSignal = field(default_factory=StopSignal)

    def workspace(self) -> Workspace:
        """The project that these options name."""
        return Workspace.at(self.start, root=self.root, store=self.store, environ=self.environ)
