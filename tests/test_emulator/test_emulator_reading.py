"""What readers see of what was written, and when."""

import gzip
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.emulator.golden import otlp_protobuf
from tests.emulator.handle import EmulatorServer, emulator_in_thread
from tests.emulator.settings import Settings
from tests.test_emulator.samples import (
    MILLISECOND,
    START,
    TRACE,
    deliver,
    groups,
    item,
    read,
    read_all,
    score,
    span,
)

SINCE = "2026-01-01T00:00:00Z"


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with emulator_in_thread() as running:
        yield running


@pytest.fixture
def client(server: EmulatorServer) -> Iterator[httpx.Client]:
    with server.client() as opened:
        yield opened


def test_protobuf_and_json_give_the_same_observation(client: httpx.Client) -> None:
    for protobuf in (False, True):
        attributes: dict[str, Any] = {
            "langfuse__observation__input": "{}",
            "langfuse__observation__metadata__n": 3,
        }
        deliver(client, span(int(protobuf) + 1, **attributes), protobuf=protobuf)
    groups_wanted = "core,basic,io,metadata,time"
    first, second = read(client, "v2/observations", fields=groups_wanted)["data"]
    for observation in (first, second):
        for key in ("id", "name", "createdAt", "updatedAt"):
            del observation[key]
    assert first == second
    assert first["metadata"]["n"] == 3


def test_gzip_is_inflated_for_spans_only(client: httpx.Client) -> None:
    body = gzip.compress(otlp_protobuf(groups(span(1))))
    headers = {"content-type": "application/x-protobuf", "content-encoding": "gzip"}
    assert client.post("/api/public/otel/v1/traces", content=body, headers=headers).status_code == 200
    assert len(read(client, "v2/observations")["data"]) == 1
    refused = client.post("/api/public/scores", content=gzip.compress(b"{}"), headers=headers)
    assert (refused.status_code, refused.text) == (400, "Invalid JSON")


def test_what_is_not_otlp_is_refused(client: httpx.Client) -> None:
    for content_type in ("application/json", "application/x-protobuf", "text/plain"):
        headers = {"content-type": content_type}
        response = client.post("/api/public/otel/v1/traces", content=b"\xff\xff", headers=headers)
        assert response.status_code == 400


def test_a_repeated_delivery_is_listed_twice_until_it_is_merged(
    server: EmulatorServer, client: httpx.Client
) -> None:
    for output in ("first", "second"):
        deliver(client, item(1, langfuse__observation__output=output))
    rows = read(client, "v2/observations", fields="core,io,time")["data"]
    assert {row["id"] for row in rows} == {f"{1:016x}"}
    newest = max(rows, key=lambda row: str(row["updatedAt"]))
    assert (len(rows), newest["output"]) == (2, "second")
    assert read(client, "experiments", fromStartTime=SINCE)["data"][0]["itemCount"] == 1
    assert len(read(client, "experiment-items", fromStartTime=SINCE)["data"]) == 1
    server.admin.merge()
    (row,) = read(client, "v2/observations", fields="core,io")["data"]
    assert row["output"] == "second"
    assert server.admin.counters()["spans"] == {"deliveries": 2, "distinct": 1, "rows": 1, "duplicates": 0}


def test_time_merges_too(server: EmulatorServer, client: httpx.Client) -> None:
    deliver(client, span(1))
    deliver(client, span(1))
    server.admin.advance(60)
    assert len(read(client, "v2/observations")["data"]) == 1


def test_another_start_time_duplicates_for_good(server: EmulatorServer, client: httpx.Client) -> None:
    deliver(client, span(1))
    deliver(client, span(1, start=START + 2 * MILLISECOND))
    server.admin.merge()
    assert len(read(client, "v2/observations")["data"]) == 2
    assert server.admin.counters()["spans"]["duplicates"] == 1


