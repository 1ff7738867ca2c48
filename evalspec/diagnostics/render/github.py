"""Diagnostics as workflow commands, which GitHub shows as annotations on the lines of a pull request.

Syntax and escapes: https://docs.github.com/actions/reference/workflow-commands-for-github-actions and
`packages/core/src/command.ts` of actions/toolkit.
"""

from collections.abc import Iterable

from evalspec.diagnostics.catalogue import CATALOGUE
from evalspec.diagnostics.model import Diagnostic, Severity
from evalspec.diagnostics.render.order import in_reading_order, sentences
from evalspec.diagnostics.render.visible import visible

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """One `::error …::message` line for each diagnostic."""
    return "".join(_command(item) + "\n" for item in in_reading_order(diagnostics))


def _command(item: Diagnostic) -> str:
    properties: dict[str, str] = {}
    if item.span is not None:
        start, end = item.span.start, item.span.end
        properties = {"file": visible(item.span.path), "line": str(start.line), "endLine": str(end.line)}
        if end.line == start.line:
            # Columns are taken only where the annotation is within one line.
            properties |= {"col": str(start.column), "endColumn": str(end.column)}
    properties["title"] = f"{item.code}: {CATALOGUE[item.code].title}"
    lines = sentences(item)
    for related in item.related:
        start = related.span.start
        lines.append(visible(f"{related.span.path}:{start.line}:{start.column}: {related.message}"))
    message = "\n".join(lines)
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[item.severity]} {listed}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
