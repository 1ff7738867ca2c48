"""`python -m bench`: evalspec beside the Langfuse SDK and pydantic-evals, in one run, as Markdown.

Timings decide nothing: the exit code is 0 whatever was measured.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench import tables
from bench.machine import environment
from bench.running import (
    EVALSPEC,
    EVALSPEC_PUBLISHED,
    EVALSPEC_PUBLISHED_5,
    FLOOR,
    PYDANTIC_EVALS,
    SDK,
    SDK_PUBLISHED,
    Bench,
    Measurement,
    Runner,
)
from bench.startup import StartUp, start_ups

OURS = (EVALSPEC_PUBLISHED, EVALSPEC_PUBLISHED_5, EVALSPEC)
RUNNERS = (*OURS, SDK_PUBLISHED, SDK, PYDANTIC_EVALS, FLOOR)
AT_ONCE = 40
"""Items for each slot of concurrency, where the task sleeps."""


@dataclass(frozen=True)
class Size:
    """How much is measured: sizes, runs of each, concurrencies. `slow` items are too many for the SDK."""

    items: tuple[int, ...]
    runs: int
    concurrency: tuple[int, ...]
    sleep: float = 0.05
    slow: int = 100_000


WHOLE = Size((1_000, 10_000, 100_000), 3, (50, 200, 1000))
QUICK = Size((1_000, 5_000), 1, (50,))


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="little of everything, in about a minute")
    parser.add_argument("--python", default=sys.executable, help="the Python that has what is measured")
    parser.add_argument("--runs", type=int, help="fresh processes for each measurement")
    parser.add_argument("--items", type=int, nargs="+", help="sizes of the evaluations, for throughput")
    parser.add_argument("--only", choices=("throughput", "sleeping", "start-up"), help="one part")
    given = parser.parse_args(argv)
    # What is measured runs in folders of its own. Not resolved: a virtual environment is where its link is.
    given.python = os.path.abspath(given.python)
    return given


def throughput(bench: Bench, size: Size, runs: int) -> list[Measurement]:
    found: list[Measurement] = []
    for items in size.items:
        for runner in RUNNERS:
            if items >= size.slow and runner in (SDK_PUBLISHED, SDK):
                continue
            # What takes minutes is done once; the others are quick enough to be sure of.
            several = runs if items < size.slow else 1
            found.append(bench.measure(runner, items, runs=several))
    return found


def sleeping(bench: Bench, size: Size) -> list[Measurement]:
    found: list[Measurement] = []
    for concurrency in size.concurrency:
        for runner in (EVALSPEC_PUBLISHED, EVALSPEC, SDK_PUBLISHED, PYDANTIC_EVALS, FLOOR):
            found.append(
                bench.measure(
                    runner, concurrency * AT_ONCE, runs=1, concurrency=concurrency, sleep=size.sleep
                )
            )
    return found


def targets(found: Sequence[Measurement], started: Sequence[StartUp]) -> list[tuple[str, float, str, float]]:
    """Every target of which the measurements say something."""
    by: dict[tuple[Runner, int], Measurement] = {(row.runner, row.items): row for row in found}
    rows: list[tuple[str, float, str, float]] = []
    for runner, bound in ((EVALSPEC_PUBLISHED, 2000), (EVALSPEC_PUBLISHED_5, 2000), (EVALSPEC, 8000)):
        kind = f"published, contract {runner.contract}" if runner.published else "unpublished"
        if row := by.get((runner, 10_000)):
            rows.append(
                (f"items/s {kind}, 10,000 items", row.items / row.middle("seconds"), "at least", bound)
            )
        if (more := by.get((runner, 100_000))) and row:
            growth = more.middle("memory") - row.middle("memory")
            rows.append((f"MB that 100,000 items take above 10,000, {kind}", growth, "at most", 50))
    if alone := by.get((EVALSPEC, 10_000)):
        rows.append(("µs of CPU per item, runner and journal (aim)", alone.cpu_of_an_item, "at most", 100))
        if published := by.get((EVALSPEC_PUBLISHED, 10_000)):
            more_cpu = published.cpu_of_an_item - alone.cpu_of_an_item
            rows.append(("µs of CPU per item, publishing (aim)", more_cpu, "at most", 200))
    for row_ in started:
        if "--help" in row_.label:
            rows.append(("ms, `evalspec --help`", row_.middle, "at most", 300))
        if "check" in row_.label:
            rows.append(("ms, `evalspec check` of the quickstart", row_.middle, "at most", 600))
    return rows


def main(argv: Sequence[str] | None = None) -> int:
    given = arguments(argv)
    size = QUICK if given.quick else WHOLE
    if given.items:
        size = replace(size, items=tuple(given.items))
    runs = given.runs or size.runs
    bench = Bench(given.python)
    lines = ["## Environment", "", *environment(given.python)]
    print("\n".join(lines), flush=True)
    found: list[Measurement] = []
    started: list[StartUp] = []
    if given.only in (None, "start-up"):
        started = start_ups(given.python, 3 if given.quick else 20)
        lines += ["", "## Start-up", "", *tables.start_up(started)]
    if given.only in (None, "throughput"):
        found = throughput(bench, size, runs)
        ours = [row for row in found if row.runner in OURS]
        lines += ["", "## Throughput", "", *tables.throughput(found), "", *tables.beside(ours)]
    if given.only in (None, "sleeping"):
        lines += ["", "## Time over ideal, task of 50 ms", "", *tables.over_ideal(sleeping(bench, size))]
    lines += ["", "## Targets", "", *tables.targets(targets(found, started))]
    print("\n" + "\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
