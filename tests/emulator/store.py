"""Everything one emulator remembers, and the routes that reach it."""

from collections.abc import Callable
from typing import Any

from tests.emulator import otlp
from tests.emulator.catalogue import Catalogue
from tests.emulator.clock import Clock, iso
from tests.emulator.database import Database
from tests.emulator.datasets import Datasets
from tests.emulator.experiments import Experiments
from tests.emulator.observations import Observations
from tests.emulator.prompts import Prompts
from tests.emulator.records import Records, RecordsApi
from tests.emulator.routing import Router
from tests.emulator.scores import ScoreStore
from tests.emulator.scores_api import ScoresApi
from tests.emulator.settings import Settings
from tests.emulator.spans import SpanStore
from tests.emulator.wire import GONE_MESSAGE, MEBIBYTE, Call, Refusal, Reply, json_reply

MAXIMUM_INGESTION_VERSION = 4
ROW_IDENTITY = {
    "4.16": "id || char(0) || name",
    "5": "id || char(0) || name || char(0) || coalesce(timestamp, received)",
}
GONE = (
    ("GET", "traces"),
    ("GET", "traces/{id}"),
    ("GET", "observations"),
    ("GET", "observations/{id}"),
    ("GET", "sessions"),
    ("GET", "sessions/{id}"),
    ("GET", "scores"),
    ("GET", "scores/{id}"),
    ("GET", "v2/scores"),
    ("GET", "v2/scores/{id}"),
    ("GET", "metrics"),
    ("GET", "metrics/daily"),
    ("GET", "dataset-run-items"),
    ("GET", "datasets/{name}/runs"),
    ("GET", "datasets/{name}/runs/{run}"),
    ("DELETE", "datasets/{name}/runs/{run}"),
)


