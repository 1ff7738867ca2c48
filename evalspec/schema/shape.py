"""JSON Schemas in the shape that editors understand.

Draft-07, in the intersection with 2020-12. A variant is a `oneOf` of closed branches that require their tag
only, beside a nested `if`/`then`/`else` chain that holds the real lists of required fields: with pydantic's
own shape (`oneOf` with the required lists inside) an editor cannot tell the branch until every field is
there, and lists the fields of all branches or none. There is no null, no keyword beside `$ref`, and no
generated title.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from evalspec.kinds.fields import DURATION_PATTERN

Schema = dict[str, Any]


class _Generator(GenerateJsonSchema):
    """pydantic's generator without null and without generated titles."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def object_schema(model: type[BaseModel], mode: JsonSchemaMode = "validation") -> Schema:
    """One closed object, everything inlined, with the description of its docstring's first paragraph."""
    schema = model.model_json_schema(mode=mode, schema_generator=_Generator)
    definitions = schema.pop("$defs", {})
    shaped = _shaped(schema, definitions)
    shaped.setdefault("additionalProperties", False)
    return shaped


def tagged_schema(definitions: Schema, models: Mapping[str, type[BaseModel]], tag: str, what: str) -> Schema:
    """A variant over `models` chosen by `tag`; its branches are added to `definitions`."""
    branches: list[Schema] = []
    chain: Schema = {}
    for name, model in reversed(models.items()):
        branch = object_schema(model)
        required = [tag, *(field for field in branch.pop("required", []) if field != tag)]
        branch["required"] = [tag]
        first, _, _ = branch.get("description", "").partition("\n")
        branch["properties"] = {
            tag: {
                "type": "string",
                "const": name,
                "description": first,
                "errorMessage": f"`{tag}` must be one of: {', '.join(models)}",
            },
            **{key: value for key, value in branch["properties"].items() if key != tag},
        }
        key = f"{what}.{name}"
        definitions[key] = branch
        branches.insert(0, {"$ref": f"#/definitions/{key}"})
        link: Schema = {
            "if": {
                "type": "object",
                "additionalProperties": True,
                "properties": {tag: {"const": name}},
                "required": [tag],
            },
            "then": {"type": "object", "additionalProperties": True, "required": required},
        }
        if chain:
            link["else"] = {"type": "object", "additionalProperties": True, **chain}
        chain = link
    return {"oneOf": branches, **chain}


def _shaped(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """A schema with references inlined, unions of plain types joined, and what editors stumble over removed."""
    if isinstance(schema, list):
        return [_shaped(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        merged = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
        return _shaped(merged, definitions)
    shaped: Schema = {}
    for key, value in schema.items():
        if key == "title" or (key == "default" and (value is None or value in ([], {}))):
            continue
        if key == "properties":
            shaped[key] = {name: _shaped(part, definitions) for name, part in value.items()}
        elif key in ("default", "examples", "enum", "const"):
            shaped[key] = value
        else:
            shaped[key] = _shaped(value, definitions)
    if "description" in shaped:
        shaped["description"] = _one_paragraph(shaped["description"])
    return _joined(shaped)


def _one_paragraph(text: str) -> str:
    return " ".join(text.split("\n\n")[0].split())


def _joined(schema: Schema) -> Schema:
    """`anyOf` of types that differ in nothing else as one `type` list."""
    members = schema.get("anyOf")
    if not members:
        return schema
    duration = {"number", "string"} == {
        member.get("type") for member in members
    } and "exclusiveMinimum" in schema
    if not all(isinstance(member, dict) and set(member) == {"type"} for member in members):
        return schema
    types = [member["type"] for member in members]
    if "number" in types and "integer" in types:
        types.remove("integer")
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    joined = {"type": types, **rest}
    if duration:
        joined["pattern"] = DURATION_PATTERN
    return joined
