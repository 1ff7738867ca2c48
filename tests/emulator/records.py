"""Small things the server keeps as they are: score configs, annotation queues with their items, comments."""

import secrets
import string
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tests.emulator.clock import Clock, iso
from tests.emulator.contracts import (
    AssignmentBody,
    CommentBody,
    Model,
    QueueBody,
    QueueItemBody,
    QueueItemChange,
    ScoreConfigBody,
    ScoreConfigChange,
    Unfit,
    check_with_sdk_type,
    parse,
)
from tests.emulator.database import Database
from tests.emulator.settings import PROJECT_ID
from tests.emulator.wire import Call, Reply, custom_issue, invalid, json_reply, not_found, page_meta

CUID_LETTERS = string.ascii_lowercase + string.digits
BOOLEAN_CATEGORIES = [{"label": "True", "value": 1}, {"label": "False", "value": 0}]


def new_cuid() -> str:
    """An id in the form that the server gives datasets and queues."""
    return "cmw" + "".join(secrets.choice(CUID_LETTERS) for _ in range(22))


class Records:
    """Rows of one kind each, newest first, with their content as JSON."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, kind: str, parent: str, identifier: str, content: dict[str, Any]) -> dict[str, Any]:
        now = self._clock.now()
        self._database.run(
            "INSERT INTO records (kind, parent, id, created, updated, content) VALUES (?, ?, ?, ?, ?, ?)",
            (kind, parent, identifier, now, now, orjson.dumps(content).decode()),
        )
        return content | {"id": identifier, "createdAt": iso(now), "updatedAt": iso(now)}

    def get(self, kind: str, identifier: str) -> dict[str, Any] | None:
        row = self._database.row("SELECT * FROM records WHERE kind = ? AND id = ?", (kind, identifier))
        return None if row is None else _content(row)

    def change(self, kind: str, identifier: str, changes: dict[str, Any]) -> dict[str, Any] | None:
        row = self._database.row("SELECT content FROM records WHERE kind = ? AND id = ?", (kind, identifier))
        if row is None:
            return None
        content = orjson.loads(row["content"]) | changes
        self._database.run(
            "UPDATE records SET content = ?, updated = ? WHERE kind = ? AND id = ?",
            (orjson.dumps(content).decode(), self._clock.now(), kind, identifier),
        )
        return self.get(kind, identifier)

    def remove(self, kind: str, identifier: str) -> None:
        self._database.run("DELETE FROM records WHERE kind = ? AND id = ?", (kind, identifier))

    def page(
        self, call: Call, kind: str, parent: str = "", equal: Mapping[str, str | None] | None = None
    ) -> Reply:
        limit, page = call.number("limit", 50, 100), call.number("page", 1, 1 << 31)
        rows = self._database.rows(
            "SELECT * FROM records WHERE kind = ? AND parent = ? ORDER BY seq DESC", (kind, parent)
        )
        wanted = {key: value for key, value in (equal or {}).items() if value is not None}
        contents = [_content(row) for row in rows]
        fitting = [
            entry for entry in contents if all(entry.get(key) == value for key, value in wanted.items())
        ]
        return json_reply(
            {
                "data": fitting[(page - 1) * limit : page * limit],
                "meta": page_meta(page, limit, len(fitting)),
            }
        )


def _content(row: Any) -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(row["content"])
    return content | {"id": row["id"], "createdAt": iso(row["created"]), "updatedAt": iso(row["updated"])}


def parsed_or_refused(model: type[Model], call: Call) -> Model:
    """The body as `model`; in the new contract it must fit the SDK's type for it, too."""
    content = call.json()
    try:
        if call.contract != "4.16":
            check_with_sdk_type(model, content)
        return parse(model, content)
    except Unfit as unfit:
        raise invalid(*unfit.issues) from None


