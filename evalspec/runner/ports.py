"""What the runner needs from others, and what it tells them while it works."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from evalspec.journal.ids import CallKey
from evalspec.journal.records import SpanRecord


class Captured(Protocol):
    """The spans of one call of user code."""

    def below(self, span_id: str) -> AbstractContextManager[None]:
        """Let the spans that begin within, in the current context, nest under this span of the call's trace
        and not under that of the call.
        """

    def take(self) -> tuple[SpanRecord, ...]:
        """What has ended until now, in the order of ending, once; whatever ends later is dropped."""


class SpanCapture(Protocol):
    """Lets the spans that user code makes nest under a span of ours, and collects them."""

    def attach(self, key: CallKey) -> Captured:
        """Make the span of a call the current one in the `contextvars` context that this is called in. Its
        ids are `evalspec.journal.ids.ids_of_call`'s.
        """


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, counted in trials; what earlier sessions did is included.

    `expected` = `completed` + `failed` + what is left. `evaluations_failed` counts this session's evaluators
    without a result, `retries` its repeated calls, `running` the trials worked on now; `abandoned` calls
    outlived their timeout in a thread that cannot be stopped. `stopping` names what ends the run early.
    """

    expected: int
    completed: int
    failed: int
    running: int = 0
    evaluations_failed: int = 0
    retries: int = 0
    abandoned: int = 0
    stopping: str | None = None

    @property
    def done(self) -> int:
        """Trials with an outcome."""
        return self.completed + self.failed


class ProgressSink(Protocol):
    """Told about progress on the event loop, a few times a second at most; must be quick."""

    def __call__(self, progress: Progress) -> None: ...
