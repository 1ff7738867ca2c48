"""Either contract is spoken as its types say: the new one as the SDK's, the old one as recorded."""

from typing import Any

import httpx
import pytest
from langfuse.api.core.pydantic_utilities import parse_obj_as
from langfuse.api.dataset_items.types.paginated_dataset_items import PaginatedDatasetItems
from langfuse.api.evaluation_rules.types.evaluation_rules_page import EvaluationRulesPage
from langfuse.api.evaluators.types.evaluators_page import EvaluatorsPage
from langfuse.api.experiments.types.experiment_items_response import ExperimentItemsResponse
from langfuse.api.experiments.types.experiments_response import ExperimentsResponse
from langfuse.api.models.types.paginated_models import PaginatedModels
from langfuse.api.observations.types.observations_v2response import ObservationsV2Response
from langfuse.api.projects.types.projects import Projects
from langfuse.api.prompts.types.prompt_meta_list_response import PromptMetaListResponse
from langfuse.api.score_configs.types.score_configs import ScoreConfigs
from langfuse.api.scores.types.create_score_batch_response import CreateScoreBatchResponse
from langfuse.api.scores.types.create_score_batch_results import CreateScoreBatchResults
from langfuse.api.scores.types.get_scores_v3response import GetScoresV3Response

from tests.emulator.fixtures import either_emulator, emulator, new_emulator
from tests.emulator.handle import EmulatorServer, emulator_process
from tests.test_emulator.samples import deliver, item, read, score

__all__ = ["either_emulator", "emulator", "new_emulator"]

SINCE = "2026-01-01T00:00:00Z"
OBSERVATION_GROUPS = "core,basic,time,io,metadata,model,usage,prompt,metrics,trace_context"
ITEM_GROUPS = "core,dataset,io,metadata,itemMetadata,experimentMetadata,scores"
READS: list[tuple[Any, str, dict[str, str]]] = [
    (Projects, "projects", {}),
    (PaginatedModels, "models", {}),
    (ScoreConfigs, "score-configs", {}),
    (PromptMetaListResponse, "v2/prompts", {}),
    (PaginatedDatasetItems, "dataset-items", {"datasetName": "d"}),
    (ObservationsV2Response, "v2/observations", {"fields": OBSERVATION_GROUPS}),
    (ExperimentsResponse, "experiments", {"fromStartTime": SINCE, "fields": "core,metadata,scores"}),
    (ExperimentItemsResponse, "experiment-items", {"fromStartTime": SINCE, "fields": ITEM_GROUPS}),
    (GetScoresV3Response, "v3/scores", {"fields": "details,subject,annotation"}),
]


@pytest.mark.parametrize(("type_", "path", "query"), READS, ids=[path for _, path, _ in READS])
def test_the_sdk_understands_what_is_read(
    either_emulator: EmulatorServer, type_: Any, path: str, query: dict[str, str]
) -> None:
    with either_emulator.client() as client:
        _write_one_of_each(client)
        page = parse_obj_as(type_, read(client, path, **query))
        assert len(page.data) > 0


def _write_one_of_each(client: httpx.Client) -> None:
    client.post("/api/public/score-configs", json={"name": "ok", "dataType": "BOOLEAN"})
    client.post("/api/public/v2/prompts", json={"name": "p", "prompt": "hello", "labels": ["production"]})
    client.post("/api/public/v2/datasets", json={"name": "d"})
    client.post("/api/public/dataset-items", json={"datasetName": "d", "input": 1})
    deliver(client, item(1, langfuse__experiment__metadata__k="v"))
    written = score(1, traceId=f"{1:032x}", metadata={"k": [1]}, dataType="BOOLEAN")
    if client.post("/api/public/scores", json=written).status_code == 400:
        assert client.post("/api/public/scores", json=[written]).status_code == 202


def test_the_new_contract_takes_a_list(new_emulator: EmulatorServer) -> None:
    with new_emulator.client() as client:
        response = client.post("/api/public/scores", json=[score(1), score(2, value="good")])
        assert response.status_code == 202
        assert parse_obj_as(CreateScoreBatchResponse, response.json()).message == "Accepted"
        refused = client.post("/api/public/scores", json=score(3))
        assert refused.status_code == 400
        assert {row["id"] for row in read(client, "v3/scores")["data"]} == {"s1", "s2"}


def test_the_new_contract_accepts_the_good_scores_of_a_list(new_emulator: EmulatorServer) -> None:
    scores = [score(1), score(2, sessionId="s"), {"name": "n"}, score(4, source="EVAL"), 5]
    with new_emulator.client() as client:
        response = client.post("/api/public/scores", json=scores)
        assert response.status_code == 207
        results = parse_obj_as(CreateScoreBatchResults, response.json())
        assert (results.accepted, results.rejected, len(results.errors)) == (1, 4, 4)
        assert [row["id"] for row in read(client, "v3/scores")["data"]] == ["s1"]


