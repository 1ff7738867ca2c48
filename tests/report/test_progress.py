import io
import os
import pty

import pytest

from evalspec.report.progress import PlainProgress, describe, progress_display
from evalspec.runner.ports import Progress


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_line_for_each_tenth_and_for_every_few_seconds() -> None:
    stream, clock = io.StringIO(), Clock()
    plain = PlainProgress(stream, clock)
    for at, done in ((0.1, 5), (0.2, 30), (1.5, 35), (2.0, 36), (7.0, 37), (7.5, 60)):
        clock.now = at
        plain(Progress(100, done, 0))
    plain.close()
    assert stream.getvalue().splitlines() == [
        "35 of 100 trials (1.5 s)",
        "37 of 100 trials (7.0 s)",
        "60 of 100 trials (7.5 s)",
    ]


def test_the_last_line_is_not_repeated() -> None:
    stream, clock = io.StringIO(), Clock()
    plain = PlainProgress(stream, clock)
    clock.now = 6.0
    plain(Progress(4, 4, 0))
    plain.close()
    assert stream.getvalue() == "4 of 4 trials (6.0 s)\n"


def test_the_end_is_told_at_once_and_once() -> None:
    # What follows is not the trials' time. A run that is resumed may have nothing left but evaluators.
    stream, clock = io.StringIO(), Clock()
    plain = PlainProgress(stream, clock)
    for at, running in ((0.1, 2), (0.2, 1), (0.3, 0), (0.4, 0)):
        clock.now = at
        plain(Progress(4, 4, 0, running=running))
    clock.now = 60.0
    plain.close()
    assert stream.getvalue() == "4 of 4 trials (300 ms)\n"


def test_nothing_is_said_where_nothing_happened() -> None:
    stream = io.StringIO()
    with progress_display(stream):
        pass
    assert stream.getvalue() == ""


def test_a_run_without_items() -> None:
    stream = io.StringIO()
    with progress_display(stream) as sink:
        sink(Progress(0, 0, 0))
    assert stream.getvalue().startswith("0 of 0 trials (")


def test_remarks() -> None:
    progress = Progress(
        10, 3, 1, evaluations_failed=1, retries=2, abandoned=1, stopping="max_errors was reached"
    )
    assert describe(progress) == (
        "4 of 10 trials, 1 failed, 1 evaluation failed, 2 retried, 1 abandoned, "
        "stopping: max_errors was reached"
    )


def test_a_terminal_gets_a_live_line_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    controller, terminal = pty.openpty()
    shown = ""
    with os.fdopen(terminal, "w") as stream:
        with progress_display(stream) as sink:
            sink(Progress(10, 4, 0))
            sink(Progress(10, 9, 1))
        stream.write("the end")
        stream.flush()
        while "the end" not in shown:
            shown += os.read(controller, 100_000).decode(errors="replace")
    os.close(controller)
    assert "10/10" in shown
    assert "1 failed" in shown
    # Erased before anything else is written.
    assert "\x1b[2K" in shown.rsplit("10/10", 1)[1]
