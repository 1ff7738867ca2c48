"""JSON Schemas from specs: checked before they are used, validated alike on every machine.

`jsonschema` does the work, with three things replaced: patterns are RE2, the formats are a fixed set that
does not depend on which other packages are installed, and a reference out of the schema is refused instead
of fetched.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import jsonschema
from jsonschema import Draft7Validator, Draft201909Validator, Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT7, DRAFT201909, DRAFT202012

from evalspec.checking.formats import FORMATS, format_checker
from evalspec.checking.patterns import BadPattern, compile_pattern, searchable
from evalspec.diagnostics import Severity

__all__ = ["SchemaProblem", "first_violation", "problems_of", "validator_for"]

_DIALECTS: Final[dict[str, tuple[Any, Any]]] = {
    "http://json-schema.org/draft-07/schema": (Draft7Validator, DRAFT7),
    "https://json-schema.org/draft/2019-09/schema": (Draft201909Validator, DRAFT201909),
    "https://json-schema.org/draft/2020-12/schema": (Draft202012Validator, DRAFT202012),
}
_DEFAULT: Final = "https://json-schema.org/draft/2020-12/schema"
_DATA: Final = frozenset({"const", "enum", "default", "examples"})
_NAMED: Final = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_TYPES: Final = "array, boolean, integer, null, number, object, string"
_LONGEST: Final = 500
"""Characters of a comment: messages quote the value, which may be large."""


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """Something wrong with a schema, at `steps` in it."""

    code: str
    message: str
    steps: tuple[str | int, ...] = ()
    severity: Severity = Severity.ERROR

    @property
    def pointer(self) -> str:
        """The place as a JSON pointer."""
        return "/" + "/".join(str(step) for step in self.steps)


def problems_of(schema: Any) -> Iterator[SchemaProblem]:
    """What is wrong with a schema; nothing when it can be used."""
    if not isinstance(schema, Mapping | bool):
        yield SchemaProblem("invalid-schema", "a schema is an object, or true or false")
        return
    dialect = _dialect_name(schema)
    if dialect not in _DIALECTS:
        known = ", ".join(_DIALECTS)
        yield SchemaProblem("invalid-schema", f"`$schema` is none of {known}", ("$schema",))
        return
    validator, _ = _DIALECTS[dialect]
    try:
        validator.check_schema(schema, format_checker=jsonschema.FormatChecker(formats=()))
    except SchemaError as error:
        yield SchemaProblem("invalid-schema", _schema_fault(error), tuple(error.absolute_path))
        return
    yield from _walk(schema, schema, ())


def _schema_fault(error: SchemaError) -> str:
    """What is wrong with a schema by its metaschema, in words that name the keyword."""
    keyword = next((step for step in reversed(error.absolute_path) if isinstance(step, str)), "the schema")
    if keyword == "type" and error.validator in ("anyOf", "enum"):
        return f"there is no type {json.dumps(error.instance)} in JSON Schema; there are {_TYPES}"
    if error.validator == "type":
        wanted = error.validator_value
        kinds = wanted if isinstance(wanted, list) else [wanted]
        return f"`{keyword}` must be of type {' or '.join(map(str, kinds))}"
    return f"`{keyword}`: {_shortened(error.message)}"


def validator_for(schema: Any) -> Any:
    """The validator of a schema without problems."""
    base, _ = _DIALECTS[_dialect_name(schema)]
    return _with_re2(base)(schema, format_checker=format_checker(), registry=Registry())


def first_violation(validator: Any, value: Any) -> str | None:
    """What is wrong with a value, one sentence with the pointer to it; None where nothing is.

    The first by place in the value, then by keyword, so that it does not depend on the order of the
    schema's keys.
    """
    errors: list[ValidationError] = list(validator.iter_errors(value))
    if not errors:
        return None
    first = min(errors, key=lambda error: ([str(step) for step in error.absolute_path], str(error.validator)))
    pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in first.absolute_path)
    return f"{_shortened(first.message)} (at {pointer or 'the top'})"


def _dialect_name(schema: Any) -> str:
    declared = schema.get("$schema", _DEFAULT) if isinstance(schema, Mapping) else _DEFAULT
    return str(declared).rstrip("#")


def _walk(node: Any, root: Any, steps: tuple[str | int, ...]) -> Iterator[SchemaProblem]:
    """The problems of every subschema that the metaschema does not see."""
    if isinstance(node, list):
        for index, child in enumerate(node):
            yield from _walk(child, root, (*steps, index))
    if not isinstance(node, Mapping):
        return
    if "unevaluatedProperties" in node and _uses(root, "patternProperties"):
        message = "`unevaluatedProperties` together with `patternProperties` is not supported"
        yield SchemaProblem("invalid-schema", message, (*steps, "unevaluatedProperties"))
    if "$id" in node and steps:
        yield SchemaProblem("invalid-schema", "only the whole schema may have an `$id`", (*steps, "$id"))
    for key, child in node.items():
        here = (*steps, key)
        if key in ("$ref", "$dynamicRef", "$recursiveRef") and isinstance(child, str):
            yield from _reference(child, root, here)
        elif key == "pattern" and isinstance(child, str):
            yield from _pattern(child, here)
        elif key == "format" and isinstance(child, str) and child not in FORMATS:
            message = f"the format `{child}` is not checked"
            yield SchemaProblem("invalid-schema", message, here, Severity.WARNING)
        elif key in _NAMED and isinstance(child, Mapping):
            for name, schema in child.items():
                if key == "patternProperties":
                    yield from _pattern(name, (*here, name))
                yield from _walk(schema, root, (*here, name))
        elif key not in _DATA:
            yield from _walk(child, root, here)


def _uses(node: Any, keyword: str) -> bool:
    if isinstance(node, Mapping):
        return keyword in node or any(_uses(child, keyword) for child in node.values())
    return isinstance(node, list) and any(_uses(child, keyword) for child in node)


def _pattern(pattern: str, steps: tuple[str | int, ...]) -> Iterator[SchemaProblem]:
    try:
        compile_pattern(pattern)
    except BadPattern as error:
        yield SchemaProblem("invalid-regex", str(error), steps)


def _reference(reference: str, root: Any, steps: tuple[str | int, ...]) -> Iterator[SchemaProblem]:
    if not reference.startswith("#"):
        message = f"`{reference}` leads out of the schema; nothing is fetched"
        yield SchemaProblem("invalid-schema", message, steps)
        return
    _, specification = _DIALECTS[_dialect_name(root)]
    resource = specification.create_resource(root)
    base = resource.id() or ""
    try:
        Registry().with_resource(base, resource).resolver(base).lookup(reference)
    except Unresolvable:
        yield SchemaProblem("invalid-schema", f"`{reference}` leads nowhere", steps)


@lru_cache
def _with_re2(base: Any) -> Any:
    return extend(  # type: ignore[no-untyped-call]  # jsonschema leaves it without annotations
        base,
        {
            "pattern": _check_pattern,
            "patternProperties": _check_pattern_properties,
            "additionalProperties": _check_additional_properties,
            "uniqueItems": _check_unique_items,
        },
    )


_compiled = lru_cache(maxsize=1000)(compile_pattern)


def _check_pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "string") and _compiled(pattern).search(searchable(instance)) is None:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _check_unique_items(
    validator: Any, unique: bool, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    """As jsonschema does it, without comparing each item with every other."""
    if unique and validator.is_type(instance, "array"):
        seen = {json.dumps(_numbers_alike(item), sort_keys=True) for item in instance}
        if len(seen) < len(instance):
            yield ValidationError(f"{instance!r} has non-unique elements")


def _numbers_alike(value: Any) -> Any:
    """A JSON tree in which equal numbers are written alike: 1.0 is 1."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_numbers_alike(part) for part in value]
    if isinstance(value, dict):
        return {key: _numbers_alike(part) for key, part in value.items()}
    return value


def _check_pattern_properties(
    validator: Any, patterns: Mapping[str, Any], instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    for pattern, subschema in patterns.items():
        for name, value in instance.items():
            if _compiled(pattern).search(searchable(name)) is not None:
                yield from validator.descend(value, subschema, path=name, schema_path=pattern)


def _check_additional_properties(
    validator: Any, allowed: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    extra = [
        name
        for name in instance
        if name not in known and not any(_compiled(pattern).search(name) for pattern in patterns)
    ]
    if allowed is False:
        if extra:
            names = ", ".join(repr(name) for name in sorted(extra))
            yield ValidationError(f"additional properties are not allowed: {names}")
    else:
        for name in extra:
            yield from validator.descend(instance[name], allowed, path=name)


def _shortened(message: str) -> str:
    return message if len(message) <= _LONGEST else message[: _LONGEST - 1] + "…"
