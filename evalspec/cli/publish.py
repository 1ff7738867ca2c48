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
    unpublished = publication.pending or publication.refused or publication.error
    if require_published:
        unpublished = unpublished or publication.not_yet_visible
    code = 5 if unpublished else 0
    if output is Output.JSON:
        said = publication.model_dump(mode="json", exclude_none=True)
        print_json({"evalspec_publication": 1, "run": result.run_id, "exit_code": code, "publication": said})
    else:
        typer.echo(publication_text(publication), nl=False)
    raise typer.Exit(code)
