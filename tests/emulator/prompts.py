"""Prompts with versions and labels: a label belongs to one version, `latest` to the newest."""

import uuid
from collections.abc import Mapping
from sqlite3 import Row
from typing import Any

import orjson

from tests.emulator.clock import Clock, iso
from tests.emulator.contracts import PromptBody, PromptLabels
from tests.emulator.database import Database
from tests.emulator.records import parsed_or_refused
from tests.emulator.settings import PROJECT_ID
from tests.emulator.wire import Call, Reply, custom_issue, invalid, json_reply, not_found, page_meta


class Prompts:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def create(self, call: Call) -> Reply:
        body = parsed_or_refused(PromptBody, call)
        now = self._clock.now()
        earlier = self._versions(body.name)
        last = orjson.loads(earlier[-1]["content"]) if earlier else {}
        labels = [*dict.fromkeys([*(body.labels or ()), "latest"])]
        content = {
            "id": str(uuid.uuid4()),
            "prompt": body.prompt,
            "type": body.type,
            "config": {} if body.config is None else body.config,
            # Tags belong to the prompt: a version that brings none takes them over.
            "tags": body.tags if body.tags is not None else last.get("tags", []),
            "labels": labels,
            "commitMessage": body.commit_message,
        }
        version = earlier[-1]["version"] + 1 if earlier else 1
        with self._database.transaction():
            self._take_labels(body.name, labels, now)
            self._database.run(
                "INSERT INTO prompts (name, version, content, created, updated) VALUES (?, ?, ?, ?, ?)",
                (body.name, version, orjson.dumps(content).decode(), now, now),
            )
        printed = _printed(self._version(body.name, version)) | {"isActive": None}
        del printed["resolutionGraph"]
        return json_reply(printed, 201)

    def get(self, call: Call) -> Reply:
        return json_reply(_printed(self._chosen(call, call.params["name"])))

    def get_by_query(self, call: Call) -> Reply:
        """The older endpoint: the name is in the query."""
        name = call.query.get("name")
        if name is None:
            raise invalid(custom_issue(["name"], "Invalid input: expected string, received undefined"))
        return json_reply(_printed(self._chosen(call, name)))

    def page(self, call: Call) -> Reply:
        limit, page = call.number("limit", 50, 100), call.number("page", 1, 1 << 31)
        rows = self._database.rows("SELECT DISTINCT name FROM prompts ORDER BY name")
        metas = [self._meta(row["name"]) for row in rows if call.query.get("name") in (None, row["name"])]
        for key, plural in (("label", "labels"), ("tag", "tags")):
            if key in call.query:
                metas = [meta for meta in metas if call.query[key] in meta[plural]]
        chosen = metas[(page - 1) * limit : page * limit]
        return json_reply({"data": chosen, "meta": page_meta(page, limit, len(metas))})

    def change_labels(self, call: Call) -> Reply:
        try:
            version = int(call.params["version"])
        except ValueError:
            raise invalid(custom_issue(["version"], "Invalid input: expected number, received NaN")) from None
        name, labels = call.params["name"], parsed_or_refused(PromptLabels, call).new_labels
        row = self._version(name, version)
        now = self._clock.now()
        with self._database.transaction():
            self._take_labels(name, labels, now)
            content = orjson.loads(row["content"])
            content["labels"] = [*dict.fromkeys([*content["labels"], *labels])]
            self._database.run(
                "UPDATE prompts SET content = ?, updated = ? WHERE seq = ?",
                (orjson.dumps(content).decode(), now, row["seq"]),
            )
        return json_reply(_printed(self._version(name, version)))

    def delete(self, call: Call) -> Reply:
        chosen = [row for row in self._versions(call.params["name"]) if _wanted(row, call.query)]
        if not chosen:
            raise not_found("Prompt not found")
        self._database.run_many("DELETE FROM prompts WHERE seq = ?", [(row["seq"],) for row in chosen])
        return Reply(204, b"", None)

    def _chosen(self, call: Call, name: str) -> Row:
        query = call.query
        if "version" in query and "label" in query:
            raise invalid(custom_issue(["version"], "Cannot specify both version and label"))
        wanted: dict[str, str] = {key: query[key] for key in ("version", "label") if key in query} or {
            "label": "production"
        }
        for row in self._versions(name):
            if _wanted(row, wanted):
                return row
        key, value = next(iter(wanted.items()))
        quoted = value if key == "version" else f"'{value}'"
        raise not_found(f"Prompt not found: '{name}' with {key} {quoted}")

    def _versions(self, name: str) -> list[Row]:
        return self._database.rows("SELECT * FROM prompts WHERE name = ? ORDER BY version", (name,))

    def _version(self, name: str, version: int) -> Row:
        row = self._database.row("SELECT * FROM prompts WHERE name = ? AND version = ?", (name, version))
        if row is None:
            raise not_found(f"Prompt not found: {name}")
        return row

    def _take_labels(self, name: str, labels: list[str], now: int) -> None:
        """Remove `labels` from the versions that had them."""
        for row in self._versions(name):
            content = orjson.loads(row["content"])
            left = [label for label in content["labels"] if label not in labels]
            if left != content["labels"]:
                text = orjson.dumps(content | {"labels": left}).decode()
                self._database.run(
                    "UPDATE prompts SET content = ?, updated = ? WHERE seq = ?", (text, now, row["seq"])
                )

    def _meta(self, name: str) -> dict[str, Any]:
        rows = self._versions(name)
        contents = [orjson.loads(row["content"]) for row in rows]
        return {
            "name": name,
            "type": contents[-1]["type"],
            "versions": [row["version"] for row in rows],
            "labels": [label for content in contents for label in content["labels"]],
            "tags": contents[-1]["tags"],
            "lastUpdatedAt": iso(max(row["updated"] for row in rows)),
            "lastConfig": contents[-1]["config"],
        }


def _wanted(row: Row, query: Mapping[str, str]) -> bool:
    if "version" in query and str(row["version"]) != query["version"]:
        return False
    return "label" not in query or query["label"] in orjson.loads(row["content"])["labels"]


def _printed(row: Row) -> dict[str, Any]:
    content = orjson.loads(row["content"])
    return {
        **content,
        "createdAt": iso(row["created"]),
        "updatedAt": iso(row["updated"]),
        "projectId": PROJECT_ID,
        "createdBy": "API",
        "name": row["name"],
        "version": row["version"],
        "isActive": "production" in content["labels"],
        "resolutionGraph": None,
    }
