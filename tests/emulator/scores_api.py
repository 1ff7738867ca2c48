"""The endpoints of scores: `POST scores` in both contracts, `POST ingestion`, `GET v3/scores`, `DELETE
scores/{id}`.
"""

import uuid
from typing import Any

import orjson

from tests.emulator.clock import parse_time
from tests.emulator.contracts import ScoreBody, Unfit, parse, parse_with_sdk_type, type_name
from tests.emulator.database import Database, Where
from tests.emulator.observations import field_groups
from tests.emulator.records import Records
from tests.emulator.score_rules import id_complaint, issues_of, why_dropped
from tests.emulator.scores import NEWEST_FIRST, ScoreStore, printed_score
from tests.emulator.settings import Settings
from tests.emulator.wire import (
    Call,
    Refusal,
    Reply,
    custom_issue,
    decode_cursor,
    encode_cursor,
    html_page,
    invalid,
    json_reply,
    wrong_type,
)

EVENT_REFUSED = (
    'Event type "{}" is not accepted by /api/public/ingestion when LANGFUSE_MIGRATION_V4_WRITE_MODE is '
    "events_only. This endpoint only accepts score and log events. Upgrade the client or integration to a "
    "v4-compatible SDK or OTLP ingestion path. As a temporary migration bridge, set "
    "LANGFUSE_MIGRATION_V4_WRITE_MODE=dual on both the web and worker services and redeploy. Docs: "
    "https://langfuse.com/self-hosting/upgrade/upgrade-guides/upgrade-v3-to-v4"
)
FILTERS = (
    ("id", "id"),
    ("name", "name"),
    ("environment", "environment"),
    ("configId", "config_id"),
    ("queueId", "queue_id"),
    ("traceId", "trace_id"),
    ("sessionId", "session_id"),
    ("observationId", "observation_id"),
    ("experimentId", "run_id"),
)
Entry = tuple[ScoreBody, str, str | None]


class ScoresApi:
    def __init__(self, database: Database, scores: ScoreStore, records: Records, settings: Settings) -> None:
        self._database = database
        self._scores = scores
        self._records = records
        self._settings = settings

    def create(self, call: Call) -> Reply:
        return self._create_one(call) if self._settings.contract == "4.16" else self._create_list(call)

    def _create_one(self, call: Call) -> Reply:
        content = call.json()
        if isinstance(content, list):
            issue = wrong_type([], "object", "array")
            # The server tries two schemas and reports both, their keys in this order.
            raise invalid(issue, issue)
        try:
            body = parse(ScoreBody, content)
        except Unfit as unfit:
            raise invalid(*unfit.issues) from None
        if issues := issues_of(body):
            raise invalid(*issues)
        if complaint := id_complaint(body):
            raise Refusal(json_reply({"message": complaint}, 400))
        # This contract's request has no timestamp: one that is sent is ignored.
        entry = self._entry(body.model_copy(update={"timestamp": None}))
        self._scores.write([entry], call.received)
        return json_reply({"id": entry[1]})

    def _create_list(self, call: Call) -> Reply:
        """202 when all are accepted, 207 otherwise, as the SDK's types have it. Which faults of one score
        refuse the whole list was not measured: here none does.
        """
        if self._settings.sink:
            self._scores.take_unseen(call.body, call.received)
            return json_reply({"message": "Accepted"}, 202)
        content = call.json()
        if not isinstance(content, list):
            raise invalid(wrong_type([], "array", type_name(content)))
        entries: list[Entry] = []
        errors: list[dict[str, str]] = []
        for index, element in enumerate(content):
            try:
                body = parse_with_sdk_type(element)
                issues = issues_of(body)
            except Unfit as unfit:
                issues = unfit.issues
            complaint = orjson.dumps(issues).decode() if issues else id_complaint(body)
            if complaint:
                errors.append({"message": f"Score {index}: {complaint}"})
            else:
                entries.append(self._entry(body))
        self._scores.write(entries, call.received)
        if errors:
            return json_reply({"accepted": len(entries), "rejected": len(errors), "errors": errors}, 207)
        return json_reply({"message": "Accepted"}, 202)

    def ingest(self, call: Call) -> Reply:
        """A batch of events, each with a status of its own. SDK 5 has no such endpoint: it is gone from that
        contract.
        """
        if self._settings.contract != "4.16":
            return html_page(404)
        content = call.json()
        if not isinstance(content, dict) or not isinstance(content.get("batch"), list):
            raise invalid(wrong_type(["batch"], "array", "undefined"))
        if self._settings.sink:
            return self._ingest_unseen(content["batch"], call)
        successes: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        entries: list[Entry] = []
        for event in content["batch"]:
            event_id, kind = event.get("id"), event.get("type")
            if kind == "sdk-log":
                successes.append({"id": event_id, "status": 201})
                continue
            if kind != "score-create":
                refused = {"message": "Event type not accepted", "error": EVENT_REFUSED.format(kind)}
                errors.append({"id": event_id, "status": 400} | refused)
                continue
            complaint, body = self._event_body(event)
            if body is None:
                errors.append(
                    {"id": event_id, "status": 400, "message": "Invalid request data", "error": complaint}
                )
            else:
                entries.append(self._entry(body))
                successes.append({"id": event_id, "status": 201})
        self._scores.write(entries, call.received)
        return json_reply({"successes": successes, "errors": errors}, 207)

    def _ingest_unseen(self, batch: list[dict[str, Any]], call: Call) -> Reply:
        bodies = [event["body"] | {"timestamp": event["timestamp"]} for event in batch]
        self._scores.take_unseen(orjson.dumps(bodies), call.received)
        return json_reply(
            {"successes": [{"id": event["id"], "status": 201} for event in batch], "errors": []}, 207
        )

    def _event_body(self, event: dict[str, Any]) -> tuple[str | None, ScoreBody | None]:
        """The score of an event, stamped with the event's time, or what is wrong with it."""
        try:
            body = parse(ScoreBody, event.get("body"))
            issues = issues_of(body)
        except Unfit as unfit:
            return orjson.dumps(unfit.issues).decode(), None
        complaint = orjson.dumps(issues).decode() if issues else id_complaint(body)
        if complaint:
            return complaint, None
        try:
            return None, ScoreBody.model_validate(body.model_dump() | {"timestamp": event.get("timestamp")})
        except ValueError:
            return "Invalid ISO datetime", None

    def _entry(self, body: ScoreBody) -> Entry:
        config = self._records.get("score-config", body.config_id) if body.config_id else None
        if config is not None and body.data_type is None:
            body = body.model_copy(update={"data_type": config["dataType"]})
        return body, body.id or str(uuid.uuid4()), why_dropped(body, config)

    def delete(self, call: Call) -> Reply:
        self._scores.delete(call.params["id"])
        return json_reply({"message": "Score deletion queued successfully"}, 202)

    def page(self, call: Call) -> Reply:
        limit = call.number("limit", 50, 100)
        groups = field_groups(call, ("core", "details", "subject", "annotation"), "core")
        where = _filters(call)
        self._scores.settle()
        if cursor := call.query.get("cursor"):
            where.add("(timestamp, seq) < (?, ?)", *decode_cursor(cursor))
        rows = self._database.rows(
            f"SELECT * FROM scores WHERE {where} {NEWEST_FIRST} LIMIT ?", (*where.values, limit + 1)
        )
        meta: dict[str, Any] = {"limit": limit}
        if len(rows) > limit:
            rows = rows[:limit]
            meta["cursor"] = encode_cursor(rows[-1]["timestamp"], rows[-1]["seq"])
        return json_reply({"data": [printed_score(row, groups) for row in rows], "meta": meta})


