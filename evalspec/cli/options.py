"""Options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Backend(StrEnum):
    """Where results go besides the journal."""

    AUTO = "auto"
    LOCAL = "local"
    LANGFUSE = "langfuse"


class Output(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"


class DiagnosticOutput(StrEnum):
    """How diagnostics are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


RootOption = Annotated[
    Path | None,
    typer.Option(
        "--root",
        help="Project root. Default: the nearest folder upward with .evalspec-root, pyproject.toml or .git.",
    ),
]
StoreOption = Annotated[
    Path | None,
    typer.Option(
        "--store", help="Folder of the run records. Default: $EVALSPEC_STORE, else .evalspec in the root."
    ),
]
FormatOption = Annotated[
    Output, typer.Option("--format", help="text for people; json for one JSON document on stdout.")
]
DiagnosticFormatOption = Annotated[
    DiagnosticOutput, typer.Option("--format", help="text, json, github (annotations) or sarif.")
]
BackendOption = Annotated[
    Backend,
    typer.Option(
        "--backend",
        help="auto publishes to Langfuse where its keys are set; local never does; langfuse insists.",
    ),
]
RequirePublishedOption = Annotated[
    bool,
    typer.Option("--require-published", help="Exit with 5 unless everything has arrived in Langfuse."),
]
PublishTimeoutOption = Annotated[
    float,
    typer.Option(
        "--publish-timeout",
        min=0,
        help="Seconds to go on publishing and reading back after the last result.",
    ),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]
RunArgument = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="A run's id, a unique beginning or the letters at the end of it, or `latest`."
    ),
]
