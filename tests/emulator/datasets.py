"""Datasets and their items, every state of an item with the time it held.

Items are listed newest first by the time of their current state. Without `version` archived items are hidden;
with it the state at that moment is given, archived items included.
"""

import uuid
from sqlite3 import Row
from typing import Any

import orjson
from jsonschema import Draft202012Validator, SchemaError

from tests.emulator.clock import Clock, iso, parse_time
from tests.emulator.contracts import DatasetBody, DatasetItemBody, RunItemBody
from tests.emulator.database import Database, Where
from tests.emulator.experiments import hosted_experiment_id
from tests.emulator.records import new_cuid, parsed_or_refused
from tests.emulator.settings import PROJECT_ID
from tests.emulator.wire import (
    Call,
    Reply,
    custom_issue,
    error_refusal,
    invalid,
    json_reply,
    not_found,
    page_meta,
)

ELSEWHERE = (
    "Dataset item id {item} already exists in another dataset (id {dataset}) in this project; item ids are "
    "unique per project across datasets. Use a different id or target dataset {dataset}."
)


class Datasets:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def create(self, call: Call) -> Reply:
        """Creates, or changes what is given of an existing one. There is no deleting."""
        body = parsed_or_refused(DatasetBody, call)
        for schema in (body.input_schema, body.expected_output_schema):
            if schema is not None:
                _check_schema(schema)
        given = body.model_dump(by_alias=True)
        del given["name"]
        now = self._clock.now()
        row = self._named(body.name)
        if row is None:
            self._database.run(
                "INSERT INTO datasets (id, name, content, created, updated) VALUES (?, ?, ?, ?, ?)",
                (new_cuid(), body.name, orjson.dumps(given).decode(), now, now),
            )
        else:
            changes = {key: value for key, value in given.items() if value is not None}
            content = orjson.dumps(orjson.loads(row["content"]) | changes).decode()
            self._database.run(
                "UPDATE datasets SET content = ?, updated = ? WHERE id = ?", (content, now, row["id"])
            )
        return json_reply(_printed_dataset(self._required(body.name)))

    def page(self, call: Call) -> Reply:
        limit, page = call.number("limit", 50, 100), call.number("page", 1, 1 << 31)
        rows = self._database.rows(
            "SELECT * FROM datasets ORDER BY seq DESC LIMIT ? OFFSET ?", (limit, (page - 1) * limit)
        )
        total = self._database.number("SELECT count(*) FROM datasets")
        return json_reply(
            {"data": [_printed_dataset(row) for row in rows], "meta": page_meta(page, limit, total)}
        )

    def get(self, call: Call) -> Reply:
        return json_reply(_printed_dataset(self._required(call.params["name"])))

    def get_with_items(self, call: Call) -> Reply:
        """The older endpoint, which gives all items along; runs are no more."""
        row = self._required(call.params["name"])
        items = self._current(row["id"], None)
        return json_reply(
            _printed_dataset(row) | {"items": [_printed_item(i, row["name"]) for i in items], "runs": []}
        )

    def create_item(self, call: Call) -> Reply:
        body = parsed_or_refused(DatasetItemBody, call)
        dataset = self._named(body.dataset_name)
        if dataset is None:
            raise not_found(f"Dataset {body.dataset_name} not found for project {PROJECT_ID}")
        item_id = body.id or str(uuid.uuid4())
        current = self._current_item(item_id)
        if current is not None and current["dataset_id"] != dataset["id"]:
            message = ELSEWHERE.format(item=item_id, dataset=current["dataset_id"])
            raise error_refusal(409, message, "LangfuseConflictError")
        content = {} if current is None else orjson.loads(current["content"])
        # null and absent both mean "as it was"; this is how an item's metadata survives an update without it.
        given = body.model_dump(by_alias=True, exclude={"dataset_name", "id", "status"})
        content = (
            dict.fromkeys(given) | content | {key: value for key, value in given.items() if value is not None}
        )
        _check_item(orjson.loads(dataset["content"]), content)
        status = body.status or ("ACTIVE" if current is None else current["status"])
        now = self._clock.now()
        with self._database.transaction():
            self._end(current, now)
            self._database.run(
                "INSERT INTO dataset_items (id, dataset_id, valid_from, updated, status, content)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (item_id, dataset["id"], now, now, status, orjson.dumps(content).decode()),
            )
        created = self._current_item(item_id)
        assert created is not None
        return json_reply(_printed_item(created, dataset["name"]))

    def get_item(self, call: Call) -> Reply:
        row = self._current_item(call.params["id"])
        if row is None:
            raise not_found("Dataset item not found")
        return json_reply(_printed_item(row, self._name_of(row["dataset_id"])))

    def delete_item(self, call: Call) -> Reply:
        current = self._current_item(call.params["id"])
        if current is None:
            raise not_found("Dataset item not found")
        self._end(current, self._clock.now())
        return json_reply({"message": "Dataset item successfully deleted"})

    def list_items(self, call: Call) -> Reply:
        limit, page = call.number("limit", 50, 100), call.number("page", 1, 1 << 31)
        version = self._version(call)
        where = _at(version)
        if name := call.query.get("datasetName"):
            dataset = self._named(name)
            if dataset is None:
                raise not_found("Dataset not found")
            where.add("dataset_id = ?", dataset["id"])
        for key in ("sourceTraceId", "sourceObservationId"):
            if key in call.query:
                where.add(f"content ->> '{key}' = ?", call.query[key])
        total = self._database.number(f"SELECT count(*) FROM dataset_items WHERE {where}", where.values)
        rows = self._database.rows(
            f"SELECT * FROM dataset_items WHERE {where} ORDER BY valid_from DESC, seq DESC LIMIT ? OFFSET ?",
            (*where.values, limit, (page - 1) * limit),
        )
        data = [_printed_item(row, self._name_of(row["dataset_id"])) for row in rows]
        return json_reply({"data": data, "meta": page_meta(page, limit, total)})

    def create_run_item(self, call: Call) -> Reply:
        """Answered as ever by a 4.x server, and without effect: experiments come from spans."""
        body = parsed_or_refused(RunItemBody, call)
        item = self._current_item(body.dataset_item_id)
        if item is None:
            raise not_found("Dataset item not found or is not active")
        now = iso(self._clock.now())
        return json_reply(
            {
                "id": str(uuid.uuid4()),
                "datasetRunId": hosted_experiment_id(item["dataset_id"], body.run_name),
                "datasetRunName": body.run_name,
                "datasetItemId": body.dataset_item_id,
                "traceId": body.trace_id,
                "observationId": body.observation_id,
                "createdAt": now,
                "updatedAt": now,
            }
        )

    def _version(self, call: Call) -> int | None:
        text = call.query.get("version")
        if text is None:
            return None
        if "datasetName" not in call.query:
            raise invalid(custom_issue(["datasetName"], "datasetName is required when version is provided"))
        try:
            return parse_time(text)
        except ValueError:
            raise invalid(custom_issue(["version"], "Invalid ISO datetime")) from None

    def _end(self, current: Row | None, now: int) -> None:
        if current is not None:
            self._database.run(
                "UPDATE dataset_items SET valid_to = ?, updated = ? WHERE seq = ?", (now, now, current["seq"])
            )

    def _current(self, dataset_id: str, version: int | None) -> list[Row]:
        where = _at(version)
        where.add("dataset_id = ?", dataset_id)
        return self._database.rows(
            f"SELECT * FROM dataset_items WHERE {where} ORDER BY valid_from DESC, seq DESC", where.values
        )

    def _current_item(self, item_id: str) -> Row | None:
        return self._database.row("SELECT * FROM dataset_items WHERE id = ? AND valid_to IS NULL", (item_id,))

    def _named(self, name: str) -> Row | None:
        return self._database.row("SELECT * FROM datasets WHERE name = ?", (name,))

    def _required(self, name: str) -> Row:
        row = self._named(name)
        if row is None:
            raise not_found("Dataset not found")
        return row

    def _name_of(self, dataset_id: str) -> str:
        row = self._database.row("SELECT name FROM datasets WHERE id = ?", (dataset_id,))
        return "" if row is None else str(row["name"])


