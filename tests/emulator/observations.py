"""`GET v2/observations` and the little of `GET v2/metrics` that was recorded."""

from sqlite3 import Row
from typing import Any

import orjson

from tests.emulator.clock import iso, parse_time
from tests.emulator.database import Database, Where
from tests.emulator.settings import PROJECT_ID
from tests.emulator.spans import SpanStore, parsed
from tests.emulator.wire import (
    Call,
    Reply,
    as_printed,
    custom_issue,
    decode_cursor,
    encode_cursor,
    invalid,
    json_reply,
    wrong_type,
)

GROUPS = ("core", "basic", "time", "io", "metadata", "model", "usage", "prompt", "metrics", "trace_context")
CUT_METADATA = 200
# Measured: times count in milliseconds, and among equal ones the greater span id comes first.
NEWEST_FIRST = "ORDER BY start_ms DESC, span_id DESC, seq DESC"
# The one model of the recording, with the server's price per token.
PRICES = {"gpt-4o": ("b9854a5c92dc496b997d99d20", 0.0000025, 0.00001)}


class Observations:
    def __init__(self, database: Database, spans: SpanStore) -> None:
        self._database = database
        self._spans = spans

    def page(self, call: Call) -> Reply:
        self._spans.absorb()
        groups = field_groups(call, GROUPS, "core,basic")
        limit = call.number("limit", 50, 1000)
        where = Where()
        where.add("received <= ?", self._spans.readable_until())
        where.add("(superseded IS NULL OR superseded > ?)", self._spans.merged_until())
        _filter(call, where)
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
        expanded = set(call.listed("expandMetadata") or ())
        return json_reply({"data": [_printed(row, groups, expanded) for row in rows], "meta": meta})

    def metrics(self, call: Call) -> Reply:
        """Only counts of observations in a time range; anything else is a 400 that says so."""
        self._spans.absorb()
        query = parsed(call.query.get("query"))
        if not isinstance(query, dict):
            raise invalid(wrong_type(["query"], "string", "undefined"))
        count = {"measure": "count", "aggregation": "count"}
        if query.get("view") != "observations" or query.get("metrics") != [count]:
            raise invalid(custom_issue(["query"], "The emulator counts observations and nothing else"))
        span_count = self._database.number(
            "SELECT count(*) FROM spans WHERE received <= ? AND superseded IS NULL"
            " AND start_ns >= ? AND start_ns < ?",
            (self._spans.readable_until(), _time(query, "fromTimestamp"), _time(query, "toTimestamp")),
        )
        return json_reply({"data": [{"count_count": span_count}]})


def position(row: Row) -> tuple[int, str, int]:
    """Where a page ends, in the order of NEWEST_FIRST."""
    return row["start_ms"], row["span_id"], row["seq"]


def field_groups(call: Call, known: tuple[str, ...], default: str) -> set[str]:
    wanted = (call.query.get("fields") or default).split(",")
    unknown = [group for group in wanted if group not in known]
    if unknown:
        raise invalid(custom_issue(["fields"], f"Invalid field groups: {', '.join(unknown)}"))
    return set(wanted)


def _time(query: dict[str, Any], name: str) -> int:
    try:
        return parse_time(query[name])
    except (KeyError, TypeError, ValueError):
        raise invalid(custom_issue([name], "Invalid ISO datetime")) from None


def _filter(call: Call, where: Where) -> None:
    query = call.query
    if query.get("parseIoAsJson") == "true":
        raise invalid(custom_issue(["parseIoAsJson"], "Input and output are always returned as strings"))
    if "filter" in query:
        raise invalid(custom_issue(["filter"], "The emulator knows the query parameters only"))
    for name, column in (
        ("traceId", "trace_id"),
        ("name", "name"),
        ("type", "type"),
        ("environment", "environment"),
    ):
        if name in query:
            where.add(f"{column} = ?", query[name])
    if "parentObservationId" in query:
        where.add("coalesce(parent_id, '') = ?", query["parentObservationId"])
    if "isRootObservation" in query:
        where.add("is_root = ?", int(query["isRootObservation"] == "true"))
    for name, column in (
        ("level", "level"),
        ("userId", "userId"),
        ("sessionId", "sessionId"),
        ("version", "version"),
    ):
        if name in query:
            where.add(f"content ->> '{column}' = ?", query[name])
    if "fromStartTime" in query:
        where.add("start_ns >= ?", _time(query, "fromStartTime"))
    if "toStartTime" in query:
        where.add("start_ns < ?", _time(query, "toStartTime"))


