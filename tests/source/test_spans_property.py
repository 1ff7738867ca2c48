"""Over random trees in random layouts: every part has a place, and the text there is that part."""

import json
import tomllib
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalspec.source import parse_document
from evalspec.source.document import Document
from evalspec.source.json_places import json_places
from evalspec.source.places import pointers
from evalspec.source.pointers import get, split, walk
from evalspec.source.toml_places import toml_places
from tests.source.texts import JsonWriter, TomlWriter, cut, toml_piece

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.text(
    "ab\"'\\\n\t é漢😀~/.#", max_size=10
)
SCALARS = (
    st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=15,
)
TABLES = st.dictionaries(TEXTS, TREES, max_size=5)
SEEDS = st.integers(0, 2**32)
MANY = settings(max_examples=150, deadline=None)


def _read(text: str, syntax: Any) -> Document:
    document, faults = parse_document(text, path="spec", format=syntax)
    assert faults == ()
    assert document is not None
    return document


def _check_text(document: Document) -> None:
    parse = _toml_value if document.format == "toml" else json.loads
    for pointer, value in walk(document.value):
        assert cut(document.text, document.value_span(pointer)) == document.raw(pointer)
        if isinstance(value, str | int | float):
            assert parse(document.raw(pointer)) == value
        key = document.key_span(pointer)
        if key is not None:
            written = cut(document.text, key)
            name = split(pointer)[-1]
            assert (_toml_key(written) if document.format == "toml" else json.loads(written)) == name


def _toml_value(raw: str) -> Any:
    return tomllib.loads(f"x = {raw}")["x"]


def _toml_key(raw: str) -> str:
    return next(iter(tomllib.loads(f"{raw} = 0")))


@MANY
@given(TABLES, SEEDS)
def test_toml_places_are_those_of_the_value(tree: dict[str, Any], seed: int) -> None:
    text = TomlWriter(Random(seed)).write(tree)
    document = _read(text, "toml")
    assert document.value == tree
    root, repeats, understood = toml_places(text.encode())
    assert understood
    assert repeats == ()
    assert set(pointers(root)) == set(document.pointers()) == {pointer for pointer, _ in walk(tree)}
    _check_text(document)


@MANY
@given(TABLES, SEEDS)
def test_json_places_are_those_of_the_value(tree: dict[str, Any], seed: int) -> None:
    text = JsonWriter(Random(seed)).write(tree)
    document = _read(text, "json")
    assert document.value == tree
    root, repeats, understood = json_places(text.encode())
    assert understood
    assert repeats == ()
    assert set(pointers(root)) == set(document.pointers())
    _check_text(document)


@MANY
@given(TABLES, SEEDS)
def test_every_named_part_has_its_key(tree: dict[str, Any], seed: int) -> None:
    toml = _read(TomlWriter(Random(seed)).write(tree), "toml")
    for pointer, _ in walk(tree):
        parent = pointer.rpartition("/")[0]
        named = pointer != "" and isinstance(get(tree, parent), dict)
        assert (toml.key_span(pointer) is not None) == named


@pytest.mark.parametrize("syntax", ["toml", "json"])
@MANY
@given(text=TEXTS, seed=SEEDS)
def test_every_character_of_a_string_is_found(syntax: Any, text: str, seed: int) -> None:
    random = Random(seed)
    tree = {"before": "é😀", "text": text}
    document = _read((TomlWriter if syntax == "toml" else JsonWriter)(random).write(tree), syntax)
    quote = document.raw("/text")[0]
    for offset, character in enumerate(text):
        piece = cut(document.text, document.string_span("/text", offset))
        meant = toml_piece(piece, quote) if syntax == "toml" else json.loads(f'"{piece}"')
        assert meant == character
    end = document.string_span("/text", len(text))
    assert end.start == end.end
    assert cut(document.text, document.value_span("/text")).endswith(quote)


@MANY
@given(st.binary(max_size=60) | TEXTS.map(str.encode), st.sampled_from(["toml", "json"]))
def test_no_bytes_raise(content: bytes, syntax: Any) -> None:
    document, faults = parse_document(content, path="spec", format=syntax)
    assert document is not None or faults


@MANY
@given(TABLES, SEEDS, st.sampled_from(["toml", "json"]), st.data())
def test_no_damage_raises(tree: dict[str, Any], seed: int, syntax: Any, data: st.DataObject) -> None:
    text = (TomlWriter if syntax == "toml" else JsonWriter)(Random(seed)).write(tree)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 6)))
    junk = data.draw(
        st.sampled_from(["", "[", "]", "{", "=", '"', "'", '"""', "\\", "\n", "a.b = 1\n", "[a]\n", "\x00"])
    )
    damaged = text[:start] + junk + text[end:]
    document, faults = parse_document(damaged, path="spec", format=syntax)
    lines = damaged.removeprefix("\ufeff").split("\n")
    for fault in faults:
        assert fault.span is not None
        assert 1 <= fault.span.start.line <= len(lines)
        assert 1 <= fault.span.start.column <= len(lines[fault.span.start.line - 1]) + 1
        assert fault.span.end >= fault.span.start
    assert document is not None or faults
    if document is not None:
        for pointer in document.pointers():
            document.value_span(pointer)
            document.key_span(pointer)
