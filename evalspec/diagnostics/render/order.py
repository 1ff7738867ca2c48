"""What all renderers have in common."""

from collections.abc import Iterable

from evalspec.diagnostics.model import Diagnostic, Severity
from evalspec.diagnostics.render.visible import visible


def in_reading_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By file, then by place, then by code, so that the output is the same every time."""
    return tuple(sorted(diagnostics, key=lambda item: item.sort_key))


def sentences(item: Diagnostic) -> list[str]:
    """The message and what belongs to it, a line each, for outputs that have one field for all of it."""
    lines = [item.message]
    if item.expected is not None:
        lines.append(f"expected: {item.expected}")
    if item.suggestion is not None:
        lines.append(f"did you mean `{item.suggestion}`?")
    lines.extend(item.notes)
    return [visible(line) for text in lines for line in text.splitlines()]


def counts(diagnostics: Iterable[Diagnostic]) -> dict[Severity, int]:
    """How many there are of each severity."""
    found = dict.fromkeys(Severity, 0)
    for item in diagnostics:
        found[item.severity] += 1
    return found
