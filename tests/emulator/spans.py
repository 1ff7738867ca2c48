"""Spans: taken in as the bytes that came, looked into when somebody reads.

The real server answers as soon as a delivery is queued and stores it afterwards. So does this one: a delivery
is one row of bytes; `absorb` turns waiting deliveries into spans. A span with the id and the start time of an
earlier one supersedes it; another start time makes another row, for good.
"""

import gzip
from typing import Any

import orjson

from tests.emulator import otlp
from tests.emulator.clock import SECOND, Clock
from tests.emulator.database import Database
from tests.emulator.settings import Settings

EXPERIMENT = "langfuse.experiment."
ITEM = "langfuse.experiment.item."
METADATA = "langfuse.observation.metadata"
SDK_SCOPES = ("langfuse-sdk", "langfuse-tracer")

INSERT_SPAN = f"INSERT INTO spans VALUES ({','.join('?' * 20)})"
SUPERSEDE = """
UPDATE spans SET superseded = ?2
WHERE trace_id = ?3 AND span_id = ?4 AND start_ms = ?5 AND superseded IS NULL AND seq < ?1
"""


class SpanStore:
    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings

    def take(self, body: bytes, encoding: str, content_type: str, received: int) -> None:
        """Store one delivery: the body as it came, `encoding` gzip or empty."""
        self._database.run(
            "INSERT INTO deliveries (received, kind, encoding, body) VALUES (?, ?, ?, ?)",
            (received, content_type, encoding, body),
        )

    def readable_until(self) -> int:
        """Spans received up to this time can be read now."""
        return self._clock.now() - int(self._settings.span_delay * SECOND)

    def merged_until(self) -> int:
        """Repeated deliveries received up to this time have been merged by now."""
        return self._clock.now() - int(self._settings.merge_delay * SECOND)

    def absorb(self) -> None:
        """Turn the deliveries that wait into spans."""
        while waiting := self._database.rows(
            "SELECT seq, received, kind, encoding, body FROM deliveries "
            "WHERE absorbed = 0 AND kind <> 'scores' ORDER BY seq LIMIT 50"
        ):
            with self._database.transaction():
                for row in waiting:
                    body = gzip.decompress(row["body"]) if row["encoding"] == "gzip" else row["body"]
                    self._insert(otlp.decode(body, row["kind"]), row["received"])
                    # The bytes have served; keeping them would double the memory.
                    self._database.run(
                        "UPDATE deliveries SET absorbed = 1, body = NULL WHERE seq = ?", (row["seq"],)
                    )

    def _insert(self, spans: Any, received: int) -> None:
        next_seq = self._database.number("SELECT max(seq) FROM spans") + 1
        rows = [
            (next_seq + offset, received, *_columns(span, whole=not self._settings.sink))
            for offset, span in enumerate(spans)
        ]
        self._database.run_many(INSERT_SPAN, rows)
        self._database.run_many(SUPERSEDE, [(row[0], row[1], row[2], row[3], row[7]) for row in rows])

    def delete_trace(self, trace_id: str) -> None:
        self.absorb()
        self._database.run("DELETE FROM spans WHERE trace_id = ?", (trace_id,))


def _columns(span: otlp.Span, *, whole: bool) -> tuple[Any, ...]:
    """The columns of `spans` after seq and received. `whole` False keeps no more than counting needs."""
    attributes = span.attributes
    parent = span.parent_id
    marked = attributes.get("langfuse.internal.as_root") or attributes.get("langfuse.internal.is_app_root")
    return (
        span.trace_id,
        span.span_id,
        parent,
        span.name,
        span.start,
        span.start // 1_000_000,
        span.end,
        str(attributes.get("langfuse.observation.type") or "span").upper(),
        attributes.get("langfuse.environment") or attributes.get("deployment.environment") or "default",
        int(parent is None or bool(marked)),
        attributes.get(EXPERIMENT + "id"),
        attributes.get(EXPERIMENT + "name") or "",
        attributes.get(EXPERIMENT + "description") or "",
        attributes.get(EXPERIMENT + "dataset.id"),
        attributes.get(ITEM + "id"),
        attributes.get(ITEM + "root_observation_id"),
        None,
        orjson.dumps(_content(span)).decode() if whole else None,
    )


def _content(span: otlp.Span) -> dict[str, Any]:
    attributes = span.attributes
    level = attributes.get("langfuse.observation.level") or ("ERROR" if span.failed else "DEFAULT")
    metadata = flattened(attributes, METADATA)
    if span.scope not in SDK_SCOPES:
        foreign = {key: value for key, value in attributes.items() if not key.startswith("langfuse.")}
        metadata.update({f"attributes.{key}": value for key, value in foreign.items()})
    metadata.update(span.source)
    return {
        "input": as_text(attributes.get("langfuse.observation.input")),
        "output": as_text(attributes.get("langfuse.observation.output")),
        "level": level,
        "statusMessage": attributes.get("langfuse.observation.status_message") or span.status_message,
        "version": attributes.get("langfuse.version") or "",
        "userId": attributes.get("user.id") or attributes.get("langfuse.user.id") or "",
        "sessionId": attributes.get("session.id") or attributes.get("langfuse.session.id") or "",
        "metadata": {key: as_text(value) for key, value in metadata.items()},
        "model": attributes.get("langfuse.observation.model.name") or "",
        "modelParameters": parsed(attributes.get("langfuse.observation.model.parameters")) or {},
        "usage": parsed(attributes.get("langfuse.observation.usage_details")) or {},
        "cost": parsed(attributes.get("langfuse.observation.cost_details")) or {},
        "promptName": attributes.get("langfuse.observation.prompt.name"),
        "promptVersion": attributes.get("langfuse.observation.prompt.version"),
        "completionStartTime": attributes.get("langfuse.observation.completion_start_time"),
        "traceName": attributes.get("langfuse.trace.name"),
        "tags": attributes.get("langfuse.trace.tags") or [],
        "release": attributes.get("langfuse.release"),
        "experimentMetadata": {
            key: as_text(v) for key, v in flattened(attributes, EXPERIMENT + "metadata").items()
        },
        "itemMetadata": {key: as_text(v) for key, v in flattened(attributes, ITEM + "metadata").items()},
        "expectedOutput": as_text(attributes.get(ITEM + "expected_output")),
        "itemVersion": attributes.get(ITEM + "version"),
    }


def flattened(attributes: dict[str, Any], name: str) -> dict[str, Any]:
    """What `name` says as one JSON object, and what `name.<key>` says key by key."""
    whole = parsed(attributes.get(name))
    merged: dict[str, Any] = dict(whole) if isinstance(whole, dict) else {}
    prefix = name + "."
    merged.update({key[len(prefix) :]: value for key, value in attributes.items() if key.startswith(prefix)})
    return merged


def parsed(text: Any) -> Any:
    """The JSON in a text; the text where it is none."""
    if not isinstance(text, str):
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def as_text(value: Any) -> str | None:
    """Attributes are stored as text: a text as it is, anything else as JSON."""
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()
