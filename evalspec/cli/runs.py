"""`evalspec runs`: the runs in the store."""

import typer

from evalspec.cli.options import FormatOption, Output, RootOption, StoreOption


def command(output: FormatOption = Output.TEXT, root: RootOption = None, store: StoreOption = None) -> None:
    """List the runs in the store, the newest first."""
    from evalspec.api.results import runs
    from evalspec.cli.output import print_json

    found = runs(root=root, store=store)
    if output is Output.JSON:
        print_json(found.model_dump(mode="json", exclude_none=True))
        return
    from evalspec.report.terminal import runs_text

    typer.echo(runs_text(found), nl=False)
