"""Spans of the OpenTelemetry SDK as OTLP JSON.

The format is https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids in hex, 64-bit integers as
strings. The protobuf encoders give base64 ids in JSON and are slower.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from opentelemetry.sdk.trace import ReadableSpan

SDK_SCOPE = "langfuse-sdk"
HAS_IS_REMOTE = 256
"""Flag of OTLP spans: whether the parent is remote is known (and it is not)."""

OWN_SCOPE_START = b'{"attributes":['
FOREIGN_SPAN_START = b'"spans":[{"attributes":['
"""Where the attributes of a span begin. Unescaped quotes cannot occur inside a scope's texts before it."""


def to_json(value: Any) -> bytes:
    """`value` as JSON; text that is no valid Unicode and integers beyond 64 bits survive in some form."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return orjson.dumps(_tame(value))


def _tame(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, int) and not isinstance(value, bool):
        return value if -(2**63) <= value < 2**64 else str(value)
    if isinstance(value, Mapping):
        return {_tame(str(key)): _tame(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [_tame(child) for child in value]
    return value


def any_value(value: Any) -> dict[str, Any]:
    """An attribute's value as OTLP's AnyValue."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value} if math.isfinite(value) else {"stringValue": str(value)}
    if isinstance(value, bytes):
        return {"stringValue": value.decode("utf-8", "backslashreplace")}
    if isinstance(value, Mapping):
        return {"kvlistValue": {"values": attributes_json(value)}}
    if isinstance(value, Sequence):
        return {"arrayValue": {"values": [any_value(child) for child in value]}}
    return {} if value is None else {"stringValue": str(value)}


def attributes_json(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Attributes as OTLP's list of KeyValue."""
    return [{"key": key, "value": any_value(value)} for key, value in attributes.items()]


def span_payload(span: ReadableSpan, attributes: Mapping[str, Any]) -> bytes:
    """One span as OTLP JSON with the given attributes in place of its own.

    A span of the Langfuse SDK's scope is a `Span` object; one of another scope is a `ScopeSpans` object that
    holds just it, because the scope decides how Langfuse reads its attributes. Attributes come first in
    either.
    """
    body = to_json(_span_json(span, attributes))
    scope = span.instrumentation_scope
    if scope is None or scope.name == SDK_SCOPE:
        return body
    described: dict[str, Any] = {"name": scope.name}
    if scope.version:
        described["version"] = scope.version
    if scope.attributes:
        described["attributes"] = attributes_json(scope.attributes)
    return b'{"scope":' + to_json(described) + b',"spans":[' + body + b"]}"


def _span_json(span: ReadableSpan, attributes: Mapping[str, Any]) -> dict[str, Any]:
    context = span.get_span_context()
    assert context is not None
    content: dict[str, Any] = {
        "attributes": attributes_json(attributes),
        "traceId": f"{context.trace_id:032x}",
        "spanId": f"{context.span_id:016x}",
    }
    if span.parent is not None:
        content["parentSpanId"] = f"{span.parent.span_id:016x}"
    content["name"] = span.name
    content["kind"] = span.kind.value + 1
    content["startTimeUnixNano"] = str(span.start_time or 0)
    content["endTimeUnixNano"] = str(span.end_time or span.start_time or 0)
    if span.events:
        content["events"] = [
            {
                "timeUnixNano": str(event.timestamp),
                "name": event.name,
                "attributes": attributes_json(event.attributes or {}),
            }
            for event in span.events
        ]
    if span.links:
        content["links"] = [
            {
                "traceId": f"{link.context.trace_id:032x}",
                "spanId": f"{link.context.span_id:016x}",
                "attributes": attributes_json(link.attributes or {}),
            }
            for link in span.links
        ]
    content["status"] = _status(span)
    content["flags"] = HAS_IS_REMOTE
    return content


def _status(span: ReadableSpan) -> dict[str, Any]:
    status: dict[str, Any] = {}
    if span.status.status_code.value:
        status["code"] = span.status.status_code.value
    if span.status.description:
        status["message"] = span.status.description
    return status
