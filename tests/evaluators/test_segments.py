"""Segmentation against lines of Unicode's own test files (SentenceBreakTest, WordBreakTest), and its laws."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalspec.evaluators.segments import count_characters, count_sentences, count_words, sentences


@pytest.mark.parametrize(
    "parts",
    [
        ["(“Go.”) ", "(He did.)"],
        ["(“Go?”) ", "(He did.)"],
        ["U.S.A\u0300. is"],
        ["U.S.A\u0300? ", "He"],
        ["U.S.A\u0300."],
        ["3.4"],
        ["c.d"],
        ["C.d"],
        ["c.D"],
        ["C.D"],
        ["etc.)’\u00a0the"],
        ["etc.)’\u00a0", "The"],
        ["etc.)’\u00a0‘(the"],
        ["etc.)’\u00a0", "‘(The"],
        ["etc.)’\u00a0\u0308the"],
        ["etc.)’\u00a0\u0308", "The"],
        ["etc.)’\u0308", "The"],
        ["etc.)\n", "\u0308The"],
        ["the resp. leaders are"],
        ["字.", "字"],
        ["etc.", "它"],
        ["etc.。"],
        ["字。", "它"],
        ["!", " "],
        ["a\r\n", "b"],
        ["a. ", "\n", "b"],
    ],
)
def test_sentences_as_in_unicodes_test_file(parts: list[str]) -> None:
    # SB10 and SB11 take the space and the line break after a full stop with the sentence.
    expected = ["".join(parts[:2]), *parts[2:]] if parts[0] in ("!", "a. ") else parts
    assert sentences("".join(parts)) == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("can't", 1),
        ("can’t 3,456.789", 2),
        ("a:b", 1),
        ("foo.bar", 1),
        ("U.S.A.", 1),
        ("a1 1a", 2),
        ("x_y __", 1),
        ("שלום עולם", 2),
        ("カタカナ", 1),
        ("\u0301a", 1),
        ("🇩🇪a", 1),
    ],
)
def test_words(text: str, count: int) -> None:
    assert count_words(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [("🇩🇪🇫🇷", 2), ("🇩🇪🇫", 2), ("a🇩🇪\u0301🇫🇷", 3), ("\r\n\n\r", 3), ("각", 1), ("👩🏽‍🚀", 1)],
)
def test_characters(text: str, count: int) -> None:
    assert count_characters(text) == count


TEXT = st.text(alphabet=st.sampled_from("aB1.?! \n,’)—\u0301\u200d🇩🇫👨字。\ud800"), max_size=30)


@settings(max_examples=150, deadline=None)
@given(TEXT)
def test_the_sentences_together_are_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text


@settings(max_examples=150, deadline=None)
@given(TEXT)
def test_there_are_no_more_words_than_characters_and_no_more_sentences_than_words(text: str) -> None:
    assert count_sentences(text) <= count_words(text) <= count_characters(text) <= len(text)


@settings(max_examples=100, deadline=None)
@given(TEXT, TEXT)
def test_paragraphs_are_counted_alone(one: str, other: str) -> None:
    for count in (count_sentences, count_words):
        assert count(f"{one}\n\nx{other}") == count(f"{one}\n") + count(f"\nx{other}")


def test_counts_check_their_fields(resolve: Any) -> None:
    _, (problem,) = resolve("word_count", min=3, max=2)
    assert (problem.code, problem.at) == ("invalid-bounds", ("min",))
    _, (problem,) = resolve("word_count", score=None, scores={"passed": "s"})
    assert (problem.code, problem.at) == ("missing-field", ("scores", "passed"))
    _, (problem,) = resolve("word_count", max=2, score=None, scores={"count": "s"})
    assert (problem.code, problem.at, problem.key) == ("wrong-value", ("max",), True)
