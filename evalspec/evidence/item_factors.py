"""The factors that one item brings: what of it the measurement read."""

from collections.abc import Iterator
from typing import Any

from evalspec.evidence.factors import Factor, factor_of, shown_value
from evalspec.plan.model import Plan
from evalspec.plan.values import Item
from evalspec.templates.paths import Steps, look_up, parse_path

_PARTS = ("expected_output", "metadata")


def item_factors(plan: Plan, score: str, item: Item) -> tuple[Factor, ...]:
    """The item's input, and its expected output and metadata as far as the score's evaluator reads them.

    The input always counts: the output that is measured was made from it. Metadata counts path by path where
    the paths are known. An evaluator of which nothing is known is taken to read everything.
    """
    origin = f"item {item.id} of {plan.dataset.type} dataset"
    reads = _reads(plan, score)
    given = _factor("input", item.input, origin)
    return (given, *_expected(reads, item, origin), *_metadata(reads, item, origin))


def _factor(name: str, value: Any, origin: str) -> Factor:
    return factor_of(name, "instrument", "item", value, shown_value(value), origin)


def _reads(plan: Plan, score: str) -> tuple[Steps, ...]:
    """The paths into the item's parts that a score's evaluator reads, none of them within another."""
    texts = {
        path
        for evaluator in plan.evaluators.values()
        if score in evaluator.scores.values()
        for path in evaluator.reads or _PARTS
    }
    steps = {parsed for parsed in map(parse_path, texts) if parsed is not None}
    whole: set[Steps] = {(part,) for part in _PARTS} if ("item",) in steps else set()
    for path in steps:
        below = path[1:] if path[0] == "item" and len(path) > 1 else path
        if below[0] in _PARTS:
            whole.add(below)
    covered = {path for path in whole if any(path[:size] in whole for size in range(1, len(path)))}
    return tuple(sorted(whole - covered, key=lambda path: [str(step) for step in path]))


def _expected(reads: tuple[Steps, ...], item: Item, origin: str) -> Iterator[Factor]:
    if any(path[0] == "expected_output" for path in reads):
        yield _factor("expected_output", item.expected_output, origin)


def _metadata(reads: tuple[Steps, ...], item: Item, origin: str) -> Iterator[Factor]:
    for path in reads:
        if path == ("metadata",):
            yield _factor("metadata", item.metadata, origin)
        elif path[0] == "metadata":
            name = ".".join(str(step) for step in path)
            try:
                value: list[Any] = [look_up(path, {"metadata": item.metadata})]
            except KeyError:
                value = []  # absent is not null
            shown = shown_value(value[0]) if value else "absent"
            yield factor_of(name, "instrument", "item", value, shown, origin)
