"""`GET experiments` and `GET experiment-items`: nothing is stored for them, they are read off the spans.

An experiment is every span that names it. An item of it is the span that its own `root_observation_id` names.
Running the same name twice gives the same id, so the second run's items stand beside the first's.
"""

import hashlib
from sqlite3 import Row
from typing import Any

import orjson

from tests.emulator.clock import iso, parse_time
from tests.emulator.database import Database, Where
from tests.emulator.observations import NEWEST_FIRST, field_groups, position
from tests.emulator.scores import ScoreStore, printed_score
from tests.emulator.settings import PROJECT_ID
from tests.emulator.spans import SpanStore
from tests.emulator.wire import (
    Call,
    Reply,
    custom_issue,
    decode_cursor,
    encode_cursor,
    invalid,
    json_reply,
    wrong_type,
)

ITEM_GROUPS = ("core", "dataset", "io", "metadata", "itemMetadata", "experimentMetadata", "scores")


def hosted_experiment_id(dataset_id: str, run_name: str) -> str:
    """The id of a run over a hosted dataset, as server and SDK derive it."""
    identity = ["langfuse-experiment-v1", PROJECT_ID, dataset_id, run_name]
    # Compact and without escapes: a run name with an umlaut would get another id otherwise.
    return hashlib.sha256(orjson.dumps(identity)).hexdigest()[:16]


