import math
from collections import OrderedDict, deque, namedtuple
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from evalspec.kinds import json_tree
from evalspec.kinds.json_tree import NotJson, fresh, fresh_item, to_json
from evalspec.plan.canonical import canonical_json
from evalspec.plan.values import Item


class Tone(StrEnum):
    POLITE = "polite"


class Level(IntEnum):
    HIGH = 3


class Colour(Enum):
    RED = ("r", 1)


@dataclass
class Answer:
    text: str
    sources: tuple[str, ...]


@dataclass(slots=True)
class Slotted:
    answer: Answer


class Model(BaseModel):
    when: datetime
    answer: Answer


Pair = namedtuple("Pair", "left right")


class Scalar:
    """Quacks like a numpy scalar."""

    dtype = "float32"

    def __init__(self, value: Any) -> None:
        self.value = value

    def tolist(self) -> Any:
        return self.value


@pytest.mark.parametrize(
    ("value", "tree"),
    [
        ((1, (2,)), [1, [2]]),
        ({"b", "a", "é"}, ["a", "b", "é"]),
        (frozenset({2, 10, 1}), [1, 10, 2]),
        (deque([1]), [1]),
        (OrderedDict(a=1), {"a": 1}),
        (Pair(1, "x"), {"left": 1, "right": "x"}),
        (Tone.POLITE, "polite"),
        (Level.HIGH, 3),
        (Colour.RED, ["r", 1]),
        ({Tone.POLITE: 1}, {"polite": 1}),
        (Answer("a", ("b",)), {"text": "a", "sources": ["b"]}),
        ([Slotted(Answer("a", ()))], [{"answer": {"text": "a", "sources": []}}]),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (date(2026, 1, 2), "2026-01-02"),
        (time(3, 4), "03:04:00"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (PurePosixPath("a/b"), "a/b"),
        (Scalar(0.5), 0.5),
        (Scalar([1, [2.5]]), [1, [2.5]]),
        (range(3), [0, 1, 2]),
        (True, True),
        (None, None),
        (2**53 - 1, 2**53 - 1),
    ],
)
def test_what_has_an_obvious_form(value: Any, tree: Any) -> None:
    result = to_json(value)
    assert result == tree
    assert type(result) is type(tree)


def test_pydantic_models() -> None:
    model = Model(when=datetime(2026, 1, 2, tzinfo=UTC), answer=Answer("a", ("b",)))
    assert to_json([model]) == [{"when": "2026-01-02T00:00:00Z", "answer": {"text": "a", "sources": ["b"]}}]


def test_items_are_their_fields() -> None:
    assert to_json(Item("1", "q")) == {"id": "1", "input": "q", "expected_output": None, "metadata": None}


def cycle() -> list[Any]:
    value: list[Any] = []
    value.append({"again": value})
    return value


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "pointer", "words"),
    [
        ({"a": [1, math.nan]}, "/a/1", "NaN"),
        ({"a/b": {"~": math.inf}}, "/a~1b/~0", "infinities"),
        ([2**53], "/0", "2\\^53"),
        ({"x": {1: 2}}, "/x", "an int"),
        ({"x": "\ud83d"}, "/x", "surrogate"),
        ({"\ud83d": 1}, "", "surrogate"),
        ([b"x"], "/0", "bytes"),
        (Decimal("1.5"), "", "Decimal"),
        ([timedelta(1)], "/0", "timedelta"),
        ({"g": iter([])}, "/g", "iterator"),
        ([object()], "/0", "object"),
        ([Answer], "/0", "type"),
        (cycle(), "/0/again", "contains itself"),
        (Scalar(math.nan), "", "NaN"),
    ],
)
def test_what_has_none_is_named_with_its_place(value: Any, pointer: str, words: str) -> None:
    with pytest.raises(NotJson, match=words) as caught:
        to_json(value)
    assert caught.value.pointer == pointer


def test_depth_is_bounded() -> None:
    assert to_json(deep(200)) == deep(200)
    with pytest.raises(NotJson, match="200 levels"):
        to_json(deep(201))


def test_shared_branches_do_not_exhaust_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_tree, "MAX_VALUES", 10_000)
    value: list[Any] = ["x"] * 100
    for _ in range(60):
        value = [value] * 100
    with pytest.raises(NotJson, match="values"):
        to_json(value)


def test_the_tree_shares_nothing_with_the_value() -> None:
    value = {"a": [1]}
    tree: Any = to_json(value)
    value["a"].append(2)
    assert tree == {"a": [1]}


def test_fresh_copies() -> None:
    item = Item("1", {"a": [1]}, ["x"], {"m": {}})
    copy = fresh_item(item)
    assert copy == item
    copy.input["a"].append(2)
    copy.expected_output.append("y")
    copy.metadata["m"]["n"] = 1
    assert item == Item("1", {"a": [1]}, ["x"], {"m": {}})
    assert fresh("text") == "text"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner) | st.sets(st.text()),
    max_leaves=20,
)


@given(values)
def test_every_tree_has_canonical_json(value: Any) -> None:
    try:
        tree = to_json(value)
    except NotJson:
        return
    assert canonical_json(tree)
    assert to_json(tree) == tree
