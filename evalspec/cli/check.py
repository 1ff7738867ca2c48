"""`evalspec check`: everything wrong with specs, each mistake at its place."""

from pathlib import Path
from typing import Annotated

import typer

from evalspec.cli.options import DiagnosticFormatOption, DiagnosticOutput, RootOption


def command(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="Specs, or folders that stand for all specs below them."),
    ],
    output: DiagnosticFormatOption = DiagnosticOutput.TEXT,
    root: RootOption = None,
) -> None:
    """Check specs. Runs no code of the project and opens no connection."""
    from evalspec.api.compiling import check
    from evalspec.cli.output import print_diagnostics

    checked = check(*paths, root=root)
    print_diagnostics(checked.diagnostics, output.value)
    if output is DiagnosticOutput.TEXT and not checked.diagnostics:
        count = len(checked.files)
        typer.echo(f"{count} spec{'s' if count != 1 else ''}: nothing to complain about")
    raise typer.Exit(0 if checked.ok else 2)
