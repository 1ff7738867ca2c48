"""A pydantic model as one closed, self-contained object of draft-07.

What is generated stays in the intersection with 2020-12: references are inlined (so nothing stands beside a
`$ref`), there is no null (TOML has none), no generated title (editors show it where a description is
missing), and a union of types that exclude each other is one schema with a list of types, because editors
report every member of an `anyOf` that does not fit.
"""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

Schema = dict[str, Any]

_LITERAL = ("default", "examples", "enum", "const")
"""Keywords that hold values and not schemas."""


class _Generator(GenerateJsonSchema):
    """pydantic's generator without null and without generated titles."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class _OutputGenerator(_Generator):
    """For documents whose writer leaves out nothing but what is None."""

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,
    ) -> bool:
        schema = field["schema"]
        return schema["type"] != "default" or schema.get("default", ...) is not None


def object_schema(model: type[BaseModel]) -> Schema:
    """What may stand in a spec where `model` is read."""
    return _object(model, "validation", _Generator)


def output_schema(model: type[BaseModel], *, defaults_written: bool) -> Schema:
    """What a document written from `model` looks like; fields at their default are in it or left out."""
    return _object(model, "serialization", _OutputGenerator if defaults_written else _Generator)


def _object(model: type[BaseModel], mode: JsonSchemaMode, generator: type[GenerateJsonSchema]) -> Schema:
    schema = model.model_json_schema(mode=mode, schema_generator=generator)
    shaped: Schema = _shaped(schema, schema.pop("$defs", {}))
    shaped.setdefault("additionalProperties", False)
    return shaped


def _shaped(schema: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_shaped(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return _shaped({**target, **beside}, definitions)
    shaped: Schema = {}
    for key, value in schema.items():
        if key == "title" or (key == "default" and value in (None, [], {})):
            continue
        if key == "properties":
            shaped[key] = {name: _shaped(part, definitions) for name, part in value.items()}
        elif key == "description":
            shaped[key] = _one_paragraph(value)
        else:
            shaped[key] = value if key in _LITERAL else _shaped(value, definitions)
    return _joined(_without_tuples(shaped))


def _one_paragraph(text: str) -> str:
    return " ".join(text.split("\n\n")[0].split())


def _without_tuples(schema: Schema) -> Schema:
    """Tuples without a list of schemas in `items`: 2020-12 calls that `prefixItems`."""
    members = schema.get("items")
    if not isinstance(members, list):
        return schema
    kinds = list(dict.fromkeys(member["type"] for member in members))
    described = " ".join(member["description"] for member in members if "description" in member)
    item: Schema = {"type": kinds[0] if len(kinds) == 1 else kinds}
    return {**schema, "items": {**item, "description": described} if described else item}


def _spelt(member: Schema) -> Schema:
    """An enumeration of words as a pattern: unlike that, `enum` binds values of every type."""
    words = member.get("enum", ())
    if member["type"] != "string" or not words or not all(re.fullmatch(r"[\w-]+", word) for word in words):
        return member
    spelling = {"pattern": f"^({'|'.join(words)})$"}
    return {key: value for key, value in member.items() if key != "enum"} | spelling


def _joined(schema: Schema) -> Schema:
    """An `anyOf` whose members have different types as one schema: keywords bind their own type only."""
    members = schema.get("anyOf")
    if members is None or not all(isinstance(member.get("type"), str) for member in members):
        return schema
    members = [_spelt(member) for member in members]
    if any("enum" in member for member in members):
        return schema
    kinds = [member["type"] for member in members]
    if {"type": "integer"} in members and "number" in kinds:
        members = [member for member in members if member != {"type": "integer"}]
        kinds.remove("integer")
    keywords = [key for member in members for key in member if key != "type"]
    keywords += [key for key in schema if key != "anyOf"]
    if (
        len(set(kinds)) < len(kinds)
        or {"integer", "number"} <= set(kinds)
        or len(set(keywords)) < len(keywords)
    ):
        return schema
    joined: Schema = {"type": kinds}
    for member in members:
        joined |= {key: value for key, value in member.items() if key != "type"}
    return joined | {key: value for key, value in schema.items() if key != "anyOf"}
