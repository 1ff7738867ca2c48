"""The published schema and the compiler refuse the same structures."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator

from evalspec.compiler.references import check_references
from evalspec.compiler.reporting import Reporter
from evalspec.compiler.structure import read_spec
from evalspec.diagnostics import Severity
from evalspec.schema.build import spec_schema
from evalspec.source.load import load_document, parse_document
from tests.support.editing import MISTAKES, PLAIN, ROOT, VARIANTS, quickstart
from tests.support.spec_trees import BASE, VALID

Json = dict[str, Any]
Where = tuple[str | int, ...]

SPEC_SCHEMA = spec_schema()
SCHEMA = Draft7Validator(SPEC_SCHEMA)
GONE = object()
OPEN = frozenset({"answer", "arguments", "definitions", "metadata", "parameters", "schema"})
"""Tables that hold anything."""
VALUES: tuple[Any, ...] = (
    *(GONE, None, True, 0, -1, 3, 101, 1.5, 2.0),
    *("", "x", "30s", "5 sec", "0s"),
    *([], ["x"], [1], {}, {"x": 1}, {"x": "y"}),
)
KEYED = ("models", "prompts", "scores", "evaluators", "aggregates", "gates")


def refusals(tree: Json) -> set[str]:
    """The codes of the errors of structure that the compiler finds."""
    document, faults = parse_document(json.dumps(tree), path="spec.json", format="json")
    assert document is not None
    reporter = Reporter(document, faults)
    spec = read_spec(reporter)
    codes = {item.code for item in reporter.diagnostics if item.severity is Severity.ERROR}
    if spec is not None and not codes:
        check_references(reporter, spec)
        codes = {item.code for item in reporter.diagnostics} & {"no-evaluators"}
    return codes


def follows_schema(tree: Json, section: str | int) -> bool:
    """Whether a tree of which only one section was changed follows the schema."""
    if section not in tree:
        return SCHEMA.is_valid(tree)
    return SCHEMA.evolve(schema=SPEC_SCHEMA["properties"][section]).is_valid(tree[str(section)])


def only_the_compiler_can_tell(value: Any, where: Where, codes: set[str]) -> bool:
    """What JSON Schema has no words for, or none that an editor would show well."""
    return (
        # A JSON Schema's integer may be written 2.0; the language tells them apart as TOML does.
        (value == 2.0 and codes == {"wrong-type"})
        # Its pattern holds the form of a time, not its size.
        or (value == "0s" and codes == {"out-of-range"})
        # Some tables are open, and JSON, unlike TOML, could write a null in them.
        or (value is None and codes == {"null-value"} and not OPEN.isdisjoint(where))
    )


def places(value: Any, where: Where = ()) -> Iterator[tuple[Where, Any]]:
    yield where, value
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(part, (*where, key))


def changed(tree: Json, where: Where, value: Any) -> Json:
    tree = copy.deepcopy(tree)
    owner: Any = tree
    for key in where[:-1]:
        owner = owner[key]
    if value is GONE:
        del owner[where[-1]]
    else:
        owner[where[-1]] = value
    return tree


def changes(tree: Json) -> Iterator[tuple[Json, Where, Any]]:
    """Every key gone, every value another, a key too many and a key that is no name in every table.

    Each section is changed alone, and one that is keyed by name table by table.
    """
    for section, value in tree.items():
        if value == BASE.get(section) and tree is not VALID["head"]:
            continue
        if section not in KEYED:
            yield from _changes({**BASE, section: value}, (section,), value)
        else:
            yield from (({**BASE, section: value}, (section,), other) for other in VALUES)
            for key, table in value.items():
                yield from _changes({**BASE, section: {key: table}}, (section, key), table)


def _changes(tree: Json, start: Where, value: Any) -> Iterator[tuple[Json, Where, Any]]:
    for where, part in places(value, start):
        yield from ((tree, where, other) for other in VALUES)
        if isinstance(part, dict):
            yield tree, (*where, "unknown"), "x"
            yield tree, (*where, "a b"), next(iter(part.values()), "x")


def test_the_specs_of_the_repository_follow_the_schema() -> None:
    specs = [*ROOT.glob("specs/*/*.evalspec.toml"), *ROOT.glob("specs/*/*.evalspec.json")]
    assert len(specs) >= 2
    for path in specs:
        document, faults = load_document(path)
        assert document is not None
        assert faults == ()
        assert SCHEMA.is_valid(document.value), path


@pytest.mark.parametrize("name", VALID)
def test_a_sound_spec_follows_the_schema(name: str) -> None:
    assert refusals(VALID[name]) == set()
    assert [error.message for error in SCHEMA.iter_errors(VALID[name])] == []


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_to_both(name: str) -> None:
    tree = quickstart()
    MISTAKES[name].make(tree)
    assert refusals(tree)
    assert not SCHEMA.is_valid(tree)


@pytest.mark.parametrize("name", VALID)
def test_a_changed_spec_is_sound_or_wrong_to_both(name: str) -> None:
    refused = accepted = 0
    for tree, where, value in changes(VALID[name]):
        other = changed(tree, where, value)
        codes = refusals(other)
        refused, accepted = refused + bool(codes), accepted + (not codes)
        if follows_schema(other, where[0]) == bool(codes):
            assert only_the_compiler_can_tell(value, where, codes), (where, value, codes)
    assert refused > 0 < accepted


def test_the_sound_specs_use_every_field() -> None:
    for variant in VARIANTS.values():
        section = variant.pointer.split("/")[1]
        tables = [table for tree in VALID.values() for table in _tables(tree, section)]
        for kind in variant.models:
            assert any(table[variant.tag] == kind for table in tables), kind
        fields = {field for model in variant.models.values() for field in model.model_fields}
        assert {field for table in tables for field in table} == fields, section
    for pointer, model in PLAIN.items():
        section = pointer.split("/")[1]
        used = {field for tree in VALID.values() for table in _tables(tree, section) for field in table}
        assert used == set(model.model_fields), section


def _tables(tree: Json, section: str) -> list[Json]:
    found = tree.get(section, {})
    return list(found.values()) if section in KEYED else [found]
