"""Variants chosen by a tag, in the one shape that editors understand.

A variant is a `oneOf` of references to closed branches that require their tag alone, beside a nested
`if`/`then`/`else` chain that holds the real lists of required fields. With pydantic's own shape (the lists
inside the branches, and a discriminator) an editor cannot tell the branch until every field is there, and
lists the fields of all branches or none; with an `allOf` of `if`s some list none at all. Every conditional
object says that further keys are fine, or Tombi calls them forbidden.

An unknown tag fits no branch, and an editor would report it once for every branch that is otherwise near. So
one more branch takes every table with an unknown tag, and the end of the chain refuses the tag, once. Its
open table stands in an `else`: there Tombi does not offer the keys of an open table for completion.

What a plug-in is called, `vendor:kind`, is such a tag too, and the end of the chain lets it pass: only the
machine it is installed on knows its fields.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from evalspec.kinds.fields import variants_of
from evalspec.schema.markdown import docstring
from evalspec.schema.shape import Schema, object_schema

_OPEN: Schema = {"type": "object", "additionalProperties": True}


def tagged_schema(
    definitions: Schema,
    models: Mapping[str, type[BaseModel]],
    tag: str,
    what: str,
    *,
    plugins: str | None = None,
) -> Schema:
    """A variant over `models` chosen by `tag`; its branches go to `definitions`, named after `what`. Tags
    that match the pattern `plugins` are those of plug-ins, whose tables may hold anything.
    """
    requirements: dict[str, list[str]] = {}
    branches: list[Schema] = []
    for name, model in models.items():
        branch = object_schema(model)
        for field, inner in variants_of(model).items():
            items = tagged_schema(definitions, inner.models(), inner.tag, inner.what, plugins=plugins)
            branch["properties"][field]["items"] = items
        requirements[name] = [tag, *(field for field in branch.get("required", []) if field != tag)]
        branches.append(_add(definitions, f"{what}.{name}", _branch(branch, model, tag, name)))
    known = {tag: {"enum": list(models)}}
    unknown = {"if": {**_OPEN, "properties": known}, "then": False, "else": dict(_OPEN)}
    branches.append(_add(definitions, f"{what}.unknown", unknown))
    return {"oneOf": branches, **_chain(requirements, tag, plugins)}


def _add(definitions: Schema, name: str, branch: Schema) -> Schema:
    definitions[name] = branch
    return {"$ref": f"#/definitions/{name}"}


def _branch(schema: Schema, model: type[BaseModel], tag: str, name: str) -> Schema:
    words = {"description": schema["description"], "markdownDescription": docstring(model)}
    fields = {field: part for field, part in schema["properties"].items() if field != tag}
    return {
        **words,
        "type": "object",
        "additionalProperties": False,
        "required": [tag],
        "properties": {tag: {**words, "type": "string", "const": name}, **fields},
    }


def _chain(requirements: Mapping[str, list[str]], tag: str, plugins: str | None) -> Schema:
    names = ", ".join(f"`{name}`" for name in requirements)
    message = f"`{tag}` must be one of {names}."
    chain: Schema = {"properties": {tag: {"enum": list(requirements), "errorMessage": message}}}
    if plugins is not None:
        named: Schema = {"properties": {tag: {"type": "string", "pattern": plugins}}, "required": [tag]}
        chain = {"if": {**_OPEN, **named}, "then": dict(_OPEN), "else": {**_OPEN, **chain}}
    for name, required in reversed(list(requirements.items())):
        condition: dict[str, Any] = {"properties": {tag: {"const": name}}, "required": [tag]}
        chain = {
            "if": {**_OPEN, **condition},
            "then": {**_OPEN, "required": required},
            "else": {**_OPEN, **chain},
        }
    return chain