class RecordsApi:
    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def create_config(self, call: Call) -> Reply:
        body = parsed_or_refused(ScoreConfigBody, call)
        categories: Sequence[dict[str, Any]] | None = None
        if body.data_type == "CATEGORICAL":
            if not body.categories:
                raise invalid(
                    custom_issue(["categories"], "Category configs must have at least one category")
                )
            categories = [category.model_dump() for category in body.categories]
        elif body.data_type == "BOOLEAN":
            categories = BOOLEAN_CATEGORIES
        if body.min_value is not None and body.max_value is not None and body.max_value <= body.min_value:
            raise invalid(custom_issue(["maxValue"], "Maximum value must be greater than Minimum value"))
        content = {
            "name": body.name,
            "isArchived": False,
            "description": body.description,
            "projectId": PROJECT_ID,
            "maxValue": body.max_value,
            "minValue": body.min_value,
            "dataType": body.data_type,
            "categories": categories,
        }
        return json_reply(self._records.add("score-config", "", str(uuid.uuid4()), content))

    def list_configs(self, call: Call) -> Reply:
        return self._records.page(call, "score-config")

    def get_config(self, call: Call) -> Reply:
        return _found(self._records.get("score-config", call.params["id"]), "Score config not found")

    def change_config(self, call: Call) -> Reply:
        body = parsed_or_refused(ScoreConfigChange, call)
        changes = body.model_dump(by_alias=True, exclude_unset=True)
        return _found(
            self._records.change("score-config", call.params["id"], changes), "Score config not found"
        )

    def create_queue(self, call: Call) -> Reply:
        content = parsed_or_refused(QueueBody, call).model_dump(by_alias=True)
        return json_reply(self._records.add("queue", "", new_cuid(), content))

    def list_queues(self, call: Call) -> Reply:
        return self._records.page(call, "queue")

    def get_queue(self, call: Call) -> Reply:
        return _found(self._records.get("queue", call.params["queue"]), "Annotation queue not found")

    def create_queue_item(self, call: Call) -> Reply:
        self._require_queue(call)
        content = parsed_or_refused(QueueItemBody, call).model_dump(by_alias=True)
        content |= {"queueId": call.params["queue"], "completedAt": None}
        return json_reply(self._records.add("queue-item", call.params["queue"], new_cuid(), content))

    def list_queue_items(self, call: Call) -> Reply:
        self._require_queue(call)
        return self._records.page(
            call, "queue-item", call.params["queue"], {"status": call.query.get("status")}
        )

    def get_queue_item(self, call: Call) -> Reply:
        return _found(self._records.get("queue-item", call.params["item"]), "Annotation queue item not found")

    def change_queue_item(self, call: Call) -> Reply:
        status = parsed_or_refused(QueueItemChange, call).status
        completed = iso(self._clock.now()) if status == "COMPLETED" else None
        changed = self._records.change(
            "queue-item", call.params["item"], {"status": status, "completedAt": completed}
        )
        return _found(changed, "Annotation queue item not found")

    def delete_queue_item(self, call: Call) -> Reply:
        self._records.remove("queue-item", call.params["item"])
        return json_reply({"success": True, "message": "Annotation queue item deleted successfully"})

    def create_assignment(self, call: Call) -> Reply:
        self._require_queue(call)
        user = parsed_or_refused(AssignmentBody, call).user_id
        self._records.add(
            "assignment", call.params["queue"], f"{call.params['queue']}/{user}", {"userId": user}
        )
        return json_reply({"userId": user, "queueId": call.params["queue"], "projectId": PROJECT_ID})

    def delete_assignment(self, call: Call) -> Reply:
        user = parsed_or_refused(AssignmentBody, call).user_id
        self._records.remove("assignment", f"{call.params['queue']}/{user}")
        return json_reply({"success": True})

    def create_comment(self, call: Call) -> Reply:
        body = parsed_or_refused(CommentBody, call)
        if body.project_id != PROJECT_ID:
            raise invalid(custom_issue(["projectId"], "projectId does not match that of the API key"))
        comment = self._records.add("comment", "", new_cuid(), body.model_dump(by_alias=True))
        return json_reply({"id": comment["id"]})

    def list_comments(self, call: Call) -> Reply:
        wanted = {key: call.query.get(key) for key in ("objectType", "objectId", "authorUserId")}
        return self._records.page(call, "comment", equal=wanted)

    def get_comment(self, call: Call) -> Reply:
        return _found(self._records.get("comment", call.params["id"]), "Comment not found")

    def _require_queue(self, call: Call) -> None:
        if self._records.get("queue", call.params["queue"]) is None:
            raise not_found("Annotation queue not found")


def _found(content: dict[str, Any] | None, message: str) -> Reply:
    if content is None:
        raise not_found(message)
    return json_reply(content)
