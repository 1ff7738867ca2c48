"""Bodies of requests, parsed per contract.

The 4.16 contract has models of its own, written after that server's OpenAPI document. In the new contract
every body must fit the SDK's own generated type, so that this module cannot disagree with the SDK about them;
scores are parsed with it, other bodies are checked with it first. What a score may contain beyond its types
is in `score_rules`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Literal, TypeVar

from langfuse.api import (
    AnnotationQueueAssignmentRequest,
    CreateAnnotationQueueItemRequest,
    CreateAnnotationQueueRequest,
    CreateCommentRequest,
    CreateDatasetItemRequest,
    CreateDatasetRequest,
    CreatePromptRequest,
    CreateScoreConfigRequest,
    CreateScoreRequest,
    UpdateAnnotationQueueItemRequest,
    UpdateScoreConfigRequest,
)
from langfuse.api.core.pydantic_utilities import parse_obj_as
from pydantic import BaseModel, ConfigDict, StrictFloat, StrictInt, StrictStr, ValidationError
from pydantic.alias_generators import to_camel

from tests.emulator.wire import custom_issue, wrong_type

DataType = Literal["NUMERIC", "BOOLEAN", "CATEGORICAL", "TEXT", "CORRECTION"]
Issue = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)

JSON_TYPES = {
    "string_type": "string",
    "model_type": "object",
    "model_attributes_type": "object",
    "dict_type": "object",
    "list_type": "array",
    "bool_type": "boolean",
    "float_type": "number",
    "int_type": "number",
    "float_parsing": "number",
}


class Body(BaseModel):
    """camelCase on the wire; unknown keys are ignored, as the server ignores them."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


class ScoreBody(Body):
    """`CreateScoreRequest` of 4.16, which is also the body of a `score-create` event."""

    id: StrictStr | None = None
    trace_id: StrictStr | None = None
    session_id: StrictStr | None = None
    observation_id: StrictStr | None = None
    dataset_run_id: StrictStr | None = None
    name: StrictStr
    value: StrictInt | StrictFloat | StrictStr
    comment: StrictStr | None = None
    metadata: Any = None
    environment: StrictStr | None = None
    queue_id: StrictStr | None = None
    data_type: DataType | None = None
    config_id: StrictStr | None = None
    source: Literal["API", "ANNOTATION"] | None = None
    timestamp: datetime | None = None


class DatasetBody(Body):
    name: StrictStr
    description: StrictStr | None = None
    metadata: Any = None
    input_schema: Any = None
    expected_output_schema: Any = None


class DatasetItemBody(Body):
    dataset_name: StrictStr
    id: StrictStr | None = None
    input: Any = None
    expected_output: Any = None
    metadata: Any = None
    source_trace_id: StrictStr | None = None
    source_observation_id: StrictStr | None = None
    status: Literal["ACTIVE", "ARCHIVED"] | None = None


class RunItemBody(Body):
    run_name: StrictStr
    dataset_item_id: StrictStr
    trace_id: StrictStr | None = None
    observation_id: StrictStr | None = None


class Category(Body):
    label: StrictStr
    value: StrictInt | StrictFloat


class ScoreConfigBody(Body):
    name: StrictStr
    data_type: Literal["NUMERIC", "BOOLEAN", "CATEGORICAL", "TEXT"]
    categories: list[Category] | None = None
    min_value: StrictInt | StrictFloat | None = None
    max_value: StrictInt | StrictFloat | None = None
    description: StrictStr | None = None


class ScoreConfigChange(Body):
    is_archived: bool | None = None
    name: StrictStr | None = None
    categories: list[Category] | None = None
    min_value: StrictInt | StrictFloat | None = None
    max_value: StrictInt | StrictFloat | None = None
    description: StrictStr | None = None


class PromptBody(Body):
    name: StrictStr
    prompt: StrictStr | list[dict[str, Any]]
    type: Literal["text", "chat"] = "text"
    config: Any = None
    labels: list[StrictStr] | None = None
    tags: list[StrictStr] | None = None
    commit_message: StrictStr | None = None


class PromptLabels(Body):
    new_labels: list[StrictStr]


class QueueBody(Body):
    name: StrictStr
    description: StrictStr | None = None
    score_config_ids: list[StrictStr]


class QueueItemBody(Body):
    object_id: StrictStr
    object_type: Literal["TRACE", "OBSERVATION", "SESSION"]
    status: Literal["PENDING", "COMPLETED"] = "PENDING"


class QueueItemChange(Body):
    status: Literal["PENDING", "COMPLETED"]


class AssignmentBody(Body):
    user_id: StrictStr


class CommentBody(Body):
    project_id: StrictStr
    object_type: StrictStr
    object_id: StrictStr
    content: StrictStr
    author_user_id: StrictStr | None = None


