"""Scores: every write is kept, and the scores that readers see follow from the writes.

A write becomes readable after the configured delay. Writing an id again replaces its value; timestamp,
creation time and subject stay those of the first write. The same id with another name is a second row of the
database, though readers of that id are given the newest only. All of this was measured on 4.16. In the new
contract the SDK's types say "to update an existing score, send it again with the same id and timestamp":
there, another timestamp makes another score.
"""

from collections.abc import Iterable, Sequence
from sqlite3 import Row
from typing import Any

import orjson

from tests.emulator.clock import SECOND, Clock, iso, parse_time
from tests.emulator.contracts import ScoreBody
from tests.emulator.database import Database
from tests.emulator.settings import PROJECT_ID, Settings
from tests.emulator.wire import as_printed

INSERT_WRITE = (
    "INSERT INTO score_writes (received, id, name, timestamp, dropped, content) VALUES (?, ?, ?, ?, ?, ?)"
)
SHOW = f"""
INSERT INTO scores VALUES ({",".join("?" * 19)})
ON CONFLICT (row_key) DO UPDATE SET
    name = excluded.name, data_type = excluded.data_type,
    source = excluded.source, environment = excluded.environment, config_id = excluded.config_id,
    queue_id = excluded.queue_id, number = excluded.number, text = excluded.text, updated = excluded.updated,
    seq = excluded.seq, content = excluded.content
"""
NEWEST_FIRST = "ORDER BY timestamp DESC, seq DESC"


class ScoreStore:
    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings

    def write(self, entries: Iterable[tuple[ScoreBody, str, str | None]], received: int) -> None:
        """Keep scores that were accepted: body, id, and why it is dropped or None."""
        rows = [
            (received, score_id, body.name, _stamp(body), dropped, orjson.dumps(_content(body)).decode())
            for body, score_id, dropped in entries
        ]
        with self._database.transaction():
            self._database.run_many(INSERT_WRITE, rows)

    def take_unseen(self, body: bytes, received: int) -> None:
        """Sink mode: a JSON list of scores, as it came."""
        self._database.run(
            "INSERT INTO deliveries (received, kind, body) VALUES (?, 'scores', ?)", (received, body)
        )

    def absorb(self) -> None:
        """Turn lists that came in sink mode into writes."""
        while waiting := self._database.rows(
            "SELECT seq, received, body FROM deliveries"
            " WHERE absorbed = 0 AND kind = 'scores' ORDER BY seq LIMIT 500"
        ):
            with self._database.transaction():
                for row in waiting:
                    writes = [
                        _unseen_write(content, row["received"]) for content in orjson.loads(row["body"])
                    ]
                    self._database.run_many(INSERT_WRITE, writes)
                    self._database.run(
                        "UPDATE deliveries SET absorbed = 1, body = NULL WHERE seq = ?", (row["seq"],)
                    )

    def delete(self, score_id: str) -> None:
        due = self._clock.now() + int(self._settings.delete_delay * SECOND)
        self._database.run("INSERT INTO score_deletions (id, due) VALUES (?, ?)", (score_id, due))

    def settle(self) -> None:
        """Show the writes whose delay is over, and take away what was deleted long enough ago."""
        self.absorb()
        readable = self._clock.now() - int(self._settings.score_delay * SECOND)
        shown = self._database.number("SELECT shown FROM score_progress")
        while ready := self._database.rows(
            "SELECT * FROM score_writes WHERE seq > ? AND received <= ? ORDER BY seq LIMIT 5000",
            (shown, readable),
        ):
            shown = ready[-1]["seq"]
            with self._database.transaction():
                kept = (row for row in ready if row["dropped"] is None)
                self._database.run_many(SHOW, (self._columns(row) for row in kept))
                self._database.run("UPDATE score_progress SET shown = ?", (shown,))
        now = self._clock.now()
        for deletion in self._database.rows(
            "SELECT seq, id, due FROM score_deletions WHERE due <= ?", (now,)
        ):
            with self._database.transaction():
                self._database.run(
                    "DELETE FROM scores WHERE id = ? AND updated <= ?", (deletion["id"], deletion["due"])
                )
                self._database.run("DELETE FROM score_deletions WHERE seq = ?", (deletion["seq"],))

    def of_experiment(self, experiment_id: str, limit: int) -> Sequence[Row]:
        self.settle()
        return self._database.rows(
            f"SELECT * FROM scores WHERE run_id = ? {NEWEST_FIRST} LIMIT ?", (experiment_id, limit)
        )

    def of_item(self, trace_id: str, span_id: str, limit: int) -> Sequence[Row]:
        """The scores of an experiment item: those of its observation and those of its trace as a whole."""
        self.settle()
        return self._database.rows(
            f"SELECT * FROM scores WHERE trace_id = ? AND (observation_id = ? OR observation_id IS NULL)"
            f" {NEWEST_FIRST} LIMIT ?",
            (trace_id, span_id, limit),
        )

    def _columns(self, row: Row) -> tuple[Any, ...]:
        content = orjson.loads(row["content"])
        value = content["value"]
        timestamp = row["timestamp"] if row["timestamp"] is not None else row["received"]
        row_key = row["id"] if self._settings.contract == "4.16" else f"{row['id']}|{timestamp}"
        return (
            row_key,
            row["id"],
            row["name"],
            content.get("trace_id"),
            content.get("observation_id"),
            content.get("session_id"),
            content.get("dataset_run_id"),
            content["data_type"],
            content.get("source") or "API",
            content.get("environment") or "default",
            content.get("config_id"),
            content.get("queue_id"),
            None if isinstance(value, str) else float(value),
            value if isinstance(value, str) else None,
            timestamp,
            row["received"] // SECOND * SECOND,
            row["received"],
            row["seq"],
            row["content"],
        )


