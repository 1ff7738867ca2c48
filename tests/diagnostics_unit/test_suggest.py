import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalspec.diagnostics import closest

KINDS = ["exact_match", "contains", "regex", "json_schema", "numeric_close", "levenshtein", "python"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("exact_mach", "exact_match"),
        ("exactmatch", "exact_match"),
        ("exact-match", "exact_match"),
        ("EXACT_MATCH", "exact_match"),
        ("Json Schema", "json_schema"),
        ("levenstein", "levenshtein"),
        ("rgeex", "regex"),
        ("regx", "regex"),
        ("pyhton", "python"),
        ("contain", "contains"),
        ("numeric", None),
        ("bleu", None),
        ("", None),
        ("x", None),
    ],
)
def test_what_was_meant(name: str, meant: str | None) -> None:
    assert closest(name, KINDS) == meant


def test_case_beats_fewer_slips_of_others() -> None:
    assert closest("SCORE", ["scored", "Score", "score"]) == "Score"


def test_the_closest_wins_and_of_equals_the_first() -> None:
    assert closest("value", ["values", "valve", "vale"]) == "values"
    assert closest("abcdef", ["abcxyf", "abcdeg"]) == "abcdeg"


def test_the_name_itself_is_never_suggested() -> None:
    assert closest("min", ["min"]) is None
    assert closest("min", ["min", "max", "Min"]) == "Min"


@pytest.mark.parametrize(("name", "candidate"), [("id", "at"), ("ab", "cd"), ("min", "max"), ("a", "b")])
def test_short_names_are_not_alike_by_chance(name: str, candidate: str) -> None:
    assert closest(name, [candidate]) is None


def test_a_very_long_name_costs_nothing() -> None:
    assert closest("a" * 1_000_000, ["b" * 1_000_000, "a" * 1_000_001]) is None


@given(st.text(min_size=3, max_size=12), st.integers(0, 11), st.lists(st.text(max_size=12), max_size=5))
def test_one_lost_letter_is_always_forgiven(name: str, place: int, others: list[str]) -> None:
    typed = name[: place % len(name)] + name[place % len(name) + 1 :]
    found = closest(typed, [name, *others])
    assert found is not None or typed == name
    assert found in {name, *others, None}
