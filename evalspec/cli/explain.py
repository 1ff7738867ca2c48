"""`evalspec explain`: what a score was made of, and the chain from it back to bytes."""

from typing import Annotated

import typer

from evalspec.cli.options import FormatOption, Output, RootOption, StoreOption


def command(
    score: Annotated[
        str,
        typer.Argument(
            metavar="SCORE",
            help="RUN:ITEM:SCORE, RUN:ITEM:SCORE:TRIAL, RUN:AGGREGATE, or the id of a score in Langfuse.",
        ),
    ],
    output: FormatOption = Output.TEXT,
    root: RootOption = None,
    store: StoreOption = None,
) -> None:
    """Say what a score was made of, and which data, code, evaluator and config it came from."""
    from evalspec.api.explaining import explain
    from evalspec.cli.output import print_json

    explanation = explain(score, root=root, store=store)
    if output is Output.JSON:
        print_json(explanation.model_dump(mode="json", exclude_none=True))
        return
    from evalspec.report.terminal import explanation_text

    typer.echo(explanation_text(explanation), nl=False)
