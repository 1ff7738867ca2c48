"""The rules that editors put on the published schemas."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from evalspec.datasets import DATASETS
from evalspec.evaluators import EVALUATORS
from evalspec.schema.build import SCHEMAS, spec_schema
from evalspec.spec.aggregates import AGGREGATES
from evalspec.tasks import TASKS

Json = dict[str, Any]

SCHEMA_FOLDER = Path(__file__).parents[2] / "schemas"
NEITHER_DRAFT_SHARES = {
    "prefixItems",
    "unevaluatedProperties",
    "unevaluatedItems",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "$dynamicRef",
    "$dynamicAnchor",
    "$recursiveRef",
    "$anchor",
    "$defs",
    "minContains",
    "maxContains",
    "additionalItems",
    "discriminator",
    "nullable",
}
"""Keywords that one of draft-07 and 2020-12 lacks or reads otherwise, and what is no keyword of either."""

each_schema = pytest.mark.parametrize("name", SCHEMAS)


def built(name: str) -> Json:
    return SCHEMAS[name]()


def places(schema: Any, at: str = "#") -> Iterator[tuple[str, Json]]:
    """Every object schema with its place; values and names of properties are not schemas."""
    if not isinstance(schema, dict):
        return
    yield at, schema
    for key, value in schema.items():
        if key in ("properties", "definitions", "patternProperties"):
            for name, part in value.items():
                yield from places(part, f"{at}/{key}/{name}")
        elif key in ("oneOf", "anyOf", "allOf"):
            for index, part in enumerate(value):
                yield from places(part, f"{at}/{key}/{index}")
        elif key in (
            "items",
            "additionalProperties",
            "propertyNames",
            "if",
            "then",
            "else",
            "not",
            "contains",
        ):
            yield from places(value, f"{at}/{key}")


def breaking(name: str, broken: Callable[[Json], bool]) -> list[str]:
    return [at for at, schema in places(built(name)) if broken(schema)]


@each_schema
def test_the_schemas_are_valid_draft_07_and_written_down(name: str) -> None:
    schema = built(name)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(schema)
    assert json.loads((SCHEMA_FOLDER / name).read_text(encoding="utf-8")) == schema


@each_schema
def test_the_schemas_stay_where_drafts_agree(name: str) -> None:
    assert breaking(name, lambda schema: bool(schema.keys() & NEITHER_DRAFT_SHARES)) == []
    assert breaking(name, lambda schema: isinstance(schema.get("items"), list)) == []


@each_schema
def test_the_schemas_are_self_contained_and_versioned(name: str) -> None:
    ids = {built(name)["$id"] for name in SCHEMAS}
    assert len(ids) == len(SCHEMAS)
    assert all(re.fullmatch(r"urn:evalspec:schema:[a-z]+:v1", schema_id) for schema_id in ids)
    schema = built(name)
    targets = [part["$ref"] for _, part in places(schema) if "$ref" in part]
    assert all(target.removeprefix("#/definitions/") in schema["definitions"] for target in targets)


@each_schema
def test_nothing_stands_beside_a_reference(name: str) -> None:
    assert breaking(name, lambda schema: "$ref" in schema and len(schema) > 1) == []


@each_schema
def test_there_is_no_null_and_no_union_but_a_list_of_types(name: str) -> None:
    assert breaking(name, lambda schema: "anyOf" in schema or "allOf" in schema) == []
    assert breaking(name, lambda schema: "null" in [schema.get("type"), *_list(schema.get("type"))]) == []


@each_schema
def test_only_the_root_has_a_title(name: str) -> None:
    assert breaking(name, lambda schema: "title" in schema) == ["#"]


@each_schema
def test_every_property_has_a_description_and_a_known_kind(name: str) -> None:
    undescribed = [
        f"{at}/{key}"
        for at, schema in places(built(name))
        for key, part in schema.get("properties", {}).items()
        # The properties of a condition describe nothing: they test.
        if not part.get("description") and not re.search(r"/(if|else|not)$", at)
    ]
    assert undescribed == []


@each_schema
def test_defaults_and_examples_are_values_one_may_write(name: str) -> None:
    whole = built(name)
    # References count from the top.
    top = {"definitions": whole.get("definitions", {})}
    for at, schema in places(whole):
        for value in [*schema.get("examples", []), *([schema["default"]] if "default" in schema else [])]:
            assert Draft7Validator({**top, **schema}).is_valid(value), at
        assert schema.get("default", ...) not in (None, [], {}), at


@each_schema
def test_patterns_are_understood_by_every_engine(name: str) -> None:
    # Tombi's engine has no look-around; ECMA-262 has no named groups as Python writes them, \A, \Z, flags.
    for at, schema in places(built(name)):
        if "pattern" in schema:
            assert not re.search(r"\(\?|\\[AZzGh]|\[\^?\]|[*+?}]\+", schema["pattern"]), at
            assert schema["pattern"].startswith("^"), at
            assert schema["pattern"].endswith("$"), at
            re.compile(schema["pattern"])


@each_schema
def test_objects_say_whether_they_are_closed(name: str) -> None:
    assert breaking(name, lambda part: "object" in _list(part.get("type")) and not _says(part)) == []


def test_whatever_may_be_any_value_may_have_any_keys() -> None:
    anything = [
        (at, schema)
        for at, schema in places(spec_schema())
        if "description" in schema and not schema.keys() & {"type", "enum", "const", "oneOf"}
    ]
    assert {at.rpartition("/")[2] for at, _ in anything} >= {"input", "expected_output", "metadata"}
    assert [at for at, schema in anything if schema.get("additionalProperties") is not True] == []


def test_quoted_times_are_allowed() -> None:
    schema = spec_schema()
    formats = {part["format"] for _, part in places(schema) if "format" in part}
    assert formats
    assert formats <= set(schema["x-tombi-string-formats"])


def test_the_keys_of_a_spec_are_known() -> None:
    schema = spec_schema()
    assert schema["additionalProperties"] is False
    assert "$schema" in schema["properties"]
    assert set(schema["required"]) == {"evalspec", "name", "dataset", "task", "evaluators"}


VARIANTS: dict[str, tuple[str, str, list[str]]] = {
    "dataset": ("type", "dataset", list(DATASETS)),
    "task": ("type", "task", list(TASKS)),
    "evaluator": ("type", "evaluators", list(EVALUATORS)),
    "aggregate": ("function", "aggregates", list(AGGREGATES)),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_is_closed_branches_beside_a_chain(name: str) -> None:
    tag, section, kinds = VARIANTS[name]
    schema = spec_schema()
    variant = schema["properties"][section]
    variant = variant.get("additionalProperties", variant)
    branches = [part["$ref"].removeprefix("#/definitions/") for part in variant["oneOf"]]
    assert branches == [*(f"{name}.{kind}" for kind in kinds), f"{name}.unknown"]
    for kind in kinds:
        branch = schema["definitions"][f"{name}.{kind}"]
        assert branch["additionalProperties"] is False
        assert branch["required"] == [tag]
        assert branch["properties"][tag]["const"] == kind
        assert branch["properties"][tag]["description"] == branch["description"]
    link, seen = variant, []
    while "if" in link:
        condition = link["if"]
        assert condition["required"] == [tag]
        if "pattern" in condition["properties"][tag]:
            # Plug-ins, which come last: what they hold only they know.
            assert link["then"] == {"type": "object", "additionalProperties": True}
            link = link["else"]
            break
        kind = condition["properties"][tag]["const"]
        seen.append(kind)
        assert link["then"]["required"][0] == tag
        assert set(link["then"]["required"]) <= set(schema["definitions"][f"{name}.{kind}"]["properties"])
        for part in (condition, link["then"], link["else"]):
            assert part["type"] == "object"
            assert part["additionalProperties"] is True
        link = link["else"]
    assert seen == kinds
    assert link["properties"][tag]["enum"] == kinds
    assert all(f"`{kind}`" in link["properties"][tag]["errorMessage"] for kind in kinds)


def test_enumerations_have_docs_for_both_who_show_them() -> None:
    enumerations = [
        (at, part) for at, part in places(spec_schema()) if "enum" in part and "description" in part
    ]
    assert {at.rpartition("/")[2] for at, _ in enumerations} >= {"data_type", "direction", "match", "format"}
    for at, part in enumerations:
        assert len(part["markdownEnumDescriptions"]) == len(part["enum"]), at
        assert part["x-taplo"]["docs"]["enumValues"] == part["markdownEnumDescriptions"], at


def test_descriptions_with_code_are_markdown_too() -> None:
    for at, part in places(spec_schema()):
        if "`" in part.get("description", "") and not at.endswith("/unknown"):
            assert part.get("markdownDescription"), at


def test_a_kind_shows_its_example() -> None:
    branch = spec_schema()["definitions"]["evaluator.levenshtein"]
    assert '```toml\n[evaluators.close]\ntype = "levenshtein"\n' in branch["markdownDescription"]
    assert "```" not in branch["description"]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _says(part: Json) -> bool:
    return "additionalProperties" in part
