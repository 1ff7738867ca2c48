"""Moving datasets between the repository and a Langfuse server."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalspec.api.backends import choose_backend
from evalspec.api.workspace import PathLike, Workspace
from evalspec.datasets import DATASETS
from evalspec.datasets.base import ItemError
from evalspec.datasets.file import format_of
from evalspec.datasets.langfuse import parse_version
from evalspec.datasets.select import read_items
from evalspec.diagnostics import UsageError
from evalspec.kinds.loading import Loading
from evalspec.langfuse_io.settings import LangfuseSettings

if TYPE_CHECKING:
    from evalspec.langfuse_io.dataset_sync import PullReport, PushReport


def push_dataset(
    path: PathLike,
    name: str,
    *,
    description: str | None = None,
    archive_gone: bool = False,
    environ: Mapping[str, str] | None = None,
) -> "PushReport":
    """Make the hosted dataset `name` hold the items of a file; doing it again changes nothing.

    With `archive_gone`, items that were pushed before and are no longer in the file are archived. Raises
    UsageError for a file whose items cannot be read, ServiceUnreachable, ServiceRefused.
    """
    from evalspec.langfuse_io.dataset_sync import push_dataset as push

    settings = _settings(environ)
    file = Path(path).resolve()
    if not file.is_file():
        raise UsageError(f"there is no file {path}")
    fields: dict[str, Any] = {"path": file.name, "format": format_of(file.name)}
    if fields["format"] is None:
        raise UsageError(
            f"the ending of {path} says nothing about its format; use .jsonl, .json, .csv or .parquet"
        )
    loading = Loading(file.parent, (file.parent,), file.parent)
    try:
        items = [source.item for source in read_items(DATASETS["file"], fields, loading)]
    except ItemError as error:
        place = f"{error.place[0]}:{error.place[1]}:{error.place[2]}: " if error.place else ""
        raise UsageError(f"{place}{error}") from None
    return push(settings, name, items, description=description, archive_gone=archive_gone)


def pull_dataset(
    name: str, path: PathLike, *, version: str | None = None, environ: Mapping[str, str] | None = None
) -> "PullReport":
    """Write a hosted dataset to a JSONL file, as it is or as it was at `version` (RFC 3339).

    Raises UsageError for a version that is no moment in time or a dataset that is not there,
    ServiceUnreachable, ServiceRefused.
    """
    from evalspec.langfuse_io.dataset_sync import pull_dataset as pull

    moment: datetime | None = None
    if version is not None:
        try:
            moment = parse_version(version)
        except ValueError:
            raise UsageError(f"`{version}` is not a moment in time such as 2026-11-01T12:00:00Z") from None
    try:
        return pull(_settings(environ), name, Path(path), version=moment)
    except LookupError:
        raise UsageError(f"there is no dataset `{name}` in this Langfuse project") from None


def _settings(environ: Mapping[str, str] | None) -> LangfuseSettings:
    settings = choose_backend("langfuse", Workspace.at(environ=environ).environ).settings
    assert settings is not None  # choose_backend has insisted
    return settings