def test_a_second_run_of_the_same_name_appends(server: EmulatorServer, client: httpx.Client) -> None:
    deliver(client, *(item(number) for number in range(1, 4)))
    deliver(client, *(item(number) for number in range(4, 7)))
    (experiment,) = read(client, "experiments", fromStartTime=SINCE, id="exp")["data"]
    assert experiment["itemCount"] == 6
    (dumped,) = server.admin.dump()["experiments"]
    assert sorted(dumped["items"]) == [f"item-{number}" for number in range(1, 7)]
    assert (experiment["name"], experiment["datasetId"]) == ("run of exp", None)


def test_experiments_need_a_start_time_and_a_modest_limit(client: httpx.Client) -> None:
    for path in ("experiments", "experiment-items"):
        assert client.get(f"/api/public/{path}").status_code == 400
        query: dict[str, str | int] = {"fromStartTime": SINCE, "limit": 101}
        assert client.get(f"/api/public/{path}", params=query).status_code == 400
    assert client.get("/api/public/v3/scores", params={"limit": 101}).status_code == 400
    assert client.get("/api/public/v2/observations", params={"limit": 1001}).status_code == 400


def test_cursors_reach_every_row_once(client: httpx.Client) -> None:
    deliver(client, *(item(number, f"exp-{number % 5}") for number in range(1, 24)))
    for number in range(23):
        client.post("/api/public/scores", json=score(number))
    items = read_all(client, "experiment-items", fromStartTime=SINCE, limit=4)
    assert [entry["experimentItemId"] for entry in items] == [f"item-{n}" for n in range(23, 0, -1)]
    assert len({row["id"] for row in read_all(client, "v2/observations", limit=5)}) == 23
    assert len({row["id"] for row in read_all(client, "v3/scores", limit=3)}) == 23
    experiments = read_all(client, "experiments", fromStartTime=SINCE, limit=2)
    assert sorted(entry["id"] for entry in experiments) == [f"exp-{n}" for n in range(5)]


def test_items_carry_the_scores_of_their_observation_and_trace(client: httpx.Client) -> None:
    deliver(client, item(1))
    trace, observation = f"{1:032x}", f"{1:016x}"
    client.post("/api/public/scores", json=score(1, traceId=trace, observationId=observation))
    client.post("/api/public/scores", json=score(2, traceId=trace))
    client.post("/api/public/scores", json=score(3, traceId=trace, observationId="another"))
    client.post("/api/public/scores", json={"id": "r", "name": "mean", "value": 1, "datasetRunId": "exp"})
    (entry,) = read(client, "experiment-items", fromStartTime=SINCE, fields="core,scores")["data"]
    assert {found["id"] for found in entry["scores"]} == {"s1", "s2"}
    (experiment,) = read(client, "experiments", fromStartTime=SINCE, fields="core,scores")["data"]
    assert [found["id"] for found in experiment["scores"]] == ["r"]


def test_values_that_break_their_config_are_accepted_and_dropped(
    server: EmulatorServer, client: httpx.Client
) -> None:
    config = {"name": "acc", "dataType": "NUMERIC", "minValue": 0, "maxValue": 1}
    config_id = client.post("/api/public/score-configs", json=config).json()["id"]
    for number, (value, identifier) in enumerate(((0.5, config_id), (7, config_id), (0.5, "unknown"))):
        response = client.post("/api/public/scores", json=score(number, value=value, configId=identifier))
        assert response.status_code == 200
    assert [row["id"] for row in read(client, "v3/scores")["data"]] == ["s0"]
    assert server.admin.counters()["scores"]["dropped"] == {
        "outside the config's bounds": 1,
        "unknown configId": 1,
    }


def test_a_score_id_is_an_idempotency_key_within_its_name(
    server: EmulatorServer, client: httpx.Client
) -> None:
    for value in (1, 2):
        client.post("/api/public/scores", json=score(1, value=value))
    (row,) = read(client, "v3/scores")["data"]
    assert row["value"] == 2
    assert server.admin.counters()["scores"]["duplicates"] == 0
    client.post("/api/public/scores", json=score(1, name="other"))
    counted = server.admin.counters()["scores"]
    assert (counted["distinct"], counted["rows"], counted["duplicates"]) == (1, 2, 1)


