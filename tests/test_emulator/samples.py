"""Spans and scores for the emulator's own tests."""

from typing import Any

import httpx

from tests.emulator.golden import otlp_json, otlp_protobuf

START = 1_795_415_545_000_000_000
MILLISECOND = 1_000_000
TRACE = "0" * 31 + "1"


def span(number: int, *, start: int = START, trace: str = TRACE, **attributes: Any) -> dict[str, Any]:
    """A span as the golden files write them; double underscores in attribute names stand for dots."""
    return {
        "trace": trace,
        "span": f"{number:016x}",
        "parent": None,
        "name": f"span {number}",
        "start": start,
        "end": start + 5 * MILLISECOND,
        "attributes": {name.replace("__", "."): value for name, value in attributes.items()},
    }


def item(number: int, experiment: str = "exp", **attributes: Any) -> dict[str, Any]:
    """The only span of an experiment's item."""
    entry = span(number, start=START + number * MILLISECOND, trace=f"{number:032x}", **attributes)
    entry["attributes"] |= {
        "langfuse.experiment.id": experiment,
        "langfuse.experiment.name": f"run of {experiment}",
        "langfuse.experiment.item.id": f"item-{number}",
        "langfuse.experiment.item.root_observation_id": entry["span"],
    }
    return entry


def groups(*spans: dict[str, Any]) -> list[dict[str, Any]]:
    scope = {"name": "langfuse-sdk", "version": "test", "attributes": {}}
    return [{"resource": {"service.name": "test"}, "scope": scope, "spans": list(spans)}]


def deliver(client: httpx.Client, *spans: dict[str, Any], protobuf: bool = False) -> httpx.Response:
    content = otlp_protobuf(groups(*spans)) if protobuf else otlp_json(groups(*spans))
    headers = {
        "content-type": "application/x-protobuf" if protobuf else "application/json",
        "x-langfuse-ingestion-version": "4",
    }
    return client.post("/api/public/otel/v1/traces", content=content, headers=headers)


def score(number: int, **content: Any) -> dict[str, Any]:
    return {"id": f"s{number}", "name": "quality", "value": 1, "traceId": TRACE} | content


def read(client: httpx.Client, path: str, **query: Any) -> Any:
    """The JSON answer of a GET that must succeed."""
    response = client.get(f"/api/public/{path}", params=query)
    assert response.status_code == 200, response.text
    return response.json()


def read_all(client: httpx.Client, path: str, **query: Any) -> list[dict[str, Any]]:
    """Every page of an endpoint with cursors."""
    found: list[dict[str, Any]] = []
    while True:
        page = read(client, path, **query)
        found += page["data"]
        if "cursor" not in page["meta"]:
            return found
        query["cursor"] = page["meta"]["cursor"]
