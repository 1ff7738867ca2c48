"""`langfuse`: items that a Langfuse server keeps."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from evalspec.datasets.base import (
    DatasetFields,
    DatasetKind,
    HostedDataset,
    HostedDatasets,
    ItemError,
    SourceItem,
)
from evalspec.datasets.checks import check_common
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "FetchOnce", "LangfuseFields", "parse_version", "version_text"]


class LangfuseFields(DatasetFields):
    """A dataset that is kept in Langfuse.

    Without `version` the plan pins the newest one; archived items are left out.

        [dataset]
        type = "langfuse"
        name = "capitals"
        version = 2026-11-01T12:00:00Z
    """

    type: Literal["langfuse"] = "langfuse"
    name: str = Field(
        description="The dataset's name in Langfuse.", min_length=1, examples=["support/questions"]
    )
    version: str | None = Field(
        None,
        description="The moment whose state of the dataset is meant (RFC 3339, with an offset).",
        examples=["2026-11-01T12:00:00Z"],
        json_schema_extra={"format": "date-time"},
    )


class FetchOnce:
    """Hosted datasets that remember the last one they fetched, so that pinning a version and reading its
    items is one fetch."""

    def __init__(self, hosted: HostedDatasets) -> None:
        self._hosted = hosted
        self._asked: tuple[str, datetime | None] | None = None
        self._last: HostedDataset | None = None

    def fetch(self, name: str, version: datetime | None) -> HostedDataset:
        """The dataset, from memory if it was the last one asked for, by no version or by the one it has."""
        last = self._last
        if last is None or ((name, version) != self._asked and (name, version) != (last.name, last.version)):
            last = self._hosted.fetch(name, version)
            self._asked, self._last = (name, version), last
        return last


def parse_version(text: str) -> datetime:
    """The moment of an RFC 3339 text, in UTC. ValueError for one that is none, or has no offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the time has no offset from UTC")
    return moment.astimezone(UTC)


def version_text(moment: datetime) -> str:
    """A moment as the plan writes it: RFC 3339 in UTC, with a fraction only where there is one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _resolve(fields: LangfuseFields, resolving: Resolving) -> Resolved:
    check_common(fields, resolving)
    kept: dict[str, Any] = {"name": fields.name}
    if fields.version is not None:
        try:
            kept["version"] = version_text(parse_version(fields.version))
        except (ValueError, OverflowError):
            message = f"`{fields.version}` is not a moment in time"
            expected = "a time with an offset, such as 2026-11-01T12:00:00Z"
            resolving.report("wrong-value", message, ("version",), expected=expected)
    return Resolved(kept, {})


def _read(fields: dict[str, Any], loading: Loading, hosted: HostedDatasets | None) -> Iterator[SourceItem]:
    if hosted is None:
        raise ItemError("langfuse-not-configured", "the dataset is in Langfuse, and none is configured")
    version = fields.get("version")
    dataset = hosted.fetch(fields["name"], None if version is None else parse_version(version))
    for item in dataset.items:
        yield SourceItem(item, True)


KIND = DatasetKind(type="langfuse", fields=LangfuseFields, resolve=_resolve, read=_read, hosted=True)
