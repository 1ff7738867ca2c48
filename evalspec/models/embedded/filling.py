"""A value for a JSON schema, made without a model: the structure from here, the choices from a `Chooser`."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from evalspec.models.errors import ModelError

__all__ = ["Chooser", "bounds_of", "clamped", "fill"]

_DEEPEST: Final = 12
"""Nesting at which optional parts of a schema that refers to itself are left out."""


class Chooser(Protocol):
    """Makes the choices that a schema leaves open. `name` is the property's, empty at the top."""

    def member(self, name: str, members: Sequence[Any]) -> Any:
        """One of the members of an `enum`."""
        ...

    def boolean(self, name: str) -> bool:
        """True or false."""
        ...

    def number(self, name: str, low: float | None, high: float | None) -> float:
        """A number between the bounds, of which each may be missing."""
        ...

    def string(self, name: str) -> str:
        """A text, which is then fitted to its length."""
        ...


def fill(schema: Any, chooser: Chooser) -> Any:
    """A value that follows a schema of objects, lists, enums, numbers, texts and references within it.

    What a schema says with `pattern`, `format`, `not` or `if` is not looked at, so that the value must be
    validated. Raises ModelError(unsupported) where there is no way to a value.
    """
    return _value(schema, schema, "", chooser, 0)


def _value(schema: Any, root: Any, name: str, chooser: Chooser, depth: int) -> Any:
    schema = _resolved(schema, root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return chooser.member(name, schema["enum"])
    match _type_of(schema):
        case "object":
            return _object(schema, root, chooser, depth)
        case "array":
            return _array(schema, root, name, chooser, depth)
        case "boolean":
            return chooser.boolean(name)
        case "integer":
            return _number(schema, name, chooser, whole=True)
        case "number":
            return _number(schema, name, chooser, whole=False)
        case "null":
            return None
        case _:
            return _string(schema, chooser.string(name))


def _resolved(schema: Any, root: Any) -> Mapping[str, Any]:
    """The schema with its references followed, `allOf` merged and the first of other alternatives taken."""
    for _ in range(_DEEPEST):
        if schema is True:
            return {}
        if not isinstance(schema, Mapping):
            raise ModelError("unsupported", "no value follows the schema `false`")
        if "$ref" in schema:
            schema = {**_target(str(schema["$ref"]), root), **_without(schema, "$ref")}
        elif schema.get("allOf"):
            merged: dict[str, Any] = {}
            for part in schema["allOf"]:
                part = _resolved(part, root)
                merged = {**merged, **part, **_joined(merged, part)}
            own = _without(schema, "allOf")
            schema = {**merged, **own, **_joined(merged, own)}
        elif schema.get("anyOf") or schema.get("oneOf"):
            keyword = "anyOf" if schema.get("anyOf") else "oneOf"
            own = _without(schema, keyword)
            alternatives = schema[keyword]
            chosen = _resolved(
                next((one for one in alternatives if not _is_null(one)), alternatives[0]), root
            )
            schema = {**own, **chosen, **_joined(own, chosen)}
        else:
            return schema
    raise ModelError("unsupported", "the schema's references go in circles")


def _joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What two schemas say about properties, taken together."""
    joined: dict[str, Any] = {}
    if "properties" in one and "properties" in other:
        joined["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        joined["required"] = list(dict.fromkeys([*one["required"], *other["required"]]))
    return joined


def _without(schema: Mapping[str, Any], keyword: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != keyword}


def _is_null(schema: Any) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") == "null"


def _target(reference: str, root: Any) -> Mapping[str, Any]:
    node = root
    for step in reference.removeprefix("#").split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        node = node.get(step) if isinstance(node, Mapping) else None
    if not reference.startswith("#") or not isinstance(node, Mapping):
        raise ModelError("unsupported", f"the schema's reference `{reference}` leads nowhere")
    return node


def _type_of(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if isinstance(kind, str):
        return kind
    if "properties" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    return "number" if "minimum" in schema or "maximum" in schema else "string"


def _object(schema: Mapping[str, Any], root: Any, chooser: Chooser, depth: int) -> dict[str, Any]:
    properties = schema.get("properties", {})
    required = schema.get("required", ())
    names = list(dict.fromkeys([*properties, *required]))
    return {
        name: _value(properties.get(name, True), root, name, chooser, depth + 1)
        for name in names
        if name in required or depth < _DEEPEST
    }


def _array(schema: Mapping[str, Any], root: Any, name: str, chooser: Chooser, depth: int) -> list[Any]:
    least, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
    prefix = schema.get("prefixItems", [])
    if depth > 2 * _DEEPEST:
        raise ModelError("unsupported", "the schema has no end")
    wanted = least if depth >= _DEEPEST else max(least, min(most, max(1, len(prefix))))
    items = schema.get("items", True)
    if items is False:
        wanted = min(wanted, len(prefix))
    return [
        _value(prefix[index] if index < len(prefix) else items, root, name, chooser, depth + 1)
        for index in range(int(wanted))
    ]


def bounds_of(schema: Mapping[str, Any], *, whole: bool) -> tuple[float | None, float | None]:
    """The least and greatest number that a schema allows; exclusive bounds are moved inwards."""
    low, high = schema.get("minimum"), schema.get("maximum")
    if (above := schema.get("exclusiveMinimum")) is not None:
        inside = math.floor(above) + 1 if whole else math.nextafter(above, math.inf)
        low = inside if low is None else max(low, inside)
    if (below := schema.get("exclusiveMaximum")) is not None:
        inside = math.ceil(below) - 1 if whole else math.nextafter(below, -math.inf)
        high = inside if high is None else min(high, inside)
    return low, high


def clamped(value: float, low: float | None, high: float | None) -> float:
    """The number nearest to `value` between the bounds."""
    if low is not None:
        value = max(low, value)
    return value if high is None else min(high, value)


def _number(schema: Mapping[str, Any], name: str, chooser: Chooser, *, whole: bool) -> int | float:
    low, high = bounds_of(schema, whole=whole)
    value = clamped(chooser.number(name, low, high), low, high)
    step: float | None = schema.get("multipleOf", 1 if whole else None)
    if step is None:
        return value
    value = round(value / step) * step
    if low is not None and value < low:
        value = math.ceil(low / step) * step
    if high is not None and value > high:
        value = math.floor(high / step) * step
    return round(value) if whole else value


def _string(schema: Mapping[str, Any], text: str) -> str:
    longest = schema.get("maxLength")
    text = text if longest is None else text[:longest]
    return text.ljust(schema.get("minLength", 0), ".")