class Experiments:
    def __init__(self, database: Database, spans: SpanStore, scores: ScoreStore) -> None:
        self._database = database
        self._spans = spans
        self._scores = scores

    def page(self, call: Call) -> Reply:
        where = self._visible(call)
        groups = field_groups(call, ("core", "metadata", "scores"), "core")
        limit = call.number("limit", 50, 100)
        score_limit = call.number("scoreLimit", 50, 50)
        where.add("experiment_id IS NOT NULL")
        where.among("experiment_id", call.listed("id"))
        where.among("experiment_name", call.listed("name"))
        where.among("dataset_id", call.listed("datasetId"))
        after = decode_cursor(call.query["cursor"]) if "cursor" in call.query else [1 << 62, ""]
        rows = self._database.rows(
            f"SELECT experiment_id AS id, max(experiment_name) AS name, max(description) AS settled,"
            f" min(start_ns) AS started, max(end_ns) AS ended, max(received) AS received,"
            f" max(dataset_id) AS dataset,"
            f" count(DISTINCT CASE WHEN span_id = root_id THEN trace_id || span_id END) AS items"
            f" FROM spans WHERE {where} GROUP BY experiment_id HAVING (ended, id) < (?, ?)"
            f" ORDER BY ended DESC, id DESC LIMIT ?",
            (*where.values, *after, limit + 1),
        )
        meta = {}
        if len(rows) > limit:
            rows = rows[:limit]
            meta["cursor"] = encode_cursor(rows[-1]["ended"], rows[-1]["id"])
        return json_reply(
            {"data": [self._experiment(row, groups, score_limit) for row in rows], "meta": meta}
        )

    def items(self, call: Call) -> Reply:
        where = self._visible(call)
        groups = field_groups(call, ITEM_GROUPS, "core,dataset")
        limit = call.number("limit", 50, 100)
        score_limit = call.number("scoreLimit", 50, 50)
        where.add("experiment_id IS NOT NULL AND span_id = root_id")
        where.among("experiment_id", call.listed("experimentId"))
        where.among("experiment_name", call.listed("experimentName"))
        where.among("item_id", call.listed("experimentItemId"))
        where.among("dataset_id", call.listed("datasetId"))
        if cursor := call.query.get("cursor"):
            where.add("(start_ms, span_id, seq) < (?, ?, ?)", *decode_cursor(cursor))
        rows = self._database.rows(
            f"SELECT * FROM spans WHERE {where} {NEWEST_FIRST} LIMIT ?",
            (*where.values, limit + 1),
        )
        meta = {}
        if len(rows) > limit:
            rows = rows[:limit]
            meta["cursor"] = encode_cursor(*position(rows[-1]))
        return json_reply({"data": [self._item(row, groups, score_limit) for row in rows], "meta": meta})

    def _visible(self, call: Call) -> Where:
        """One row per span, the newest that can be read; a repeated delivery changes nothing here."""
        where = Where()
        if "fromStartTime" not in call.query:
            raise invalid(wrong_type(["fromStartTime"], "string", "undefined"))
        if "filter" in call.query:
            raise invalid(custom_issue(["filter"], "The emulator knows the query parameters only"))
        self._spans.absorb()
        readable = self._spans.readable_until()
        where.add("received <= ? AND (superseded IS NULL OR superseded > ?)", readable, readable)
        for name, condition in (("fromStartTime", "start_ns >= ?"), ("toStartTime", "start_ns < ?")):
            if name in call.query:
                try:
                    where.add(condition, parse_time(call.query[name]))
                except ValueError:
                    raise invalid(custom_issue([name], "Invalid ISO datetime")) from None
        return where

    def _experiment(self, row: Row, groups: set[str], score_limit: int) -> dict[str, Any]:
        printed = {
            "id": row["id"],
            "name": row["name"],
            "description": self._description(row),
            "startTime": iso(row["started"]),
            "endTime": iso(row["ended"]),
            "itemCount": row["items"],
            "datasetId": row["dataset"],
        }
        if "metadata" in groups:
            printed["metadata"] = self._metadata(row["id"])
        if "scores" in groups:
            found = self._scores.of_experiment(row["id"], score_limit)
            printed["scores"] = [printed_score(score, {"subject"}) for score in found]
        return printed

    def _description(self, row: Row) -> str:
        """Eventually consistent: until spans are merged, what the last of them says, often nothing."""
        if row["received"] <= self._spans.merged_until():
            return str(row["settled"])
        last = self._database.row(
            "SELECT description FROM spans WHERE experiment_id = ? AND received <= ?"
            " ORDER BY end_ns DESC, seq DESC",
            (row["id"], self._spans.readable_until()),
        )
        return "" if last is None else str(last["description"])

    def _metadata(self, experiment_id: str) -> dict[str, Any]:
        row = self._database.row(
            "SELECT content FROM spans WHERE experiment_id = ? AND received <= ? AND content IS NOT NULL"
            " ORDER BY span_id = root_id DESC, seq DESC",
            (experiment_id, self._spans.readable_until()),
        )
        content: dict[str, Any] = {} if row is None else orjson.loads(row["content"])
        metadata: dict[str, Any] = content.get("experimentMetadata", {})
        return metadata

    def _item(self, row: Row, groups: set[str], score_limit: int) -> dict[str, Any]:
        content: dict[str, Any] = orjson.loads(row["content"]) if row["content"] else {}
        printed = {
            "id": row["span_id"],
            "traceId": row["trace_id"],
            "startTime": iso(row["start_ns"]),
            "endTime": iso(row["end_ns"]),
            "level": content.get("level", "DEFAULT"),
            "environment": row["environment"],
            "experimentId": row["experiment_id"],
            "experimentName": row["experiment_name"],
            "experimentItemId": row["item_id"] or "",
        }
        if "dataset" in groups:
            printed["experimentDatasetId"] = row["dataset_id"]
            printed["experimentItemVersion"] = _version(content.get("itemVersion"))
        if "io" in groups:
            printed |= {key: content.get(key) for key in ("input", "output", "expectedOutput")}
        if "metadata" in groups:
            printed["metadata"] = content.get("metadata", {})
        if "itemMetadata" in groups:
            printed["experimentItemMetadata"] = content.get("itemMetadata", {})
        if "experimentMetadata" in groups:
            printed["experimentMetadata"] = content.get("experimentMetadata", {})
            printed["experimentDescription"] = row["description"]
        if "scores" in groups:
            found = self._scores.of_item(row["trace_id"], row["span_id"], score_limit)
            printed["scores"] = [printed_score(score, {"subject"}) for score in found]
        return printed


def _version(text: Any) -> str | None:
    if not isinstance(text, str) or not text:
        return None
    try:
        return iso(parse_time(text))
    except ValueError:
        return None
