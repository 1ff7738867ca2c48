"""Measurements as Markdown."""

from collections.abc import Sequence

from bench.running import SCORES, Measurement
from bench.startup import StartUp


def throughput(measurements: Sequence[Measurement]) -> list[str]:
    lines = [
        "| runner | published to | items | items/s, median | from–to | CPU an item | peak memory | runs |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for found in measurements:
        to = f"contract {found.runner.contract}" if found.runner.published else "–"
        rates = found.rates
        lines.append(
            f"| {found.runner.name} | {to} | {found.items:,} | {found.items / found.middle('seconds'):,.0f} |"
            f" {min(rates):,.0f}–{max(rates):,.0f} | {found.cpu_of_an_item:,.0f} µs |"
            f" {found.middle('memory'):.0f} MB | {len(rates)} |"
        )
    return lines


def beside(measurements: Sequence[Measurement]) -> list[str]:
    """The parts of the time that is compared, and what evalspec does before and after it."""
    lines = [
        "| items | published to | compiling | run | first task to last result | until all is read back |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    for found in measurements:
        to = f"contract {found.runner.contract}" if found.runner.published else "–"
        whole = found.middle("confirmed") == found.items * (1 + SCORES) + 1
        back = f"{found.middle('with_reading_back'):.2f} s" if whole else "–"
        lines.append(
            f"| {found.items:,} | {to} | {found.middle('compiling'):.2f} s | {found.middle('seconds'):.2f} s"
            f" | {found.middle('working'):.2f} s | {back} |"
        )
    return lines


def over_ideal(measurements: Sequence[Measurement]) -> list[str]:
    """One row a runner, one column a concurrency."""
    columns = sorted({found.concurrency for found in measurements})
    lines = [
        "| runner | published to |" + "".join(f" C = {column} |" for column in columns),
        "|---|---|" + "---:|" * len(columns),
    ]
    runners = list(
        dict.fromkeys(found.runner.name + "|" + (found.runner.contract or "") for found in measurements)
    )
    for runner in runners:
        name, _, contract = runner.partition("|")
        cells = {
            found.concurrency: f"{found.over_ideal:.2f}"
            for found in measurements
            if (found.runner.name, found.runner.contract or "") == (name, contract)
        }
        to = f"contract {contract}" if contract else "–"
        lines.append(f"| {name} | {to} |" + "".join(f" {cells.get(column, '–')} |" for column in columns))
    return lines


def start_up(found: Sequence[StartUp]) -> list[str]:
    lines = ["| command | median | lowest–highest |", "|---|---:|---:|"]
    lines += [
        f"| `{row.label}` | {row.middle:.0f} ms |"
        f" {min(row.milliseconds):.0f}–{max(row.milliseconds):.0f} ms |"
        for row in found
    ]
    return lines


def targets(rows: Sequence[tuple[str, float, str, float]]) -> list[str]:
    """What is aimed at: the name, what was measured, whether that must be at least or at most, the bound."""
    lines = ["| target | measured | |", "|---|---:|---|"]
    for name, value, direction, bound in rows:
        met = value >= bound if direction == "at least" else value <= bound
        lines.append(
            f"| {name}: {direction} {bound:,.0f} | {value:,.0f} | {'met' if met else '**missed**'} |"
        )
    return lines
