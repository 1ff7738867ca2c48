import enum
import hashlib
import math
from collections import OrderedDict
from types import MappingProxyType
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from evalspec.plan.canonical import (
    MAX_DEPTH,
    MAX_INTEGER,
    NotCanonical,
    canonical_json,
    digest,
    digest_bytes,
    digest_sequence,
    is_digest,
    short,
    streaming_digest,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
# Characters around the surrogates, where the order by code point differs from that by UTF-16 unit.
KEYS = TEXT | st.text(st.sampled_from("az\ud7ff\ue000\uffff\U00010000\U0010ffff"), max_size=3)
FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.floats(-1e17, 1e17) | st.floats(-1e-3, 1e-3)
LEAVES = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | FLOATS | TEXT
TREES = st.recursive(
    LEAVES, lambda t: st.lists(t, max_size=5) | st.dictionaries(KEYS, t, max_size=5), max_leaves=20
)


@given(TREES)
def test_equals_the_reference(tree: Any) -> None:
    assert canonical_json(tree) == rfc8785.dumps(tree)


@given(TREES)
def test_does_not_depend_on_the_order_of_keys(tree: Any) -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(child) for key, child in reversed(value.items())}
        return [turned(child) for child in value] if isinstance(value, list) else value

    assert canonical_json(turned(tree)) == canonical_json(tree)


def test_both_ways_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []

    def dumps(value: object) -> bytes:
        calls.append(value)
        return b"slow"

    monkeypatch.setattr(rfc8785, "dumps", dumps)
    assert canonical_json({"a": [1, "ä", 0.25, None, True, 1.0]}) == '{"a":[1,"ä",0.25,null,true,1]}'.encode()
    assert calls == []
    assert canonical_json(1e300) == b"slow"
    assert calls == [1e300]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.0, b"1"),
        (-0.0, b"0"),
        (1e21, b"1e+21"),
        (1e20, b"100000000000000000000"),
        (1e-7, b"1e-7"),
        (0.000001, b"0.000001"),
        (MAX_INTEGER, b"9007199254740991"),
        (float(2**53), b"9007199254740992"),
        ('\x00\x1f"\\/\x7f\u2028é', b'"\\u0000\\u001f\\"\\\\/\x7f\xe2\x80\xa8\xc3\xa9"'),
        ({"\U00010000": 1, "\uffff": 2}, '{"\U00010000":1,"\uffff":2}'.encode()),
        ((1, (2,)), b"[1,[2]]"),
        (OrderedDict(b=1, a=2), b'{"a":2,"b":1}'),
        (MappingProxyType({"b": 1, "a": 2}), b'{"a":2,"b":1}'),
        (enum.StrEnum("Colour", {"RED": "red"}).RED, b'"red"'),  # type: ignore[attr-defined]  # made on the fly
        (enum.IntEnum("Level", {"LOW": 1}).LOW, b"1"),  # type: ignore[attr-defined]  # made on the fly
        ({}, b"{}"),
        ([], b"[]"),
    ],
)
def test_forms(value: Any, expected: bytes) -> None:
    assert canonical_json(value) == expected


def test_a_number_has_one_form_and_one_digest() -> None:
    assert digest("item", {"a": 1}) == digest("item", {"a": 1.0})


def nested(depth: int, opener: Any) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = opener(value)
    return value


LOOP: list[Any] = []
LOOP.extend([LOOP, LOOP])


@pytest.mark.parametrize(
    ("value", "pointer", "words"),
    [
        (MAX_INTEGER + 1, "", "2^53-1"),
        (-MAX_INTEGER - 1, "", "2^53-1"),
        ({"a": [0, 10**400]}, "/a/1", "2^53-1"),
        ({"a/b": {"~": math.nan}}, "/a~1b/~0", "NaN"),
        ([1, math.inf], "/1", "infinities"),
        ([1, "\ud800"], "/1", "surrogate"),
        ({"x": {"\udfff": 1}}, "/x", "surrogate"),
        ({"x": {1: 1}}, "/x", "int"),
        ({"x": {None: 1}}, "/x", "NoneType"),
        ([b"bytes"], "/0", "bytes"),
        ([{1, 2}], "/0", "set"),
        (nested(MAX_DEPTH + 1, lambda v: [v]), "/0" * MAX_DEPTH, "nested"),
        (nested(100_000, lambda v: {"a": v}), "/a" * MAX_DEPTH, "nested"),
        (LOOP, "/0" * MAX_DEPTH, "nested"),
    ],
)
def test_refuses(value: Any, pointer: str, words: str) -> None:
    with pytest.raises(NotCanonical) as caught:
        canonical_json(value)
    assert caught.value.pointer == pointer
    assert words in caught.value.message
    assert caught.value.message.endswith(".")


def test_the_deepest_allowed_is_allowed() -> None:
    assert canonical_json(nested(MAX_DEPTH, lambda v: [v])) == b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH
    assert canonical_json(nested(MAX_DEPTH, lambda v: (1.0, v))).endswith(b"]" * MAX_DEPTH)


def test_digests_are_built_as_documented() -> None:
    def sha256(data: bytes) -> str:
        return "sha256:" + hashlib.sha256(data).hexdigest()

    assert digest("item", {"b": 1, "a": "x"}) == sha256(b'evalspec:item\n{"a":"x","b":1}')
    assert digest_bytes("file", b"\x00\xff") == sha256(b"evalspec:file\n\x00\xff")
    assert digest_sequence("items", iter(["a", "b\n", ""])) == sha256(b'evalspec:items\n"a"\n"b\\n"\n""\n')
    assert digest_sequence("items", []) == sha256(b"evalspec:items\n")


def test_digests_that_must_never_change() -> None:
    assert digest("item", {"id": "a", "input": {"n": 1.5}, "expected_output": None}) == (
        "sha256:d952f46151c8bd1edcfb8b0863d4772ec54bb3d0ca8a427596a8290cb6f1f1b8"
    )


def test_pieces_give_the_digest_of_the_whole() -> None:
    update, result = streaming_digest("file")
    update(b"ab")
    update(b"c")
    assert result() == digest_bytes("file", b"abc")


def test_domains_separate() -> None:
    assert digest("a", 1) != digest("b", 1)
    assert digest("a", 1) == digest("a", 1)
    for bad in ("", "A", "a b", "a\n", "\n"):
        with pytest.raises(ValueError, match="digest domain"):
            digest(bad, 1)


def test_sequences_tell_where_the_text_is_wrong() -> None:
    with pytest.raises(NotCanonical) as caught:
        digest_sequence("items", ["a", "\ud800"])
    assert caught.value.pointer == "/1"


@given(st.lists(TEXT), st.lists(TEXT))
def test_sequences_have_the_digest_of_their_strings_in_order(left: list[str], right: list[str]) -> None:
    assert (digest_sequence("s", left) == digest_sequence("s", right)) == (left == right)


def test_is_digest_and_short() -> None:
    text = digest("item", 1)
    assert is_digest(text)
    assert short(text) == text[7:19]
    assert len(short(text, 8)) == 8
    for bad in ("", text[7:], text + "0", text.upper(), text + "\n", "md5:" + text[7:]):
        assert not is_digest(bad)
