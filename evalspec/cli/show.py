"""`evalspec show`: a run, its items, or one of them."""

from typing import Annotated

import typer

from evalspec.cli.options import FormatOption, Output, RootOption, RunArgument, StoreOption


def command(
    run: RunArgument,
    item: Annotated[str | None, typer.Option("--item", help="Show this item whole.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only items with a failure.")] = False,
    below: Annotated[
        list[str] | None,
        typer.Option("--below", metavar="SCORE=VALUE", help="Only items whose score is below a value."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="How many items to list.")] = 20,
    output: FormatOption = Output.TEXT,
    root: RootOption = None,
    store: StoreOption = None,
) -> None:
    """Show a run: its summary and its items, or one item whole."""
    from evalspec.analysis.items import ItemFilter
    from evalspec.api.results import open_run
    from evalspec.cli.output import print_json

    result = open_run(run, root=root, store=store)
    wanted = ItemFilter(failed=failed, below=_bounds(below or []), item=item)
    items = result.select(wanted, limit)
    if output is Output.JSON:
        summary = {} if item is not None else result.summary.model_dump(mode="json", exclude_none=True)
        print_json({**summary, "results": items.model_dump(mode="json", exclude_none=True)})
        return
    from evalspec.report.terminal import item_text, show_text

    text = item_text(items.items) if item is not None else show_text(result.summary, items)
    typer.echo(text, nl=False)


def _bounds(texts: list[str]) -> dict[str, float]:
    bounds: dict[str, float] = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        try:
            bounds[name] = float(value)
        except ValueError:
            equals = ""
        if not equals:
            raise typer.BadParameter(f"`{text}` is not of the form SCORE=VALUE", param_hint="--below")
    return bounds