def _stamp(body: ScoreBody) -> int | None:
    return None if body.timestamp is None else parse_time(body.timestamp.isoformat())


def _content(body: ScoreBody) -> dict[str, Any]:
    content = {name: value for name, value in vars(body).items() if value is not None and name != "timestamp"}
    content.setdefault("data_type", "CATEGORICAL" if isinstance(body.value, str) else "NUMERIC")
    return content


WIRE_NAMES = {
    "traceId": "trace_id",
    "observationId": "observation_id",
    "sessionId": "session_id",
    "datasetRunId": "dataset_run_id",
    "dataType": "data_type",
    "configId": "config_id",
    "queueId": "queue_id",
}


def _unseen_write(content: dict[str, Any], received: int) -> tuple[Any, ...]:
    timestamp = content.pop("timestamp", None)
    renamed = {WIRE_NAMES.get(key, key): value for key, value in content.items() if value is not None}
    renamed.setdefault("data_type", "CATEGORICAL" if isinstance(renamed.get("value"), str) else "NUMERIC")
    stamp = None if timestamp is None else parse_time(timestamp)
    return (received, renamed.get("id"), renamed.get("name"), stamp, None, orjson.dumps(renamed).decode())


def printed_score(row: Row, groups: set[str]) -> dict[str, Any]:
    """A score as `v3/scores` prints it."""
    content = orjson.loads(row["content"])
    printed: dict[str, Any] = {
        "id": row["id"],
        "projectId": PROJECT_ID,
        "name": row["name"],
        "source": row["source"],
        "timestamp": iso(row["timestamp"]),
        "environment": row["environment"],
        "createdAt": iso(row["created"]),
        "updatedAt": iso(row["updated"]),
    }
    if "details" in groups:
        metadata = content.get("metadata")
        printed |= {
            "comment": content.get("comment"),
            "configId": row["config_id"],
            "metadata": metadata if isinstance(metadata, dict) else {},
        }
    if "subject" in groups:
        printed["subject"] = _subject(row)
    if "annotation" in groups:
        printed |= {"authorUserId": None, "queueId": row["queue_id"]}
    printed["dataType"] = row["data_type"]
    if row["data_type"] == "BOOLEAN":
        printed["value"] = bool(row["number"])
    else:
        printed["value"] = row["text"] if row["number"] is None else as_printed(row["number"])
    return printed


def _subject(row: Row) -> dict[str, Any]:
    if row["run_id"] is not None:
        return {"kind": "experiment", "id": row["run_id"]}
    if row["session_id"] is not None:
        return {"kind": "session", "id": row["session_id"]}
    if row["observation_id"] is not None:
        return {"kind": "observation", "id": row["observation_id"], "traceId": row["trace_id"]}
    return {"kind": "trace", "id": row["trace_id"]}
