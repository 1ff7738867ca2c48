"""`evalspec doctor`: what stands between this machine and a Langfuse server."""

import typer

from evalspec.cli.options import FormatOption, Output


def command(output: FormatOption = Output.TEXT) -> None:
    """Say which server there is, whether the keys work, which contract it speaks, and what is missing."""
    import os
    from dataclasses import asdict

    from evalspec.cli.output import print_json
    from evalspec.langfuse_io.doctor import doctor

    diagnosis = doctor(os.environ)
    if output is Output.JSON:
        print_json({"evalspec_doctor": 1, **asdict(diagnosis), "ok": diagnosis.ok})
    else:
        from evalspec.report.terminal import doctor_text

        typer.echo(doctor_text(diagnosis), nl=False)
    raise typer.Exit(0 if diagnosis.ok else 5)
