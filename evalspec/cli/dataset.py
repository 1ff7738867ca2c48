"""`evalspec dataset`: move datasets between the repository and a Langfuse server."""

from pathlib import Path
from typing import Annotated

import typer

from evalspec.cli.options import FormatOption, Output

app = typer.Typer(
    help="Move datasets between the repository and a Langfuse server.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def push(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSONL, JSON, CSV or Parquet.")],
    name: Annotated[str, typer.Option("--name", help="Name of the dataset on the server.")],
    description: Annotated[
        str | None, typer.Option("--description", help="Its description, if it is new.")
    ] = None,
    archive_gone: Annotated[
        bool,
        typer.Option("--archive-gone", help="Archive items that were pushed before and are not in the file."),
    ] = False,
    output: FormatOption = Output.TEXT,
) -> None:
    """Make a hosted dataset hold the items of a file; doing it again changes nothing."""
    from evalspec.api.datasets import push_dataset
    from evalspec.cli.output import print_json, say

    report = push_dataset(file, name, description=description, archive_gone=archive_gone)
    version = report.version.isoformat().replace("+00:00", "Z")
    if output is Output.JSON:
        print_json(
            {
                "evalspec_dataset": 1,
                "name": report.name,
                "dataset_id": report.dataset_id,
                "version": version,
                "created": report.created,
                "updated": report.updated,
                "unchanged": report.unchanged,
                "archived": len(report.gone) if report.archived else 0,
                "gone": list(report.gone),
                "refused": [{"item": item, "reason": reason} for item, reason in report.refused],
            }
        )
    else:
        typer.echo(
            f"{report.name}: {report.created} created, {report.updated} updated, {report.unchanged} unchanged"
            f"  (version {version})"
        )
    if report.gone:
        done = "archived" if report.archived else "still there; --archive-gone archives them"
        say(f"{len(report.gone)} item(s) are not in the file any more: {done}")
    for item, reason in report.refused:
        say(f"item `{item}` was refused: {reason}")
    raise typer.Exit(5 if report.refused else 0)


@app.command()
def pull(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the dataset on the server.")],
    target: Annotated[Path, typer.Option("-o", "--output", help="The JSONL file to write.")],
    version: Annotated[
        str | None,
        typer.Option("--version", help="The moment whose state is meant, such as 2026-11-01T12:00:00Z."),
    ] = None,
    output: FormatOption = Output.TEXT,
) -> None:
    """Write a hosted dataset to a JSONL file."""
    from evalspec.api.datasets import pull_dataset
    from evalspec.cli.output import print_json

    report = pull_dataset(name, target, version=version)
    moment = report.version.isoformat().replace("+00:00", "Z")
    if output is Output.JSON:
        print_json(
            {
                "evalspec_dataset": 1,
                "name": report.name,
                "version": moment,
                "items": report.items,
                "path": str(report.path),
            }
        )
    else:
        typer.echo(f"wrote {report.path}: {report.items} items of {report.name} (version {moment})")
