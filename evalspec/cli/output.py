"""What commands print: results to stdout, everything else to stderr."""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any, Literal

from evalspec.diagnostics.model import Diagnostic

DiagnosticFormat = Literal["text", "json", "github", "sarif"]

_STDOUT = 1
_STDERR = 2


def say(message: str) -> None:
    """A message for people, on stderr."""
    sys.stderr.write(f"{message}\n")


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


@contextmanager
def stdout_is_for_results() -> Iterator[None]:
    """Within this context, what user code prints goes to stderr, and so does what its subprocesses print."""
    sys.stdout.flush()
    kept: int | None = None
    with suppress(OSError):  # stdout or stderr may be closed; then there is nothing to protect
        kept = os.dup(_STDOUT)
        os.dup2(_STDERR, _STDOUT)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        if kept is not None:
            os.dup2(kept, _STDOUT)
            os.close(kept)


def print_diagnostics(
    diagnostics: Iterable[Diagnostic], output: DiagnosticFormat, *, to_stderr: bool = False
) -> None:
    """Diagnostics in one of their formats; text with excerpts, in colour on a terminal."""
    from evalspec.diagnostics.render import RENDERERS
    from evalspec.source import source_texts

    items = tuple(diagnostics)
    stream = sys.stderr if to_stderr else sys.stdout
    stream.write(RENDERERS[output](items, source_texts(items), color=output == "text" and use_color(stream)))


def use_color(stream: Any) -> bool:
    """Whether colour is wanted: on a terminal, unless NO_COLOR is set (https://no-color.org)."""
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