class Store:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = Clock()
        self.database = Database(settings.database)
        self.spans = SpanStore(self.database, self.clock, settings)
        self.scores = ScoreStore(self.database, self.clock, settings)
        self.records = Records(self.database, self.clock)
        self.router = self._routes()

    def _routes(self) -> Router:
        router = Router("/api/public")
        self._trace_routes(router)
        self._score_routes(router)
        self._dataset_routes(router)
        prompts = Prompts(self.database, self.clock)
        router.add("POST", "v2/prompts", prompts.create)
        router.add("GET", "v2/prompts", prompts.page)
        router.add("GET", "v2/prompts/{name}", prompts.get)
        router.add("DELETE", "v2/prompts/{name}", prompts.delete)
        router.add("PATCH", "v2/prompts/{name}/versions/{version}", prompts.change_labels)
        router.add("GET", "prompts", prompts.get_by_query)
        Catalogue(self.settings).register(router)
        for method, path in GONE:
            router.add(method, path, _gone)
        return router

    def _trace_routes(self, router: Router) -> None:
        observations = Observations(self.database, self.spans)
        experiments = Experiments(self.database, self.spans, self.scores)
        # 20 MB arrived whole, so the limit lies above that.
        router.add("POST", "otel/v1/traces", self._take_spans, limit=None)
        router.add("DELETE", "traces/{id}", self._delete_trace)
        router.add("GET", "v2/observations", observations.page)
        router.add("GET", "v2/metrics", observations.metrics)
        router.add("GET", "experiments", experiments.page)
        router.add("GET", "experiment-items", experiments.items)

    def _score_routes(self, router: Router) -> None:
        scores = ScoresApi(self.database, self.scores, self.records, self.settings)
        router.add("POST", "scores", scores.create)
        router.add("DELETE", "scores/{id}", scores.delete)
        router.add("GET", "v3/scores", scores.page)
        router.add("POST", "ingestion", scores.ingest, limit=int(4.5 * MEBIBYTE))
        api = RecordsApi(self.records, self.clock)
        routes: tuple[tuple[str, str, Callable[[Call], Reply]], ...] = (
            ("POST", "score-configs", api.create_config),
            ("GET", "score-configs", api.list_configs),
            ("GET", "score-configs/{id}", api.get_config),
            ("PATCH", "score-configs/{id}", api.change_config),
            ("POST", "annotation-queues", api.create_queue),
            ("GET", "annotation-queues", api.list_queues),
            ("GET", "annotation-queues/{queue}", api.get_queue),
            ("POST", "annotation-queues/{queue}/items", api.create_queue_item),
            ("GET", "annotation-queues/{queue}/items", api.list_queue_items),
            ("GET", "annotation-queues/{queue}/items/{item}", api.get_queue_item),
            ("PATCH", "annotation-queues/{queue}/items/{item}", api.change_queue_item),
            ("DELETE", "annotation-queues/{queue}/items/{item}", api.delete_queue_item),
            ("POST", "annotation-queues/{queue}/assignments", api.create_assignment),
            ("DELETE", "annotation-queues/{queue}/assignments", api.delete_assignment),
            ("POST", "comments", api.create_comment),
            ("GET", "comments", api.list_comments),
            ("GET", "comments/{id}", api.get_comment),
        )
        for method, path, handler in routes:
            router.add(method, path, handler)

    def _dataset_routes(self, router: Router) -> None:
        datasets = Datasets(self.database, self.clock)
        router.add("POST", "v2/datasets", datasets.create)
        router.add("GET", "v2/datasets", datasets.page)
        router.add("GET", "v2/datasets/{name}", datasets.get)
        router.add("GET", "datasets/{name}", datasets.get_with_items)
        router.add("POST", "dataset-items", datasets.create_item, limit=int(4.5 * MEBIBYTE))
        router.add("GET", "dataset-items", datasets.list_items)
        router.add("GET", "dataset-items/{id}", datasets.get_item)
        router.add("DELETE", "dataset-items/{id}", datasets.delete_item)
        if self.settings.contract == "4.16":
            router.add("POST", "dataset-run-items", datasets.create_run_item)

    def _take_spans(self, call: Call) -> Reply:
        version = call.headers.get("x-langfuse-ingestion-version", "")
        if version.isdigit() and int(version) > MAXIMUM_INGESTION_VERSION:
            message = f'Unsupported x-langfuse-ingestion-version: "{version}". Maximum supported: "4".'
            raise Refusal(json_reply({"error": message}, 400))
        content_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type not in (otlp.PROTOBUF, "application/json"):
            raise Refusal(json_reply({"error": "Invalid content type"}, 400))
        encoding = call.headers.get("content-encoding", "")
        if not self.settings.sink:
            try:
                otlp.check(call.inflated(), content_type)
            except otlp.NotOtlp as error:
                raise Refusal(
                    json_reply({"error": f"Failed to parse OTel {content_type} trace: {error}"}, 400)
                ) from None
        self.spans.take(call.body, encoding, content_type, call.received)
        if self.settings.contract != "4.16":
            return json_reply({})
        return json_reply(_queued_job(call))

    def _delete_trace(self, call: Call) -> Reply:
        self.spans.delete_trace(call.params["id"])
        return json_reply({"message": "Trace deleted successfully"})

    def counters(self) -> dict[str, Any]:
        """Deliveries are what came, distinct is what there should be, duplicates is what will never merge
        into it.
        """
        self.spans.absorb()
        self.scores.absorb()
        number = self.database.number
        spans = number("SELECT count(DISTINCT trace_id || span_id) FROM spans")
        span_rows = number("SELECT count(*) FROM (SELECT DISTINCT trace_id, span_id, start_ms FROM spans)")
        kept = "FROM score_writes WHERE dropped IS NULL"
        scores = number(f"SELECT count(DISTINCT id) {kept}")
        score_rows = number(f"SELECT count(DISTINCT {ROW_IDENTITY[self.settings.contract]}) {kept}")
        dropped = self.database.rows(
            "SELECT dropped, count(*) AS n FROM score_writes WHERE dropped IS NOT NULL GROUP BY dropped"
        )
        return {
            "spans": {
                "deliveries": number("SELECT count(*) FROM spans"),
                "distinct": spans,
                "rows": span_rows,
                "duplicates": span_rows - spans,
            },
            "scores": {
                "deliveries": number("SELECT count(*) FROM score_writes"),
                "distinct": scores,
                "rows": score_rows,
                "duplicates": score_rows - scores,
                "dropped": {row["dropped"]: row["n"] for row in dropped},
            },
            "experiments": number("SELECT count(DISTINCT experiment_id) FROM spans"),
            "experiment_items": number(
                "SELECT count(DISTINCT trace_id || span_id) FROM spans"
                " WHERE experiment_id IS NOT NULL AND span_id = root_id"
            ),
        }

    def dump(self) -> dict[str, Any]:
        """Everything stored, whatever readers may see yet."""
        self.spans.absorb()
        self.scores.absorb()
        return {
            "spans": [dict(row) for row in self.database.rows("SELECT * FROM spans ORDER BY seq")],
            "experiments": [
                {"id": row["experiment_id"], "name": row["name"], "items": row["items"].split("\n")}
                for row in self.database.rows(
                    "SELECT experiment_id, max(experiment_name) AS name,"
                    " group_concat(item_id, char(10)) AS items"
                    " FROM (SELECT DISTINCT experiment_id, experiment_name, trace_id, span_id, item_id"
                    " FROM spans"
                    " WHERE span_id = root_id AND experiment_id IS NOT NULL) GROUP BY experiment_id"
                )
            ],
            "scores": [dict(row) for row in self.database.rows("SELECT * FROM score_writes ORDER BY seq")],
        }

    def merge(self) -> None:
        """Let the database merge the rows of repeated deliveries now."""
        self.spans.absorb()
        self.database.run("UPDATE spans SET superseded = 0 WHERE superseded IS NOT NULL")


def _gone(_: Call) -> Reply:
    return json_reply({"message": GONE_MESSAGE}, 404)


def _queued_job(call: Call) -> dict[str, Any]:
    """What a 4.16 server answers to spans: the job it queued. Clients look at the status only."""
    headers = call.headers
    payload = {
        "data": {"fileKey": "events/otel/proj-test/emulated.json", "publicKey": "pk-lf-test"},
        "authCheck": {
            "validKey": True,
            "scope": {"projectId": "proj-test", "accessLevel": "project", "orgId": "org-test"},
        },
        "sdkName": headers.get("x-langfuse-sdk-name", "unknown"),
        "sdkVersion": headers.get("x-langfuse-sdk-version", "unknown"),
        "ingestionVersion": headers.get("x-langfuse-ingestion-version", ""),
    }
    name, job = "otel-ingestion-job", f"emulated-{call.received}"
    return {
        "name": name,
        "data": {"id": job, "timestamp": iso(call.received), "name": name, "payload": payload},
        "opts": {
            "attempts": 6,
            "removeOnComplete": True,
            "removeOnFail": 100000,
            "backoff": {"type": "exponential", "delay": 5000},
            "traceparent": "00-00000000000000000000000000000000-0000000000000000-01",
            "baggage": "",
        },
        "id": job,
        "progress": 0,
        "returnvalue": None,
        "stacktrace": None,
        "priority": 0,
        "attemptsStarted": 0,
        "attemptsMade": 0,
        "stalledCounter": 0,
        "timestamp": call.received // 1_000_000,
        "queueQualifiedName": "bull:otel-ingestion-queue",
    }
