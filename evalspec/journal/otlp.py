"""Spans as OTLP JSON, as the journal keeps them.

The format is https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids in hex, 64-bit integers as
strings. A span of the Langfuse SDK's scope is a `Span` object; one of another scope is a `ScopeSpans` object
that holds just it, because the scope decides how its attributes are read. Attributes come first in either.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

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
