"""`http`: a service that is asked over HTTP."""

from typing import Any, Literal

from pydantic import Field

from evalspec.kinds.fields import meanings
from evalspec.kinds.http.calling import HttpCaller
from evalspec.kinds.http.checking import EVENT_NAMES, RESPONSE_NAMES, check_request, check_version
from evalspec.kinds.http.fields import HttpFields, VersionFields
from evalspec.kinds.http.identity import request_identity
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving
from evalspec.plan.values import Item
from evalspec.tasks.base import TaskFields, TaskKind
from evalspec.tasks.variables import task_names, task_scope

__all__ = ["KIND", "HttpTaskFields"]


class HttpTaskFields(TaskFields, HttpFields):
    """A service, asked with one request for each trial of each item.

        [task]
        type = "http"
        url = "https://assistant.example/answers"
        json = { question = "{{ input }}", user = "{{ metadata.user }}" }
        headers_env = { Authorization = { env = "ASSISTANT_TOKEN", prefix = "Bearer " } }
        extract = "response.json.answer"
        version = { url = "/version", extract = "response.json.commit" }
        timeout = "30s"

    Templates and the expressions in them see `input`, `expected_output`, `metadata` and `item`. An item
    fails with `http_status`, `connection_failed`, `timeout` or `incomplete_stream` where the service did not
    serve, which is tried again as `retries` says, and with `invalid_json`, `not_text`, `missing_key`,
    `expression_failed` or `too_large` (more than 10 MB) where its response cannot be used. A request
    takes ten minutes at the most where there is no `timeout`, here or in `[limits]`.
    """

    type: Literal["http"] = "http"
    stream: Literal["sse", "lines"] | None = Field(
        None,
        description="How the response is streamed. `extract` is then evaluated for each `event` (`data`, "
        "`json`, `type`, `id`); texts are put together, other values listed.",
        json_schema_extra=meanings(
            sse="Server-sent events.",
            lines="Lines, each an event, such as JSON Lines.",
        ),
    )
    until: str | None = Field(
        None,
        description="The data of the event that ends the stream; a stream that ends without it is a failure.",
        examples=["[DONE]"],
    )
    version: VersionFields | None = Field(
        None,
        description="Where the service says its version: asked when a run begins, and kept with it.",
        examples=[{"url": "/version", "extract": "response.json.commit"}],
    )


class _HttpTask:
    blocking = False
    observes = True

    def __init__(self, fields: dict[str, Any], loading: Loading) -> None:
        self._caller = HttpCaller(fields, task_names(loading), loading)

    async def __call__(self, item: Item, trial: int) -> Any:
        return await self._caller.ask(task_scope(item))

    async def version(self) -> str | None:
        return await self._caller.version()

    async def aclose(self) -> None:
        await self._caller.aclose()


def _resolve(fields: HttpTaskFields, resolving: Resolving) -> Resolved:
    _check_stream(fields, resolving)
    names = RESPONSE_NAMES if fields.stream is None else EVENT_NAMES
    check_request(fields, task_names(resolving), resolving, names)
    if fields.version is not None:
        check_version(fields.version, fields.url, resolving)
    left_out = {"type", "description", "timeout", "repeats"}
    kept = fields.model_dump(mode="json", exclude=left_out, exclude_none=True)
    unpinned: tuple[str, ...] = ()
    if fields.version is None:
        unpinned = (f"nothing says which version answers at `{fields.url}`",)
    return Resolved(kept, request_identity(fields, left_out), unpinned=unpinned)


def _check_stream(fields: HttpTaskFields, resolving: Resolving) -> None:
    if fields.until is not None and fields.stream is None:
        message = "`until` ends a stream, and the response is none"
        resolving.report("wrong-value", message, ("until",), key=True, expected="a `stream`")


def _build(fields: dict[str, Any], loading: Loading) -> _HttpTask:
    return _HttpTask(fields, loading)


KIND = TaskKind(type="http", fields=HttpTaskFields, semantics=1, resolve=_resolve, build=_build)
