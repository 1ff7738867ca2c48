"""`evalspec plan`: compile a spec to a plan."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evalspec.cli.options import DiagnosticFormatOption, DiagnosticOutput, RootOption, StoreOption

if TYPE_CHECKING:
    from evalspec.plan.model import Plan


def command(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="The spec to compile.")],
    target: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the plan to this file instead of showing it.")
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Open no connection; what only a server knows is then an error.")
    ] = False,
    output: DiagnosticFormatOption = DiagnosticOutput.TEXT,
    root: RootOption = None,
    store: StoreOption = None,
) -> None:
    """Compile a spec to a plan in which nothing is left open."""
    from evalspec.api.compiling import compile_with_diagnostics
    from evalspec.api.plans import save_plan
    from evalspec.cli.output import print_diagnostics, say
    from evalspec.plan.document import dump_plan

    plan, diagnostics = compile_with_diagnostics(spec, offline=offline, root=root, store=store)
    text = output is DiagnosticOutput.TEXT
    if plan is None or output in (DiagnosticOutput.GITHUB, DiagnosticOutput.SARIF):
        print_diagnostics(diagnostics, output.value, to_stderr=text)
    elif diagnostics:
        print_diagnostics(diagnostics, "text", to_stderr=True)
    if plan is None:
        raise typer.Exit(2)
    if target is not None:
        save_plan(plan, target)
        say(f"wrote {target} ({len(plan.dataset.items)} items, {plan.digest})")
    elif text:
        typer.echo(overview(plan), nl=False)
    elif output is DiagnosticOutput.JSON:
        typer.echo(dump_plan(plan).decode(), nl=False)


def overview(plan: "Plan") -> str:
    """A plan in a few lines for people."""
    from evalspec.report.plan import plan_overview

    return plan_overview(plan)