def _filters(call: Call) -> Where:
    where = Where()
    if "observationId" in call.query and "traceId" not in call.query:
        raise invalid(custom_issue(["observationId"], "observationId requires traceId"))
    if sum(name in call.query for name in ("traceId", "sessionId", "experimentId")) > 1:
        raise invalid(custom_issue(["traceId"], "traceId, sessionId and experimentId are mutually exclusive"))
    for name, column in FILTERS:
        where.among(column, call.listed(name))
    for name, column in (("source", "source"), ("dataType", "data_type")):
        given = call.listed(name)
        where.among(column, None if given is None else [value.upper() for value in given])
    if any(name in call.query for name in ("value", "valueMin", "valueMax")):
        _value_filter(call, where)
    for name, condition in (("fromTimestamp", "timestamp >= ?"), ("toTimestamp", "timestamp < ?")):
        if name in call.query:
            try:
                where.add(condition, parse_time(call.query[name]))
            except ValueError:
                raise invalid(custom_issue([name], "Invalid ISO datetime")) from None
    return where


def _value_filter(call: Call, where: Where) -> None:
    data_type = call.query.get("dataType", "").upper()
    try:
        if "valueMin" in call.query or "valueMax" in call.query:
            if data_type != "NUMERIC":
                raise invalid(custom_issue(["dataType"], "valueMin and valueMax require dataType=NUMERIC"))
            for name, condition in (("valueMin", "number >= ?"), ("valueMax", "number <= ?")):
                if name in call.query:
                    where.add(condition, float(call.query[name]))
        values = call.listed("value")
        if data_type == "CATEGORICAL":
            where.among("text", values)
        elif data_type == "BOOLEAN":
            where.among("number", values and [{"true": 1, "false": 0}[value] for value in values])
        elif data_type == "NUMERIC":
            where.among("number", values and [float(value) for value in values])
        else:
            raise invalid(custom_issue(["dataType"], "value requires a single dataType"))
    except (KeyError, ValueError):
        raise invalid(custom_issue(["value"], "Invalid value for the data type")) from None
