"""Datasets, items and prompts beyond what was recorded."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote

import httpx
import pytest

from tests.emulator.handle import emulator_in_thread
from tests.test_emulator.samples import read


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with emulator_in_thread() as server, server.client() as opened:
        yield opened


def _create(client: httpx.Client, **item: object) -> httpx.Response:
    return client.post("/api/public/dataset-items", json=item)


def test_names_may_hold_slashes_when_they_are_encoded(client: httpx.Client) -> None:
    name = "team/ä b"
    client.post("/api/public/v2/datasets", json={"name": name})
    assert read(client, f"v2/datasets/{quote(name, safe='')}")["name"] == name
    assert client.get("/api/public/v2/datasets/team/x").status_code == 404
    client.post("/api/public/v2/prompts", json={"name": "a/b", "prompt": "p", "labels": ["production"]})
    assert read(client, "v2/prompts/a%2Fb")["name"] == "a/b"


def test_items_come_newest_first_page_by_page(client: httpx.Client) -> None:
    client.post("/api/public/v2/datasets", json={"name": "d"})
    for number in range(7):
        assert _create(client, datasetName="d", id=f"i{number}", input=number).status_code == 200
    pages = [read(client, "dataset-items", datasetName="d", limit=3, page=page) for page in (1, 2, 3)]
    assert [item["id"] for page in pages for item in page["data"]] == [f"i{n}" for n in range(6, -1, -1)]
    assert pages[0]["meta"] == {"page": 1, "limit": 3, "totalItems": 7, "totalPages": 3}


def test_an_older_version_shows_archived_and_deleted_items(client: httpx.Client) -> None:
    client.post("/api/public/v2/datasets", json={"name": "d"})
    for number in range(3):
        _create(client, datasetName="d", id=f"i{number}", input=number)
    _create(client, datasetName="d", id="i0", status="ARCHIVED")
    time.sleep(0.003)
    version = datetime.now(UTC).isoformat()
    time.sleep(0.003)
    _create(client, datasetName="d", id="i1", input="changed")
    client.delete("/api/public/dataset-items/i2")
    assert [item["id"] for item in read(client, "dataset-items", datasetName="d")["data"]] == ["i1"]
    then = read(client, "dataset-items", datasetName="d", version=version)["data"]
    assert {item["id"]: item["input"] for item in then} == {"i0": 0, "i1": 1, "i2": 2}


def test_both_schemas_are_enforced(client: httpx.Client) -> None:
    schema = {"type": "object", "required": ["q"]}
    client.post(
        "/api/public/v2/datasets",
        json={"name": "d", "inputSchema": schema, "expectedOutputSchema": {"type": "string"}},
    )
    assert _create(client, datasetName="d", input={"q": 1}, expectedOutput="x").status_code == 200
    refused = _create(client, datasetName="d", input={}, expectedOutput=3)
    assert refused.status_code == 400
    message = refused.json()["message"]
    assert "Input validation failed: must have required property 'q'" in message
    assert "Expected output validation failed" in message


def test_missing_things_are_404(client: httpx.Client) -> None:
    for path in ("v2/datasets/x", "dataset-items/x", "v2/prompts/x", "score-configs/x", "nothing/here"):
        assert client.get(f"/api/public/{path}").status_code == 404


def test_labels_belong_to_one_version(client: httpx.Client) -> None:
    for text in ("one", "two"):
        body = {"name": "p", "prompt": text, "labels": ["production"] if text == "one" else []}
        assert client.post("/api/public/v2/prompts", json=body).status_code == 201
    assert read(client, "v2/prompts/p")["prompt"] == "one"
    assert read(client, "v2/prompts/p", label="latest")["version"] == 2
    client.patch("/api/public/v2/prompts/p/versions/2", json={"newLabels": ["production"]})
    assert read(client, "v2/prompts/p")["prompt"] == "two"
    assert read(client, "v2/prompts/p", version=1)["labels"] == []
    assert client.get("/api/public/v2/prompts/p", params={"label": "staging"}).status_code == 404
    (meta,) = read(client, "v2/prompts")["data"]
    assert (meta["versions"], sorted(meta["labels"])) == ([1, 2], ["latest", "production"])


def test_annotation_queues_and_comments(client: httpx.Client) -> None:
    queue = client.post("/api/public/annotation-queues", json={"name": "q", "scoreConfigIds": []}).json()[
        "id"
    ]
    entry = {"objectId": "t", "objectType": "TRACE"}
    client.post(f"/api/public/annotation-queues/{queue}/items", json=entry)
    pending = read(client, f"annotation-queues/{queue}/items", status="PENDING")["data"]
    assert len(pending) == 1
    assert read(client, f"annotation-queues/{queue}/items", status="COMPLETED")["data"] == []
    assigned = client.post(f"/api/public/annotation-queues/{queue}/assignments", json={"userId": "u"})
    assert assigned.json() == {"userId": "u", "queueId": queue, "projectId": "proj-test"}
    comment = {"projectId": "proj-test", "objectType": "TRACE", "objectId": "t", "content": "hm"}
    client.post("/api/public/comments", json=comment)
    assert read(client, "comments", objectId="t")["meta"]["totalItems"] == 1
    assert read(client, "comments", objectId="other")["data"] == []
