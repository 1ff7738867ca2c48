"""OTLP trace requests, protobuf or JSON, as spans with plain attributes.

JSON follows the OTLP specification: ids are hexadecimal, 64-bit integers may be strings.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

PROTOBUF = "application/x-protobuf"
STATUS_ERROR = 2


class NotOtlp(ValueError):
    """The body is not an OTLP trace request."""


@dataclass(frozen=True)
class Span:
    """`source` is what the metadata of every span of its scope contains: scope and resource, flattened."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    start: int
    end: int
    attributes: dict[str, Any]
    scope: str
    source: dict[str, Any]
    failed: bool
    status_message: str


def check(body: bytes, content_type: str) -> None:
    """Raise NotOtlp when `body` cannot be read."""
    if content_type == PROTOBUF:
        _parse_protobuf(body)
    else:
        _parse_json(body)


def decode(body: bytes, content_type: str) -> Iterator[Span]:
    """The spans of a body that passed `check`."""
    return (
        _from_protobuf(_parse_protobuf(body)) if content_type == PROTOBUF else _from_json(_parse_json(body))
    )


def _parse_protobuf(body: bytes) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    try:
        request.ParseFromString(body)
    except DecodeError as error:
        raise NotOtlp(str(error)) from error
    return request


def _parse_json(body: bytes) -> Mapping[str, Any]:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotOtlp(str(error)) from error
    if not isinstance(parsed, dict) or not isinstance(parsed.get("resourceSpans", []), list):
        raise NotOtlp("resourceSpans is not a list")
    return parsed


def _source(
    resource: Mapping[str, Any], scope: str, version: str, attributes: Mapping[str, Any]
) -> dict[str, Any]:
    source: dict[str, Any] = {f"scope.attributes.{key}": value for key, value in attributes.items()}
    if version:
        source["scope.version"] = version
    if scope:
        source["scope.name"] = scope
    source.update({f"resourceAttributes.{key}": value for key, value in resource.items()})
    return source


def _from_protobuf(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for group in request.resource_spans:
        resource = _message_attributes(group.resource.attributes)
        for part in group.scope_spans:
            scope = part.scope
            source = _source(resource, scope.name, scope.version, _message_attributes(scope.attributes))
            for span in part.spans:
                yield Span(
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex() or None,
                    name=span.name,
                    start=span.start_time_unix_nano,
                    end=span.end_time_unix_nano,
                    attributes=_message_attributes(span.attributes),
                    scope=scope.name,
                    source=source,
                    failed=span.status.code == STATUS_ERROR,
                    status_message=span.status.message,
                )


def _message_attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {pair.key: _message_value(pair.value) for pair in pairs}


def _message_value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [_message_value(entry) for entry in value.array_value.values]
    if kind == "kvlist_value":
        return _message_attributes(value.kvlist_value.values)
    if kind == "bytes_value":
        return value.bytes_value.hex()
    return getattr(value, kind)


def _from_json(request: Mapping[str, Any]) -> Iterator[Span]:
    for group in request.get("resourceSpans") or []:
        resource = _json_attributes((group.get("resource") or {}).get("attributes"))
        for part in group.get("scopeSpans") or []:
            scope = part.get("scope") or {}
            name = scope.get("name") or ""
            source = _source(
                resource, name, scope.get("version") or "", _json_attributes(scope.get("attributes"))
            )
            for span in part.get("spans") or []:
                status = span.get("status") or {}
                yield Span(
                    trace_id=span.get("traceId") or "",
                    span_id=span.get("spanId") or "",
                    parent_id=span.get("parentSpanId") or None,
                    name=span.get("name") or "",
                    start=int(span.get("startTimeUnixNano") or 0),
                    end=int(span.get("endTimeUnixNano") or 0),
                    attributes=_json_attributes(span.get("attributes")),
                    scope=name,
                    source=source,
                    failed=status.get("code") in (STATUS_ERROR, "STATUS_CODE_ERROR"),
                    status_message=status.get("message") or "",
                )


def _json_attributes(pairs: Iterable[Mapping[str, Any]] | None) -> dict[str, Any]:
    return {pair["key"]: _json_value(pair.get("value")) for pair in pairs or ()}


def _json_value(value: Mapping[str, Any] | None) -> Any:
    for kind, content in (value or {}).items():
        if kind == "intValue":
            return int(content)
        if kind == "arrayValue":
            return [_json_value(entry) for entry in content.get("values") or ()]
        if kind == "kvlistValue":
            return _json_attributes(content.get("values"))
        return content
    return None