def _printed(row: Row, groups: set[str], expanded: set[str]) -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(row["content"]) if row["content"] else {}
    milliseconds = row["end_ns"] // 1_000_000 - row["start_ns"] // 1_000_000
    printed: dict[str, Any] = {
        "id": row["span_id"],
        "traceId": row["trace_id"],
        "startTime": iso(row["start_ns"]),
        "endTime": iso(row["end_ns"]),
        "projectId": PROJECT_ID,
        "parentObservationId": row["parent_id"],
        "type": row["type"],
    }
    if "basic" in groups:
        printed |= {"name": row["name"], "environment": row["environment"]}
        printed |= {key: content.get(key, "") for key in ("level", "statusMessage", "version")}
    if "time" in groups:
        started = content.get("completionStartTime")
        received = iso(row["received"])
        printed |= {"completionStartTime": parsed(started), "createdAt": received, "updatedAt": received}
    if "io" in groups:
        printed |= {"input": content.get("input"), "output": content.get("output")}
    if "metadata" in groups:
        printed["metadata"] = {
            key: _value(text if key in expanded else text[:CUT_METADATA])
            for key, text in content.get("metadata", {}).items()
            if text is not None
        }
    model = content.get("model", "")
    model_id, input_price, output_price = PRICES.get(model, (None, None, None))
    if "model" in groups:
        parameters = content.get("modelParameters", {})
        printed |= {"model": model, "internalModelId": model_id or "", "modelParameters": parameters}
    if "usage" in groups:
        printed |= _usage(content, model_id, input_price, output_price)
    if "prompt" in groups:
        printed |= {"promptId": None} | {key: content.get(key) for key in ("promptName", "promptVersion")}
    if "trace_context" in groups:
        printed |= {key: content.get(key) for key in ("tags", "release", "traceName")}
    # Measured: these come whatever groups are asked for.
    printed |= {
        "latency": as_printed(milliseconds / 1000),
        "timeToFirstToken": None,
        "userId": content.get("userId", ""),
        "sessionId": content.get("sessionId", ""),
        "isRootObservation": bool(row["is_root"]),
        "bookmarked": False,
        "public": False,
        "modelId": model_id,
        "inputPrice": _plain(input_price),
        "outputPrice": _plain(output_price),
        "totalPrice": None,
    }
    return printed


def _plain(price: float | None) -> str | None:
    """A price without an exponent."""
    return None if price is None else f"{price:.10f}".rstrip("0")


def _value(text: str) -> Any:
    """Metadata values come back as the JSON they hold, otherwise as text."""
    return parsed(text)


def _usage(
    content: dict[str, Any], model_id: str | None, input_price: float | None, output_price: float | None
) -> dict[str, Any]:
    usage: dict[str, Any] = content.get("usage") or {}
    cost: dict[str, Any] = content.get("cost") or {}
    if usage:
        usage = usage | {"total": usage.get("total", sum(usage.values()))}
    if usage and not cost and input_price is not None and output_price is not None:
        cost = {"input": usage.get("input", 0) * input_price, "output": usage.get("output", 0) * output_price}
        cost["total"] = cost["input"] + cost["output"]
        cost = {key: round(amount, 12) for key, amount in cost.items()}
    return {
        "usageDetails": usage,
        "inputUsage": usage.get("input", 0),
        "outputUsage": usage.get("output", 0),
        "totalUsage": usage.get("total", 0),
        "costDetails": cost,
        "inputCost": cost.get("input"),
        "outputCost": cost.get("output"),
        "totalCost": cost.get("total", 0),
        "usagePricingTierId": f"{model_id}_tier_default" if model_id and usage else None,
        "usagePricingTierName": "Standard" if model_id and usage else None,
    }
