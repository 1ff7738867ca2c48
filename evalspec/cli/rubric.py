"""`evalspec rubric show`: one of the rubrics that evalspec brings."""

from enum import StrEnum
from typing import Annotated

import typer

app = typer.Typer(
    help="Look at the rubrics that evalspec brings.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class RubricOutput(StrEnum):
    """How a rubric is printed."""

    TOML = "toml"
    JSON = "json"


@app.callback()
def _group() -> None:
    """Without this a group of one command would be that command."""


@app.command()
def show(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME[@VERSION]", help="A ready-made rubric; the newest version without one."),
    ] = None,
    output: Annotated[
        RubricOutput,
        typer.Option("--format", help="toml for a table of a spec; json as `evalspec rubrics` has it."),
    ] = RubricOutput.TOML,
) -> None:
    """Print a ready-made rubric, as a table that can be put into a spec."""
    from evalspec.cli.output import print_json
    from evalspec.diagnostics.errors import UsageError
    from evalspec.report.rubrics import rubric_toml
    from evalspec.schema.rubrics import rubric_list, rubric_named

    if name is None:
        raise UsageError("which rubric? `evalspec rubrics` lists them")
    if output is RubricOutput.JSON:
        print_json(rubric_list(name).model_dump(mode="json", exclude_none=True))
    else:
        typer.echo(rubric_toml(rubric_named(name)), nl=False)
