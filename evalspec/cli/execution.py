"""What `run` and `resume` share: progress, interrupts, the printed result, the exit code."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalspec.cli.options import Backend, Output

if TYPE_CHECKING:
    from evalspec.api.options import RunOptions
    from evalspec.api.results import RunResult
    from evalspec.plan.model import Plan


def options_for(start: Path | str, *, backend: Backend | None, **more: Any) -> "RunOptions":
    """The options of a run as the command line gives them."""
    from evalspec.api.options import RunOptions

    return RunOptions(start=start, backend=None if backend is None else backend.value, **more)


def carry_out(plan: "Plan", options: "RunOptions", *, output: Output, quiet: bool) -> int:
    """Run a plan and print its outcome; the answer is the exit code."""
    from evalspec.api.running import run

    return _drive(lambda ready: run(plan, ready), options, output, quiet)


def carry_on(
    reference: str, options: "RunOptions", *, retry_errors: bool, output: Output, quiet: bool
) -> int:
    """Resume a run and print its outcome; the answer is the exit code."""
    from evalspec.api.running import resume

    return _drive(lambda ready: resume(reference, ready, retry_errors=retry_errors), options, output, quiet)


def _drive(
    start: "Callable[[RunOptions], Awaitable[RunResult]]", options: "RunOptions", output: Output, quiet: bool
) -> int:
    import asyncio
    import gc

    import anyio

    from evalspec.cli.output import say, stdout_is_for_results

    async def main() -> "RunResult | None":
        from evalspec.cli.signals import stopping_on_signals

        with stopping_on_signals(options.stop):
            try:
                return await start(shown)
            except asyncio.CancelledError:
                return None

    display: AbstractContextManager[Any] = nullcontext()
    shown = options
    if not quiet:
        from evalspec.report.progress import progress_display

        display = progress_display()
    with stdout_is_for_results(), display as sink:
        if sink is not None:
            shown = replace(options, progress=sink)
        # Modules and plan stay as long as the process does: looking whether they are garbage, again and again
        # while items come and go, finds nothing.
        gc.freeze()
        result = anyio.run(main)
    if result is None:
        say("stopped before the run began")
        raise KeyboardInterrupt
    return print_result(result, output)


def print_result(result: "RunResult", output: Output) -> int:
    """The outcome of a run, as text or as one JSON document; the answer is its exit code."""
    import sys

    from evalspec.cli.output import print_json

    # A reader that has gone does not change how the run ended.
    with suppress(BrokenPipeError):
        if output is Output.JSON:
            print_json(result.summary.model_dump(mode="json", exclude_none=True))
        else:
            from evalspec.report.terminal import summary_text

            sys.stdout.write(summary_text(result.summary))
        sys.stdout.flush()
    return result.summary.exit_code