class Unfit(Exception):
    """A body that does not fit its model, with the issues the server would list."""

    def __init__(self, issues: list[Issue]) -> None:
        super().__init__(issues)
        self.issues = issues


def parse(model: type[Model], content: Any) -> Model:
    """`content` as `model`; raises Unfit."""
    if not isinstance(content, dict):
        raise Unfit([wrong_type([], "object", type_name(content))])
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise Unfit([_issue(dict(found)) for found in error.errors(include_url=False)]) from None


def parse_with_sdk_type(content: Any) -> ScoreBody:
    """One element of the new contract's list; raises Unfit.

    The SDK renames keys with a slow walk over annotations of its own; the same renaming, read off the same
    annotations once, is two orders of magnitude faster and leaves the validation to the SDK's model.
    """
    if not isinstance(content, dict):
        raise Unfit([wrong_type([], "object", type_name(content))])
    names = _sdk_names()
    try:
        request = CreateScoreRequest.model_validate(
            {names.get(key, key): value for key, value in content.items()}
        )
    except ValidationError as error:
        issues = [_issue(dict(found)) for found in error.errors(include_url=False)]
        wire_names = {name: wire for wire, name in names.items()}
        for issue in issues:
            issue["path"] = [wire_names.get(part, part) for part in issue["path"]]
        raise Unfit(issues) from None
    known = {name: getattr(request, name) for name in ScoreBody.model_fields}
    return ScoreBody.model_construct(**known)


SDK_TYPES: Mapping[type[BaseModel], Any] = {
    DatasetBody: CreateDatasetRequest,
    DatasetItemBody: CreateDatasetItemRequest,
    ScoreConfigBody: CreateScoreConfigRequest,
    ScoreConfigChange: UpdateScoreConfigRequest,
    PromptBody: CreatePromptRequest,
    QueueBody: CreateAnnotationQueueRequest,
    QueueItemBody: CreateAnnotationQueueItemRequest,
    QueueItemChange: UpdateAnnotationQueueItemRequest,
    AssignmentBody: AnnotationQueueAssignmentRequest,
    CommentBody: CreateCommentRequest,
}


def check_with_sdk_type(model: type[BaseModel], content: Any) -> None:
    """Raise Unfit when the SDK's counterpart of `model`, if it has one, does not take `content`."""
    if model not in SDK_TYPES:
        return
    try:
        parse_obj_as(SDK_TYPES[model], content)
    except ValidationError as error:
        raise Unfit([_issue(dict(found)) for found in error.errors(include_url=False)]) from None


@cache
def _sdk_names() -> Mapping[str, str]:
    """Names on the wire to names of the SDK's model."""
    names = {}
    for name, info in CreateScoreRequest.model_fields.items():
        for note in info.metadata:
            names[getattr(note, "alias", name)] = name
    return names


def type_name(content: Any) -> str:
    if content is None:
        return "null"
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "boolean"),
        (int, "number"),
        (float, "number"),
        (str, "string"),
        (list, "array"),
    )
    return next((name for kind, name in kinds if isinstance(content, kind)), "object")


def _issue(found: Mapping[str, Any]) -> Issue:
    """One pydantic error in the words of the server's validator."""
    path = [to_camel(part) if isinstance(part, str) else part for part in found["loc"]]
    # A union names each branch; the server speaks of the field.
    path = path[:1] if found["type"] in UNION_BRANCHES else path
    describe = DESCRIPTIONS.get(found["type"])
    if describe is not None:
        return describe(path, found)
    return custom_issue(path, str(found["msg"]))


UNION_BRANCHES = frozenset({"int_type", "float_type", "float_parsing"})


def _missing(path: list[str | int], found: Mapping[str, Any]) -> Issue:
    return wrong_type(path, "nonoptional" if path == ["value"] else "string", "undefined")


def _mistyped(path: list[str | int], found: Mapping[str, Any]) -> Issue:
    return wrong_type(path[:1], JSON_TYPES[found["type"]], type_name(found["input"]))


def _not_an_option(path: list[str | int], found: Mapping[str, Any]) -> Issue:
    options = [part.strip("'") for part in str(found["ctx"]["expected"]).replace(" or ", ", ").split(", ")]
    spelled = "|".join(f'"{option}"' for option in options)
    return {
        "code": "invalid_value",
        "values": options,
        "path": path,
        "message": f"Invalid option: expected one of {spelled}",
    }


DESCRIPTIONS: Mapping[str, Callable[[list[str | int], Mapping[str, Any]], Issue]] = {
    "missing": _missing,
    "literal_error": _not_an_option,
    "enum": _not_an_option,
    **dict.fromkeys(JSON_TYPES, _mistyped),
}