def _at(version: int | None) -> Where:
    where = Where()
    if version is None:
        where.add("valid_to IS NULL AND status = 'ACTIVE'")
    else:
        where.add("valid_from <= ? AND (valid_to IS NULL OR valid_to > ?)", version, version)
    return where


def _printed_dataset(row: Row) -> dict[str, Any]:
    content = orjson.loads(row["content"])
    return {
        "id": row["id"],
        "projectId": PROJECT_ID,
        "name": row["name"],
        **{
            key: content.get(key)
            for key in ("description", "metadata", "inputSchema", "expectedOutputSchema")
        },
        "createdAt": iso(row["created"]),
        "updatedAt": iso(row["updated"]),
    }


def _printed_item(row: Row, dataset_name: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "datasetId": row["dataset_id"],
        "status": row["status"],
        **orjson.loads(row["content"]),
        "createdAt": iso(row["valid_from"]),
        "updatedAt": iso(row["updated"]),
        "datasetName": dataset_name,
        "mediaReferences": [],
    }


def _check_schema(schema: Any) -> None:
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise invalid(custom_issue(["inputSchema"], f"Invalid JSON Schema: {error.message}")) from None


def _check_item(dataset: dict[str, Any], item: dict[str, Any]) -> None:
    """The complaint is in the words of the server's validator where a key is missing, in jsonschema's
    elsewhere.
    """
    complaints = []
    for label, schema_key, key in (
        ("Input", "inputSchema", "input"),
        ("Expected output", "expectedOutputSchema", "expectedOutput"),
    ):
        schema = dataset.get(schema_key)
        if schema is None or (key == "expectedOutput" and item.get(key) is None):
            continue
        errors = list(Draft202012Validator(schema).iter_errors(item.get(key)))
        if errors:
            words = [
                f"must have required property {error.message.partition(' is a required')[0]}"
                if error.validator == "required"
                else error.message
                for error in errors
            ]
            complaints.append(f"{label} validation failed: {', '.join(words)}")
    if complaints:
        message = f"Dataset item validation failed: {'; '.join(complaints)}"
        raise error_refusal(400, message, "InvalidRequestError")