def test_writes_become_readable_after_their_delays() -> None:
    with (
        emulator_in_thread(Settings(span_delay=1, score_delay=6)) as server,
        server.client() as client,
    ):
        deliver(client, item(1))
        client.post("/api/public/scores", json=score(1, traceId=f"{1:032x}"))
        assert read(client, "v2/observations")["data"] == []
        server.admin.advance(1)
        assert len(read(client, "v2/observations")["data"]) == 1
        assert read(client, "v3/scores")["data"] == []
        server.admin.advance(5)
        assert len(read(client, "v3/scores")["data"]) == 1
        client.post("/api/public/scores", json=score(1, value=2, traceId=f"{1:032x}"))
        assert read(client, "v3/scores")["data"][0]["value"] == 1
        server.admin.advance(6)
        assert read(client, "v3/scores")["data"][0]["value"] == 2


def test_deleting_a_score_takes_effect_later(server: EmulatorServer, client: httpx.Client) -> None:
    client.post("/api/public/scores", json=score(1))
    assert client.delete("/api/public/scores/s1").status_code == 202
    assert len(read(client, "v3/scores")["data"]) == 1
    server.admin.advance(91)
    assert read(client, "v3/scores")["data"] == []


def test_a_score_that_is_written_before_the_deletion_happens_goes_with_it(
    server: EmulatorServer, client: httpx.Client
) -> None:
    client.post("/api/public/scores", json=score(1))
    client.delete("/api/public/scores/s1")
    server.admin.advance(60)
    client.post("/api/public/scores", json=score(1, value=2))
    assert [row["value"] for row in read(client, "v3/scores")["data"]] == [2]
    server.admin.advance(31)
    client.post("/api/public/scores", json=score(2))
    assert [row["id"] for row in read(client, "v3/scores")["data"]] == ["s2"]
    client.delete("/api/public/scores/s2")
    server.admin.advance(91)
    client.post("/api/public/scores", json=score(2, value=2))
    server.admin.advance(91)
    assert [row["value"] for row in read(client, "v3/scores")["data"]] == [2]


def test_scores_are_found_by_what_they_are_attached_to(client: httpx.Client) -> None:
    client.post("/api/public/scores", json=score(1, observationId="o1"))
    client.post("/api/public/scores", json={"id": "x", "name": "n", "value": "good", "sessionId": "s"})
    found = read(client, "v3/scores", traceId=TRACE, observationId="o1", fields="subject")["data"]
    assert [row["subject"] for row in found] == [{"kind": "observation", "id": "o1", "traceId": TRACE}]
    (row,) = read(client, "v3/scores", sessionId="s")["data"]
    assert (row["dataType"], row["value"]) == ("CATEGORICAL", "good")
    assert client.get("/api/public/v3/scores", params={"observationId": "o1"}).status_code == 400
    assert [row["id"] for row in read(client, "v3/scores", dataType="numeric", valueMin=0.5)["data"]] == [
        "s1"
    ]


def test_the_database_may_be_a_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = str(tmp_path_factory.mktemp("db") / "emulator.sqlite")
    with emulator_in_thread(Settings(database=path)) as server, server.client() as client:
        deliver(client, span(1))
        client.post("/api/public/scores", json=score(1))
    with emulator_in_thread(Settings(database=path)) as server, server.client() as client:
        assert len(read(client, "v2/observations")["data"]) == 1
        assert len(read(client, "v3/scores")["data"]) == 1


def test_reset_forgets_everything(server: EmulatorServer, client: httpx.Client) -> None:
    deliver(client, span(1))
    client.post("/api/public/scores", json=score(1))
    client.post("/api/public/v2/datasets", json={"name": "d"})
    server.admin.reset()
    counted = server.admin.counters()
    assert (counted["spans"]["deliveries"], counted["scores"]["deliveries"]) == (0, 0)
    assert read(client, "v2/datasets")["meta"]["totalItems"] == 0
