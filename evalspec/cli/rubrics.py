"""`evalspec rubrics`: the rubrics that evalspec brings."""

from typing import Annotated

import typer

from evalspec.cli.options import FormatOption, Output


def command(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME[@VERSION]]", help="One rubric, with all it says to a judge."),
    ] = None,
    output: FormatOption = Output.TEXT,
) -> None:
    """List the ready-made rubrics for judges, or show one."""
    from evalspec.cli.output import print_json
    from evalspec.schema.rubrics import rubric_list

    found = rubric_list(name)
    if output is Output.JSON:
        print_json(found.model_dump(mode="json", exclude_none=True))
        return
    from evalspec.report.rubrics import rubrics_text

    typer.echo(rubrics_text(found), nl=False)
