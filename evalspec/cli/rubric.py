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
        str,
        typer.Argument(metavar="NAME[@VERSION]", help="A ready-made rubric; the newest version without one."),
    ],
    output: Annotated[
        RubricOutput,
        typer.Option("--format", help="toml for a table of a spec; json with source and digest."),
    ] = RubricOutput.TOML,
) -> None:
    """Print a ready-made rubric, as a table that can be put into a spec."""
    from evalspec.cli.output import print_json
    from evalspec.diagnostics import closest
    from evalspec.diagnostics.errors import UsageError
    from evalspec.report.rubrics import rubric_toml, rubric_tree
    from evalspec.rubrics.library import find_rubric, rubric_versions

    found = find_rubric(name)
    if found is None:
        base = name.partition("@")[0]
        versions = rubric_versions()
        near = closest(base, versions)
        if base in versions:
            hint = "it has " + ", ".join(f"`{base}@{version}`" for version in versions[base]) + "."
        else:
            hint = f"did you mean `{near}`?" if near else "`evalspec rubrics` lists them."
        raise UsageError(f"There is no ready-made rubric `{name}`; {hint}")
    if output is RubricOutput.JSON:
        print_json(rubric_tree(found))
    else:
        typer.echo(rubric_toml(found), nl=False)
