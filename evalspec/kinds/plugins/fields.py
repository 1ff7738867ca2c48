"""The fields of a plug-in's kind: a model made of its description, and values held against its schema."""

import json
import tomllib
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, TypeVar

from pydantic import Field, ValidationError, create_model

from evalspec.diagnostics import closest
from evalspec.kinds.fields import KindFields
from evalspec.kinds.plugins.discovery import Plugin
from evalspec.kinds.plugins.errors import PluginError
from evalspec.kinds.resolving import Resolving, Where

__all__ = ["check_example", "check_fields", "own_values", "plugin_model"]

F = TypeVar("F", bound=KindFields)

_LONGEST: Final = 60
_TYPES: Final = {
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
}
_BOUNDS: Final = {
    "minimum": "at least {:g}",
    "maximum": "at most {:g}",
    "exclusiveMinimum": "more than {:g}",
    "exclusiveMaximum": "less than {:g}",
    "minLength": "at least {:g} character(s)",
    "maxLength": "at most {:g} characters",
    "minItems": "at least {:g} element(s)",
    "maxItems": "at most {:g} elements",
}


def plugin_model(plugin: Plugin, base: type[F], **more: Any) -> type[F]:
    """The model of a plug-in's fields: those of `base`, `more` as `create_model` takes them, and its own.

    The model knows which fields there are; what their values may be is held against the schema when they are
    resolved.
    """
    description = plugin.description
    fields: dict[str, Any] = {"type": (Literal[plugin.name], plugin.name), **more}
    for name, schema in description.properties.items():
        shown = {key: value for key, value in schema.items() if key not in ("description", "default")}
        default = ... if name in description.required else schema.get("default")
        info = Field(default, description=str(schema["description"]), json_schema_extra=shown)
        fields[name] = (Any, info)
    with warnings.catch_warnings():
        # pydantic warns of names that its models have had as methods, such as `schema`.
        warnings.filterwarnings("ignore", "Field name", UserWarning)
        return create_model(
            f"PluginFields[{plugin.name}]", __base__=base, __doc__=_documentation(plugin), **fields
        )


def _documentation(plugin: Plugin) -> str:
    """What a docstring of a built-in kind says: a sentence, the example, everything else."""
    description = plugin.description
    parts = [description.summary.strip()]
    if description.example is not None:
        lines = description.example.strip().split("\n")
        parts.append("\n".join(f"    {line}" if line else "" for line in lines))
    parts.append(description.documentation.strip())
    parts.append(f"A plug-in: it comes with `{plugin.distribution}`, here in version {plugin.version}.")
    return "\n\n".join(part for part in parts if part)


def check_example(plugin: Plugin, model: type[KindFields], table_of: Callable[[Any], Any]) -> None:
    """Hold a description's example against its own fields; `table_of` finds the kind's table in the parsed
    text. PluginError where it does not fit.
    """
    text = plugin.description.example
    if text is None:
        return
    try:
        model.model_validate(table_of(tomllib.loads(text)))
    except (ValidationError, tomllib.TOMLDecodeError, LookupError, TypeError, ValueError, AttributeError):
        message = f"the description of `{plugin.name}` cannot be used: its `example` is no table of this type"
        raise PluginError("broken-plugin", message) from None


def own_values(plugin: Plugin, fields: KindFields, *, given: bool) -> dict[str, Any]:
    """The values of a plug-in's own fields, without those that are absent; `given` leaves out defaults."""
    names = set(plugin.description.properties)
    found = fields.model_dump(mode="json", include=names, exclude_defaults=given)
    return {name: value for name, value in found.items() if value is not None}


def check_fields(plugin: Plugin, fields: KindFields, resolving: Resolving) -> None:
    """Report what in the values of a plug-in's fields is not as its schema says."""
    from jsonschema import Draft202012Validator

    schema = {**plugin.description.fields, "type": "object"}
    validator = Draft202012Validator(schema)
    for violation in validator.iter_errors(own_values(plugin, fields, given=False)):
        if violation.validator != "required" or violation.absolute_path:
            _report(violation, resolving)


def _report(violation: Any, resolving: Resolving) -> None:
    at: Where = tuple(violation.absolute_path)
    keyword, wanted, value = str(violation.validator), violation.validator_value, violation.instance
    name = next((step for step in reversed(at) if isinstance(step, str)), "the table")
    message = f"`{name}` cannot be {_shown(value)}"
    if keyword == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        expected = " or ".join(_TYPES.get(kind, kind) for kind in kinds)
        resolving.report("wrong-type", message, at, expected=expected)
    elif keyword in ("enum", "const"):
        allowed = list(wanted) if keyword == "enum" else [wanted]
        texts = [one for one in allowed if isinstance(one, str)]
        near = closest(value, texts) if isinstance(value, str) else None
        expected = ", ".join(f"`{one}`" for one in allowed)
        resolving.report("wrong-value", message, at, expected=f"one of {expected}", suggestion=near)
    elif keyword in _BOUNDS:
        resolving.report("out-of-range", message, at, expected=_BOUNDS[keyword].format(wanted))
    elif keyword == "additionalProperties" and wanted is False:
        _report_unknown(violation, resolving, at, name)
    elif keyword == "required":
        missing = [one for one in wanted if one not in value]
        resolving.report("missing-field", f"`{name}` needs `{missing[0]}`", at)
    else:
        expected = f"what its schema asks for: `{keyword}` is {_shown(wanted)}"
        resolving.report("wrong-value", message, at, expected=expected)


def _report_unknown(violation: Any, resolving: Resolving, at: Where, name: str) -> None:
    known: Sequence[str] = list(violation.schema.get("properties", {}))
    for key in violation.instance:
        if key not in known:
            near = closest(key, known)
            listed = None if near else ", ".join(f"`{one}`" for one in known)
            message = f"`{name}` has no field `{key}`"
            resolving.report("unknown-field", message, (*at, key), key=True, suggestion=near, expected=listed)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else "a long string"
