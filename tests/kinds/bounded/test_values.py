"""Values come back from a worker as they went there."""

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalspec.kinds.bounded import Limits, WorkFailed
from evalspec.kinds.bounded.wire import BadAnswer, dump_answer, dump_arguments, load_answer, load_arguments
from tests.kinds.bounded.calls import call

TEXTS = st.text(st.characters(codec=None, exclude_categories=()))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same types, and the same NaN and the same zero."""
    return repr(one) == repr(other)


@given(VALUES)
def test_answers_survive(value: Any) -> None:
    assert same(load_answer(*dump_answer({"value": value})), {"value": value})


@given(st.lists(VALUES))
def test_arguments_survive(values: list[Any]) -> None:
    assert same(load_arguments(dump_arguments(values, 1_000_000)), values)


@given(st.binary(), st.binary(min_size=16, max_size=16))
def test_whatever_a_worker_sends_is_read_or_refused(body: bytes, marker: bytes) -> None:
    try:
        answer = load_answer(marker, body)
    except BadAnswer:
        return
    assert len(answer) == 1


@pytest.mark.parametrize("body", [b"[" * 100_000, b"9" * 10_000, b'{"value":{"abcdefghabcdefgh":1}}', b"[1]"])
def test_answers_that_are_none(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        load_answer(b"abcdefghabcdefgh", body)


def test_arguments_hold_no_code() -> None:
    for value in (object(), print, re.compile("x"), Limits()):
        with pytest.raises(TypeError, match="JSON-like"):
            dump_arguments([value], 1_000)


@pytest.mark.usefixtures("pool")
async def test_values_go_there_and_back() -> None:
    for value in [
        "\ud800 alone, \udc00\ud800 swapped, \ud83d\ude00 two that would make a pair",
        "\U0001f600 é \u2028",
        "".join(map(chr, range(0x20))) + '\x7f\x80\x9f"\\',
        bytes(range(256)),
        {"": b"", "deep": [{"b": b"x"}, [b"y", "y"]]},
        {"\ud800": "\x00"},
        [True, False, None, 0, -1, 2**200, 0.1, 1e308, 5e-324],
        {},
        [],
        "",
    ]:
        assert same(await call("echo", value), value)


@pytest.mark.usefixtures("pool")
async def test_numbers_that_json_has_no_words_for() -> None:
    answer = await call("special")
    assert math.isnan(answer["nan"])
    assert answer["inf"] == [math.inf, -math.inf]
    assert math.copysign(1, answer["zero"]) == -1


@pytest.mark.usefixtures("pool")
async def test_data_cannot_look_like_bytes() -> None:
    disguise = {"0" * 16: "aGVsbG8=", "bytes": "aGVsbG8=", "\0" * 16: "aGVsbG8="}
    for key, value in disguise.items():
        answer = await call("answer_with_shape", {key: value}, b"real")
        assert answer == {"tree": {key: value}, "blobs": [b"real", b"real"], key: value}
        assert await call("echo", {key: value}) == {key: value}


@pytest.mark.usefixtures("pool")
async def test_ten_megabytes_there_and_back() -> None:
    text = "é\ud800" * 2_000_000
    assert await call("echo", text, limits=Limits(bytes=11_000_000, seconds=60)) == text
    assert await call("echo", "next") == "next"


@pytest.mark.usefixtures("pool")
async def test_tuples_become_lists_and_other_objects_fail() -> None:
    assert await call("echo_all", (1, (2, "x"))) == [[1, [2, "x"]]]
    with pytest.raises(WorkFailed, match="JSON-like values, not object") as failed:
        await call("an_object")
    assert failed.value.type == "TypeError"
    with pytest.raises(TypeError, match="JSON-like values, not object"):
        await call("echo", object())
