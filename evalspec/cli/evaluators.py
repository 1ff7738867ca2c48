"""`evalspec evaluators`: the kinds of evaluators there are."""

from typing import Annotated

import typer

from evalspec.cli.options import FormatOption, Output


def command(
    name: Annotated[
        str | None, typer.Argument(metavar="[TYPE]", help="One kind, with all its fields and an example.")
    ] = None,
    output: FormatOption = Output.TEXT,
) -> None:
    """List the kinds of evaluators, or show one with its fields."""
    from evalspec.cli.output import print_json
    from evalspec.schema.catalogue import evaluator_list, with_plugins

    found = evaluator_list(name)
    if name is None:
        found = with_plugins(found, "evalspec.evaluators")
    if output is Output.JSON:
        print_json(found.model_dump(mode="json", exclude_none=True))
        return
    from evalspec.report.kinds import kinds_text

    typer.echo(kinds_text(found), nl=False)
