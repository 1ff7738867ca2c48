"""How far a run is: a live line on a terminal, a line now and then elsewhere; always on standard error."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from evalspec.report.numbers import plural, seconds
from evalspec.runner.ports import Progress

SHARE = 0.1
"""A plain line is due after this share of all trials, if one was not written just before, …"""
SECONDS = 5.0
"""… or after this time."""
FEWEST_SECONDS = 1.0


@contextmanager
def progress_display(stream: TextIO | None = None) -> Iterator[Callable[[Progress], None]]:
    """A sink for the progress of one run, for as long as the context lasts."""
    shown = sys.stderr if stream is None else stream
    if shown.isatty() and os.environ.get("TERM") != "dumb":
        with _live(shown) as sink:
            yield sink
    else:
        plain = PlainProgress(shown)
        yield plain
        plain.close()


class PlainProgress:
    """Writes a line when a tenth of the work or some seconds have passed, and a last one at the end."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._began = self._written = clock()
        self._tenths = 0
        self._last: Progress | None = None
        self._said: str | None = None

    def __call__(self, progress: Progress) -> None:
        """Note how far the run is."""
        self._last = progress
        now = self._clock()
        waited = now - self._written
        tenths = int(progress.done / progress.expected / SHARE) if progress.expected else 0
        ended = progress.done == progress.expected and not progress.running
        if (
            (ended and self._said != describe(progress))
            or waited >= SECONDS
            or (tenths > self._tenths and waited >= FEWEST_SECONDS)
        ):
            self._write(progress, now)

    def close(self) -> None:
        """Say how it ended, unless the last line said so."""
        if self._last is not None and self._said != describe(self._last):
            self._write(self._last, self._clock())

    def _write(self, progress: Progress, now: float) -> None:
        self._written = now
        self._said = describe(progress)
        if progress.expected:
            self._tenths = int(progress.done / progress.expected / SHARE)
        self._stream.write(f"{self._said} ({seconds(now - self._began)})\n")
        self._stream.flush()


def describe(progress: Progress) -> str:
    """Progress in one line."""
    parts = [f"{progress.done} of {plural(progress.expected, 'trial')}", *_remarks(progress)]
    return ", ".join(parts)


def _remarks(progress: Progress) -> list[str]:
    return [
        *([f"{progress.failed} failed"] if progress.failed else []),
        *(
            [plural(progress.evaluations_failed, "evaluation") + " failed"]
            if progress.evaluations_failed
            else []
        ),
        *([f"{progress.retries} retried"] if progress.retries else []),
        *([f"{progress.abandoned} abandoned"] if progress.abandoned else []),
        *([f"stopping: {progress.stopping}"] if progress.stopping else []),
    ]


@contextmanager
def _live(stream: TextIO) -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    columns = (
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    # Removed at the end: the result says it all.
    with Bar(*columns, console=console, transient=True, refresh_per_second=8) as bar:
        task = bar.add_task("", total=None)

        def sink(progress: Progress) -> None:
            finished = progress.expected > 0 and progress.done == progress.expected
            remarks = _remarks(progress) or (["finishing: aggregates, publication"] if finished else [])
            bar.update(task, total=progress.expected, completed=progress.done, description=", ".join(remarks))

        yield sink
