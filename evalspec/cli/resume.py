"""`evalspec resume`: finish a run that was interrupted."""

from typing import Annotated

import typer

from evalspec.cli.options import (
    Backend,
    FormatOption,
    Output,
    PublishTimeoutOption,
    QuietOption,
    RequirePublishedOption,
    RootOption,
    RunArgument,
    StoreOption,
)


def command(
    run: RunArgument,
    retry_errors: Annotated[
        bool, typer.Option("--retry-errors", help="Also try again what failed, task or evaluator.")
    ] = False,
    backend: Annotated[
        Backend | None, typer.Option("--backend", help="Publish elsewhere than the run did at first.")
    ] = None,
    output: FormatOption = Output.TEXT,
    allow_moved: Annotated[
        bool,
        typer.Option("--allow-moved", help="Go on although code or data have changed; the run says so."),
    ] = False,
    require_published: RequirePublishedOption = False,
    publish_timeout: PublishTimeoutOption = 60.0,
    quiet: QuietOption = False,
    root: RootOption = None,
    store: StoreOption = None,
) -> None:
    """Finish a run: nothing that is recorded is done again."""
    from evalspec.cli.execution import carry_on, options_for

    options = options_for(
        ".",
        backend=backend,
        root=root,
        store=store,
        publish_timeout=publish_timeout,
        require_published=require_published,
        allow_moved=allow_moved,
    )
    raise typer.Exit(carry_on(run, options, retry_errors=retry_errors, output=output, quiet=quiet))
