"""Whatever schema is asked for, what the embedded models fill in follows it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from evalspec.models.embedded.echo import echo
from evalspec.models.embedded.filling import fill
from evalspec.models.embedded.overlap import Overlap

bounds = st.tuples(st.integers(-50, 50), st.integers(0, 50)).map(lambda pair: (pair[0], pair[0] + pair[1]))
names = st.text(alphabet="abcde", min_size=1, max_size=3)


def bounded(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    return bounds.map(lambda pair: {"type": kind, "minimum": pair[0], "maximum": pair[1]})


leaves = st.one_of(
    bounded("integer"),
    bounded("number"),
    st.sampled_from(
        [{"type": "boolean"}, {"type": "null"}, {"type": ["string", "null"]}, {}, {"const": {"a": [1]}}]
    ),
    st.lists(st.one_of(st.text(), st.integers(), st.booleans(), st.none()), min_size=1).map(
        lambda e: {"enum": e}
    ),
    st.tuples(st.integers(0, 9), st.integers(0, 9)).map(
        lambda pair: {"type": "string", "minLength": pair[0], "maxLength": sum(pair)}
    ),
)


def objects(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(names, inner, max_size=4).flatmap(
        lambda properties: st.sets(st.sampled_from(sorted(properties) or ["none"])).map(
            lambda required: {
                "type": "object",
                "properties": properties,
                "required": sorted(required & properties.keys()),
                "additionalProperties": False,
            }
        )
    )


def arrays(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(inner, st.integers(0, 3), st.integers(0, 3)).map(
        lambda parts: {
            "type": "array",
            "items": parts[0],
            "minItems": parts[1],
            "maxItems": parts[1] + parts[2],
        }
    )


schemas = st.recursive(
    leaves,
    lambda inner: st.one_of(
        objects(inner),
        arrays(inner),
        st.lists(inner, min_size=1, max_size=2).map(lambda some: {"anyOf": some}),
    ),
    max_leaves=8,
)


@given(schemas, st.text())
def test_echo_follows_every_schema(schema: dict[str, Any], text: str) -> None:
    filled = echo(text, schema)
    assert Draft202012Validator(schema).is_valid(filled)
    assert echo(text, schema) == filled


@given(schemas, st.floats(0, 1))
def test_overlap_follows_every_schema(schema: dict[str, Any], f1: float) -> None:
    assert Draft202012Validator(schema).is_valid(fill(schema, Overlap(f1, "input")))


@given(
    st.integers(-20, 20), st.integers(0, 40), st.sampled_from([2, 3, 0.5]), st.text(alphabet="0123456789.- ")
)
def test_multiples_stay_within_bounds(low: int, width: int, step: float, text: str) -> None:
    schema = {"type": "number", "minimum": low * step, "maximum": (low + width) * step, "multipleOf": step}
    assert Draft202012Validator(schema).is_valid(echo(text, schema))


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_greater_overlap_is_never_rated_lower(one: float, other: float) -> None:
    low, high = sorted((one, other))
    ranks = ["worst", "poor", "fair", "best"]
    schemas: list[dict[str, Any]] = [
        {"enum": ranks},
        {"type": "integer", "minimum": 1, "maximum": 5},
        {"type": "number"},
    ]
    for schema in schemas:
        worse, better = (fill(schema, Overlap(f1, "input")) for f1 in (low, high))
        order = ranks.index if "enum" in schema else float
        assert order(worse) <= order(better)
