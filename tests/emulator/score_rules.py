"""What a score may be, beyond the types of its fields: refused at once, or accepted and then dropped."""

import json
from typing import Any

from tests.emulator.contracts import Issue, ScoreBody, type_name
from tests.emulator.wire import custom_issue, wrong_type

MAX_TEXT = 500
MAX_ID = 800
SUBJECTS: list[str | int] = ["traceId", "sessionId", "datasetRunId", "observationId"]
ONE_SUBJECT = (
    "Provide exactly one of the following: traceId (with optional observationId), sessionId or datasetRunId. "
    "ObservationId requires traceId."
)
ANNOTATION_NEEDS_CONFIG = "configId is required when source is ANNOTATION (except for CORRECTION scores)."
ZERO_OR_ONE = "Value must be a number equal to either 0 or 1 for data type BOOLEAN"


def issues_of(body: ScoreBody) -> list[Issue]:
    """Why the server refuses `body` with a 400; empty when it does not."""
    if body.name == "":
        return [_bounds("too_small", 1, ["name"])]
    if issue := _value_issue(body):
        return [issue]
    if body.source == "ANNOTATION" and body.config_id is None and body.data_type != "CORRECTION":
        return [custom_issue(["configId"], ANNOTATION_NEEDS_CONFIG)]
    subjects = sum(subject is not None for subject in (body.trace_id, body.session_id, body.dataset_run_id))
    if subjects != 1 or (body.observation_id is not None and body.trace_id is None):
        return [custom_issue(SUBJECTS, ONE_SUBJECT)]
    return []


def _value_issue(body: ScoreBody) -> Issue | None:
    value = body.value
    is_text = isinstance(value, str)
    if body.data_type in ("NUMERIC", "BOOLEAN") and is_text:
        return wrong_type(["value"], "number", "string")
    if body.data_type in ("CATEGORICAL", "TEXT", "CORRECTION") and not is_text:
        return wrong_type(["value"], "string", type_name(value))
    if body.data_type == "BOOLEAN" and value not in (0, 1):
        return custom_issue(["value"], ZERO_OR_ONE)
    if body.data_type == "TEXT" and isinstance(value, str):
        if len(value) > MAX_TEXT:
            return _bounds("too_big", MAX_TEXT, ["value"])
        if not value:
            return _bounds("too_small", 1, ["value"])
    return None


def _bounds(code: str, bound: int, path: list[str | int]) -> Issue:
    word, sign, name = ("big", "<=", "maximum") if code == "too_big" else ("small", ">=", "minimum")
    message = f"Too {word}: expected string to have {sign}{bound} characters"
    return {
        "origin": "string",
        "code": code,
        name: bound,
        "inclusive": True,
        "path": path,
        "message": message,
    }


def id_complaint(body: ScoreBody) -> str | None:
    """An id that is too long fails later than the rest, and its issues come as text in the message."""
    if body.id is None or len(body.id) <= MAX_ID:
        return None
    return json.dumps([_bounds("too_big", MAX_ID, ["body", "id"])], indent=2)


def why_dropped(body: ScoreBody, config: dict[str, Any] | None) -> str | None:
    """Why the server answers 200 and then keeps nothing; None when it keeps the score.

    `config` is the score config that the body names, None when there is no such config. Bounds and an unknown
    id were measured; a wrong category, another data type and an archived config are taken to be treated
    alike.
    """
    if body.config_id is None:
        return None
    if config is None:
        return "unknown configId"
    if config["isArchived"]:
        return "archived config"
    data_type = config["dataType"]
    if body.data_type is not None and body.data_type != data_type:
        return "another data type than the config's"
    value = body.value
    if data_type in ("NUMERIC", "BOOLEAN"):
        if isinstance(value, str):
            return "not a number"
        low, high = (0, 1) if data_type == "BOOLEAN" else (config["minValue"], config["maxValue"])
        if (low is not None and value < low) or (high is not None and value > high):
            return "outside the config's bounds"
        if data_type == "BOOLEAN" and value not in (0, 1):
            return "neither 0 nor 1"
        return None
    if data_type == "CATEGORICAL" and value not in {
        category["label"] for category in config["categories"] or ()
    }:
        return "not a category of the config"
    return None if isinstance(value, str) else "not a text"
