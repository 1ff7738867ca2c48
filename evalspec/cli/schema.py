"""`evalspec schema`: write or check the published schemas."""

import shlex
from pathlib import Path
from typing import Annotated

import typer


def command(
    folder: Annotated[Path, typer.Argument(help="The folder that holds the schemas.")] = Path("schemas"),
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Write nothing; exit with 1 and show the difference if one is out of date."
        ),
    ] = False,
) -> None:
    """Write the published JSON Schemas, or check that they are up to date."""
    from evalspec.cli.output import say
    from evalspec.schema.build import SCHEMAS, render

    stale = 0
    for name, build in SCHEMAS.items():
        path = folder / name
        wanted = render(build())
        present = _read(path)
        if present == wanted:
            continue
        stale += 1
        if check:
            _show_difference(path, present, wanted)
        else:
            _write(path, wanted)
            say(f"wrote {path}")
    if check and stale:
        say(f"{stale} schema(s) out of date; `evalspec schema {shlex.quote(str(folder))}` writes them")
        raise typer.Exit(1)
    if not stale:
        say(f"{len(SCHEMAS)} schemas in {folder} are up to date")


def _read(path: Path) -> str:
    """The file's text; empty where there is none. What is not UTF-8 is no schema of ours, but still shown."""
    from evalspec.diagnostics.errors import UsageError

    try:
        return path.read_bytes().decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def _write(path: Path, text: str) -> None:
    from evalspec.diagnostics.errors import UsageError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def _show_difference(path: Path, present: str, wanted: str) -> None:
    import difflib

    lines = difflib.unified_diff(
        present.splitlines(), wanted.splitlines(), str(path), f"{path} (as built)", lineterm=""
    )
    for line in lines:
        typer.echo(line)
