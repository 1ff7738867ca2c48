"""Spans of the OpenTelemetry SDK as OTLP JSON.

The protobuf encoders give base64 ids in JSON and are slower.
"""

from collections.abc import Mapping
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan

from evalspec.journal.otlp import HAS_IS_REMOTE, attributes_json, to_json

SDK_SCOPE = "langfuse-sdk"


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
