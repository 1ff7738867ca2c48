"""Comparison and format kinds against other implementations, and their laws."""

import json
import re
import string
from collections.abc import Callable
from itertools import permutations
from typing import Any, get_args

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from evalspec.evaluators.code_fences import Fence, code_fences
from evalspec.evaluators.exact_match import same_json
from evalspec.evaluators.json_comparing import Comparison, first_difference, same, steps_of
from evalspec.evaluators.json_finding import contained
from evalspec.evaluators.json_texts import NotJson, read
from evalspec.evaluators.normalizing import normalized
from evalspec.evaluators.sql_fields import Dialect
from evalspec.kinds.bounded import TooLarge

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, "", "a", "b/~"])
TREES = st.recursive(
    SCALARS,
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.sampled_from("abc"), part),
    max_leaves=8,
)
SETTINGS = settings(max_examples=150, deadline=None)


@SETTINGS
@given(TREES, TREES)
def test_equality_is_that_of_exact_match_and_symmetric(one: Any, other: Any) -> None:
    assert same(one, other) is same_json(one, other) is same(other, one)
    assert same(one, one)


@SETTINGS
@given(TREES, st.randoms(use_true_random=False))
def test_without_order_every_order_is_equal(tree: Any, random: Any) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shuffled(part) for key, part in reversed(value.items())}
        return random.sample([*map(shuffled, value)], len(value)) if isinstance(value, list) else value

    for how in (Comparison(ignore_order=True), Comparison(ignore_order=True, absolute=0.25)):
        assert first_difference(tree, shuffled(tree), how) is None


@SETTINGS
@given(
    st.lists(st.integers(0, 6), max_size=5), st.lists(st.integers(0, 6), max_size=5), st.sampled_from([1, 2])
)
def test_numbers_without_order_are_paired_wherever_that_is_possible(
    ours: list[int], theirs: list[int], tolerance: int
) -> None:
    how = Comparison(ignore_order=True, absolute=tolerance)
    expected = len(ours) == len(theirs) and any(
        all(abs(one - other) <= tolerance for one, other in zip(ours, order, strict=True))
        for order in permutations(theirs)
    )
    assert (first_difference(ours, theirs, how) is None) is expected


@SETTINGS
@given(TREES, TREES)
def test_what_is_ignored_altogether_is_equal(one: Any, other: Any) -> None:
    how = Comparison(rules=frozenset({steps_of("/**/a"), steps_of("/x")}))
    assert first_difference({"a": one, "b": {"a": other}, "x": 1}, {"b": {}}, how) is None
    assert first_difference({"a": one, "b": other}, {"b": [other]}, how) is not None


def test_depth_is_limited_at_the_same_level_everywhere() -> None:
    assert read("[" * 250 + "]" * 250) is not None
    with pytest.raises(TooLarge):
        read("[" * 251 + "]" * 251)
    with pytest.raises(NotJson):
        read('["' + "[" * 1000 + '", }]')


@SETTINGS
@given(st.text(alphabet='[]{}":,1a\\ tnN', max_size=12))
def test_json_is_what_the_standard_library_reads_but_for_its_extensions(text: str) -> None:
    def readable(read_text: Callable[[str], Any]) -> bool:
        try:
            read_text(text)
        except ValueError:
            return False
        return True

    assert readable(read) is readable(lambda text: json.loads(text, parse_constant=lambda _: int("x")))


@SETTINGS
@given(st.text(alphabet="ab [{", max_size=5), TREES, st.text(alphabet="ab ]}", max_size=5))
def test_json_is_found_between_words(before: str, tree: Any, behind: str) -> None:
    text = f"{before} {json.dumps([tree])} {behind}"
    assert contained(text, None) == [True, None]
    assert contained(before.replace("[", "").replace("{", ""), None)[0] is False


@SETTINGS
@given(st.text(alphabet="aAnthe .,!\t\n-$«»_é", max_size=30))
def test_squad_is_the_published_script(text: str) -> None:
    # The function `normalize_answer` of the evaluation script of SQuAD 1.1.
    lowered = text.lower()
    without = "".join(char for char in lowered if char not in set(string.punctuation))
    expected = " ".join(re.sub(r"\b(a|an|the)\b", " ", without).split())
    assert normalized(text, ["squad"]) == expected


@SETTINGS
@given(st.text(max_size=30))
def test_normalising_twice_changes_nothing(text: str) -> None:
    for steps in (["unicode"], ["unicode", "case"], ["punctuation"], ["whitespace"]):
        once = normalized(text, steps)
        assert normalized(once, steps) == once


def test_all_dialects_of_sqlglot_are_known() -> None:
    # Solr, DAX and PRQL are no SQL that a model would be asked for.
    known = {name.lower() for name in sqlglot.dialects.DIALECTS} - {"solr", "dax", "prql"}
    assert set(get_args(Dialect)) == known


@pytest.mark.parametrize(
    ("text", "fences"),
    [
        ("```\naaa\n~~~\n```", [Fence("", "aaa\n~~~")]),
        ("````\naaa\n```\n``````", [Fence("", "aaa\n```")]),
        ("~~~~    Ruby startline=3 $%@#$\ndef\n~~~~~~~", [Fence("ruby", "def")]),
        ("```\naaa", [Fence("", "aaa")]),
        ("``` ```\naaa", []),
        ("``\naaa\n``", []),
        ("- x\n    ```sql\n    a\n    ```\n```\nb\n```", [Fence("sql", "    a"), Fence("", "b")]),
    ],
)
def test_code_fences_as_in_the_examples_of_commonmark(text: str, fences: list[Fence]) -> None:
    assert code_fences(text) == fences
