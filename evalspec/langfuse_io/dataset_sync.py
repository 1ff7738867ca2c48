"""Datasets between repository and server: `push` brings items of ours there, `pull` writes theirs to a
file."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from evalspec.datasets.base import HostedDataset
from evalspec.diagnostics.errors import UsageError
from evalspec.langfuse_io.client import Answer, SyncClient
from evalspec.langfuse_io.datasets import (
    DatasetReader,
    LangfuseDatasets,
    as_item,
    content_of,
    find_dataset,
    parse_time,
)
from evalspec.langfuse_io.hosted_items import ITEM_ID, copy_of, restored
from evalspec.langfuse_io.settings import LangfuseSettings
from evalspec.langfuse_io.working import workers
from evalspec.plan.canonical import NotCanonical, canonical_json
from evalspec.plan.values import Item

_BATCH = 256


@dataclass(frozen=True, slots=True)
class PushReport:
    """What pushing did. Items are named by our ids.

    `gone` are items that were pushed once and are not in the file any more; they were archived if that was
    asked for (`archived`). `foreign` counts items that were made on the server. `kept_ids` are items that
    stand there under their own id. `refused` are (item, reason). `version` is the state of the dataset that
    the push left.
    """

    dataset_id: str
    name: str
    version: datetime
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    archived: bool = False
    gone: tuple[str, ...] = ()
    foreign: int = 0
    kept_ids: frozenset[str] = frozenset()
    refused: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PullReport:
    """What pulling wrote."""

    name: str
    version: datetime
    items: int
    path: Path


def push_dataset(
    settings: LangfuseSettings,
    name: str,
    items: Iterable[Item],
    *,
    description: str | None = None,
    archive_gone: bool = False,
) -> PushReport:
    """Make the hosted dataset `name` hold these items; pushing again changes nothing.

    Items are looked at before they are written, so that only what differs is. With `archive_gone`, items
    that were pushed before and are not among these any more are archived. Raises UsageError for items that
    cannot be hosted, ServiceUnreachable, and ServiceRefused.
    """
    with SyncClient(settings) as client:
        return _Push(client, name).run(items, description, archive_gone=archive_gone, in_order=True)


def push_items(client: SyncClient, name: str, items: Iterable[Item]) -> PushReport:
    """The same over a client that is there, several items at a time: their order on the server is any."""
    return _Push(client, name).run(items, None, archive_gone=False, in_order=False)


@dataclass(slots=True)
class _Existing:
    content: bytes
    foreign: bool
    own_id: str
    seen: bool = False


class _Push:
    def __init__(self, client: SyncClient, name: str) -> None:
        self._client = client
        self._name = name
        self._existing: dict[str, _Existing] = {}
        self._counts = {"created": 0, "updated": 0, "unchanged": 0}
        self._refused: list[tuple[str, str]] = []
        self._kept: set[str] = set()

    def run(
        self, items: Iterable[Item], description: str | None, *, archive_gone: bool, in_order: bool
    ) -> PushReport:
        dataset = self._dataset(description)
        reader = DatasetReader(self._client, self._name)
        for entry in reader.items(None):
            hosted = as_item(entry)
            own = restored(self._name, hosted)
            self._existing[hosted.id] = _Existing(content_of(hosted), own is hosted, own.id)
        copies = self._copies(items)
        with workers() as pool:
            while batch := list(islice(copies, _BATCH)):
                # One after the other, items keep their order on the server, which sorts them by their making.
                kept = map(self._keep, batch) if in_order else pool.map(self._keep, batch)
                for own_id, outcome in kept:
                    if outcome in self._counts:
                        self._counts[outcome] += 1
                    else:
                        self._refused.append((own_id, outcome))
            gone = {
                key: there for key, there in self._existing.items() if not there.seen and not there.foreign
            }
            if archive_gone:
                list(pool.map(self._archive, gone))
        version, _ = reader.latest(parse_time(dataset["createdAt"]))
        return PushReport(
            dataset_id=dataset["id"],
            name=self._name,
            version=version,
            **self._counts,
            archived=archive_gone,
            gone=tuple(there.own_id for there in gone.values()),
            foreign=sum(there.foreign and not there.seen for there in self._existing.values()),
            kept_ids=frozenset(self._kept),
            refused=tuple(self._refused),
        )

    def _dataset(self, description: str | None) -> dict[str, Any]:
        found = find_dataset(self._client, self._name)
        if found is None or (description is not None and description != found.get("description")):
            body = {"name": self._name} | ({"description": description} if description is not None else {})
            found = self._client.post("/v2/datasets", body)
        return found

    def _copies(self, items: Iterable[Item]) -> Iterator[tuple[str, Item]]:
        """Our ids with the items as they shall stand on the server."""
        seen: set[str] = set()
        for item in items:
            if item.id in seen:
                raise UsageError(f"two items have the id {item.id!r}")
            seen.add(item.id)
            there = self._existing.get(item.id)
            if there is not None and there.foreign:
                self._kept.add(item.id)
                copy = item
            else:
                copy = copy_of(self._name, item)
            try:
                canonical_json([copy.input, copy.expected_output, copy.metadata])
            except NotCanonical as error:
                raise UsageError(f"item {item.id!r} cannot be hosted: {error}") from None
            yield item.id, copy

    def _keep(self, entry: tuple[str, Item]) -> tuple[str, str]:
        """Make one item what it shall be; our id, and `created`, `updated`, `unchanged` or why it was
        refused."""
        own_id, copy = entry
        wanted = content_of(copy)
        there = self._existing.get(copy.id)
        if there is not None:
            there.seen = True
            if there.content == wanted:
                return own_id, "unchanged"
        answer = self._write(copy)
        if answer.fine and content_of(as_item(answer.json())) != wanted:
            # The server takes null for "as it was": what shall be empty needs an item that never had it.
            self._client.accepted(self._client.ask("DELETE", f"/dataset-items/{quote(copy.id, safe='')}"))
            answer = self._write(copy)
        if not answer.fine:
            if answer.worth_repeating or answer.keys_refused:
                self._client.accepted(answer)
            return own_id, answer.explanation()
        if content_of(as_item(answer.json())) != wanted:
            return own_id, "the server keeps something else than it was given"
        return own_id, "created" if there is None else "updated"

    def _write(self, copy: Item) -> Answer:
        body = {
            "datasetName": self._name,
            "id": copy.id,
            "input": copy.input,
            "expectedOutput": copy.expected_output,
            "metadata": copy.metadata,
            "status": "ACTIVE",
        }
        return self._client.ask("POST", "/dataset-items", content=body)

    def _archive(self, hosted_id: str) -> None:
        body = {"datasetName": self._name, "id": hosted_id, "status": "ARCHIVED"}
        self._client.accepted(self._client.ask("POST", "/dataset-items", content=body))


def pull_dataset(
    settings: LangfuseSettings, name: str, path: Path, version: datetime | None = None
) -> PullReport:
    """Write a hosted dataset to a file, one item a line, oldest first; pushed items get their own ids back.

    The file is there whole or not at all. Raises LookupError where there is no such dataset, UsageError where
    the file cannot be written or two items would have one id, ServiceUnreachable, and ServiceRefused.
    """
    hosted = LangfuseDatasets(settings).fetch(name, version)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            for item in _unique(hosted):
                file.write(_line(item))
        os.replace(partial, path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        partial.unlink(missing_ok=True)
    return PullReport(name, hosted.version, len(hosted.items), path)


def _unique(hosted: HostedDataset) -> Iterator[Item]:
    seen: set[str] = set()
    for entry in hosted.items:
        item = restored(hosted.name, entry)
        if item.id in seen:
            raise UsageError(
                f"two items of {hosted.name!r} have the id {item.id!r}; one of them has it as {ITEM_ID}"
            )
        seen.add(item.id)
        yield item


def _line(item: Item) -> bytes:
    content: dict[str, Any] = {"id": item.id, "input": item.input}
    if item.expected_output is not None:
        content["expected_output"] = item.expected_output
    if item.metadata is not None:
        content["metadata"] = item.metadata
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)
