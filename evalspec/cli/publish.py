"""`evalspec publish`: bring a recorded run to Langfuse."""

import typer

from evalspec.cli.options import (
    FormatOption,
    Output,
    PublishTimeoutOption,
    RequirePublishedOption,
    RootOption,
    RunArgument,
    StoreOption,
)


def command(
    run: RunArgument,
    output: FormatOption = Output.TEXT,
    require_published: RequirePublishedOption = False,
    publish_timeout: PublishTimeoutOption = 300.0,
    root: RootOption = None,
    store: StoreOption = None,
) -> None:
    """Publish a run to Langfuse, or the rest of it; repeating it changes nothing."""
    from evalspec.api.options import RunOptions
    from evalspec.api.publishing import publish
    from evalspec.cli.output import print_json
    from evalspec.report.terminal import publication_text

    options = RunOptions(
        root=root, store=store, publish_timeout=publish_timeout, require_published=require_published
    )
    result = publish(run, options)
    publication = result.summary.publication
    if output is Output.JSON:
        print_json(result.summary.model_dump(mode="json", exclude_none=True))
    else:
        typer.echo(publication_text(publication), nl=False)
    unpublished = publication.pending or publication.refused or publication.error
    raise typer.Exit(5 if require_published and unpublished else 0)
