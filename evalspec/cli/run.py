"""`evalspec run`: carry out a spec or a plan."""

from pathlib import Path
from typing import Annotated

import typer

from evalspec.cli.options import (
    Backend,
    BackendOption,
    FormatOption,
    Output,
    PublishTimeoutOption,
    QuietOption,
    RequirePublishedOption,
    RootOption,
    StoreOption,
)


def command(
    source: Annotated[
        Path, typer.Argument(metavar="SPEC|PLAN", help="A spec, or a plan that was compiled before.")
    ],
    backend: BackendOption = Backend.AUTO,
    output: FormatOption = Output.TEXT,
    allow_moved: Annotated[
        bool,
        typer.Option(
            "--allow-moved", help="Run although code or data differ from the plan's digests; the run says so."
        ),
    ] = False,
    require_published: RequirePublishedOption = False,
    publish_timeout: PublishTimeoutOption = 60.0,
    quiet: QuietOption = False,
    root: RootOption = None,
    store: StoreOption = None,
) -> None:
    """Carry out an evaluation; its record is kept in the store, whatever happens."""
    from evalspec.api.plans import load_source
    from evalspec.cli.execution import carry_out, options_for

    plan = load_source(source, root=root, store=store)
    options = options_for(
        source,
        backend=backend,
        root=root,
        store=store,
        publish_timeout=publish_timeout,
        require_published=require_published,
        allow_moved=allow_moved,
    )
    raise typer.Exit(carry_out(plan, options, output=output, quiet=quiet))