def test_in_the_new_contract_another_timestamp_is_another_score(new_emulator: EmulatorServer) -> None:
    with new_emulator.client() as client:
        for day in ("2026-11-20", "2026-11-20", "2026-11-21"):
            client.post("/api/public/scores", json=[score(1, timestamp=f"{day}T00:00:00Z")])
        assert len(read(client, "v3/scores")["data"]) == 2
    assert new_emulator.admin.counters()["scores"]["duplicates"] == 1


def test_what_the_new_contract_no_longer_has(new_emulator: EmulatorServer) -> None:
    with new_emulator.client() as client:
        for path in ("ingestion", "dataset-run-items"):
            assert client.post(f"/api/public/{path}", json={"batch": []}).status_code in (404, 405)
        assert client.get("/api/public/unstable/evaluators").status_code == 404
        parse_obj_as(EvaluatorsPage, read(client, "v2/evaluators"))
        parse_obj_as(EvaluationRulesPage, read(client, "v2/evaluation-rules"))


def test_a_4_16_batch_answers_for_each_event(emulator: EmulatorServer) -> None:
    def event(identifier: str, kind: str, body: object) -> dict[str, object]:
        return {"id": identifier, "type": kind, "timestamp": "2026-11-23T01:02:03.456Z", "body": body}

    batch = [
        event("good", "score-create", score(1)),
        event("two subjects", "score-create", score(2, sessionId="s")),
        event("no name", "score-create", {"value": 1, "traceId": "t"}),
        event("a trace", "trace-create", {"id": "t"}),
    ]
    with emulator.client() as client:
        response = client.post("/api/public/ingestion", json={"batch": batch})
        assert response.status_code == 207
        answer = response.json()
        assert answer["successes"] == [{"id": "good", "status": 201}]
        assert [(error["id"], error["status"]) for error in answer["errors"]] == [
            ("two subjects", 400),
            ("no name", 400),
            ("a trace", 400),
        ]
        (row,) = read(client, "v3/scores")["data"]
        assert row["timestamp"] == "2026-11-23T01:02:03.456Z"


@pytest.mark.parametrize("keys", [("pk-lf-test", "wrong"), ("wrong", "sk-lf-test"), None])
def test_wrong_keys_are_refused(either_emulator: EmulatorServer, keys: tuple[str, str] | None) -> None:
    with httpx.Client(base_url=either_emulator.base_url, auth=keys, trust_env=False) as client:
        assert client.get("/api/public/projects").status_code == 401
        assert client.post("/api/public/scores", json=score(1)).status_code == 401
        assert client.get("/api/public/health").status_code == 200


REFUSED = [
    ("score-configs", {"name": "c", "dataType": "COLOUR"}),
    ("score-configs", {"dataType": "NUMERIC"}),
    ("v2/datasets", {"description": "no name"}),
    ("dataset-items", {"input": 1}),
    ("v2/prompts", {"name": "p", "prompt": 3}),
    ("annotation-queues", {"name": "q"}),
    ("comments", {"content": 1}),
]


@pytest.mark.parametrize(("path", "body"), REFUSED)
def test_bodies_that_do_not_fit_are_refused(
    either_emulator: EmulatorServer, path: str, body: dict[str, object]
) -> None:
    with either_emulator.client() as client:
        response = client.post(f"/api/public/{path}", json=body)
        assert response.status_code == 400
        assert response.json()["message"] == "Invalid request data"


def test_a_sink_counts_without_looking() -> None:
    for contract in ("4.16", "5"):
        with emulator_process("--contract", contract, "--sink") as server, server.client() as client:
            for _ in range(2):
                deliver(client, *(item(number) for number in range(1, 4)))
            scores = [score(number) for number in range(5)]
            if contract == "5":
                assert client.post("/api/public/scores", json=scores).status_code == 202
            else:
                events = [
                    {"id": f"e{entry['id']}", "type": "score-create", "timestamp": SINCE, "body": entry}
                    for entry in scores
                ]
                response = client.post("/api/public/ingestion", json={"batch": events})
                assert len(response.json()["successes"]) == 5
            counted = server.admin.counters()
            assert counted["spans"] == {"deliveries": 6, "distinct": 3, "rows": 3, "duplicates": 0}
            assert (counted["scores"]["distinct"], counted["scores"]["duplicates"]) == (5, 0)
            assert counted["experiment_items"] == 3
            assert len(read(client, "v3/scores")["data"]) == 5
