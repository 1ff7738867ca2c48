"""The commands, in the order in which they are used."""

from typing import Annotated

import typer

from evalspec.cli import (
    check,
    dataset,
    doctor,
    evaluators,
    explain,
    plan,
    publish,
    resume,
    rubric,
    rubrics,
    run,
    runs,
    schema,
    show,
    tasks,
)

app = typer.Typer(
    name="evalspec",
    help="Evaluations as source code: check a spec, compile it to a plan, run it, explain every score.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for _name, _module in (
    ("check", check),
    ("plan", plan),
    ("run", run),
    ("resume", resume),
    ("runs", runs),
    ("show", show),
    ("explain", explain),
    ("publish", publish),
    ("tasks", tasks),
    ("evaluators", evaluators),
    ("doctor", doctor),
    ("rubrics", rubrics),
    ("schema", schema),
):
    app.command(_name)(_module.command)
app.add_typer(dataset.app, name="dataset")
app.add_typer(rubric.app, name="rubric")


def _print_version(wanted: bool) -> None:
    if wanted:
        from evalspec.version import __version__

        typer.echo(f"evalspec {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    del version  # its callback has done the work
