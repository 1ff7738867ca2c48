"""The similarity kinds beside the libraries they name, on other roads than their own, and their laws."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate import gleu_score, meteor_score
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu import sentence_bleu, sentence_chrf
from sklearn.metrics import jaccard_score, precision_recall_fscore_support

from evalspec.evaluators.distances import string_similarity
from evalspec.evaluators.overlap_metrics import bleu, chrf, gleu, meteor, rouge
from evalspec.evaluators.sets import MAX_DEPTH, overlap
from evalspec.evaluators.tokens import tokens
from evalspec.kinds.bounded import TooLarge

WORDS = "the cat cats sat sitting on a mat, Mats. dog dogs' running runs ran it's 3.5 (red) blue".split()
METRICS = (
    *("levenshtein", "damerau_levenshtein", "indel", "jaro", "jaro_winkler", "lcs", "hamming"),
    *("ratio", "partial_ratio", "token_sort_ratio", "token_set_ratio"),
)
TEXT = st.text("ab cdé ", max_size=12)
WORD_TEXT = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)
SETTINGS = settings(max_examples=40, deadline=None)


def pairs(count: int) -> Iterator[tuple[str, list[str]]]:
    draw = random.Random(7)
    for _ in range(count):
        texts = [" ".join(draw.choices(WORDS, k=draw.randint(1, 15))) for _ in range(1 + draw.randint(1, 3))]
        yield texts[0], texts[1:]


def test_bleu_and_chrf_are_a_hundredth_of_sacrebleus() -> None:
    options = {"tokenizer": "13a", "smoothing": "exp", "max_order": 4, "effective_order": True}
    characters = {"char_order": 6, "word_order": 2, "beta": 2, "whitespace": False, "ignore_case": False}
    for value, references in pairs(30):
        found, signature = bleu(value, references, {**options, "ignore_case": True})
        assert found == pytest.approx(sentence_bleu(value, references, lowercase=True).score / 100)
        assert signature.startswith(f"nrefs:{len(references)}|case:lc|eff:yes|tok:13a|smooth:exp|version:2.")
        found, signature = chrf(value, references, characters)
        assert found == pytest.approx(sentence_chrf(value, references, word_order=2).score / 100)
        assert f"nrefs:{len(references)}|" in signature


def test_gleu_and_meteor_are_nltks() -> None:
    class Empty:
        def synsets(self, word: str) -> list[Any]:
            return []

    weights = {"alpha": 0.8, "beta": 2.0, "gamma": 0.3}
    for value, references in pairs(30):
        split = [reference.split() for reference in references]
        options = {"tokenizer": "whitespace", "ignore_case": False, "min_order": 1, "max_order": 3}
        wanted = gleu_score.sentence_gleu(split, value.split(), max_len=3)
        assert gleu(value, references, options) == pytest.approx(wanted)
        wanted = meteor_score.meteor_score(split, value.split(), wordnet=Empty(), **weights)
        assert meteor(value, references, {"tokenizer": "whitespace", **weights}) == pytest.approx(wanted)


@pytest.mark.parametrize("variant", ["rouge1", "rouge3", "rougeL", "rougeLsum"])
@pytest.mark.parametrize("stem", [False, True])
def test_rouge_is_that_of_rouge_score(variant: str, stem: bool) -> None:
    """ROUGE-L above all, which is computed without its table."""
    scorer = RougeScorer([variant], use_stemmer=stem)
    for value, references in pairs(30):
        value = value.replace(" on ", "\n")
        wanted = scorer.score_multi(references, value)[variant]
        found = rouge(value, references, {"variant": variant, "stem": stem, "tokenizer": "ascii"})
        assert found["f1"] == pytest.approx(wanted.fmeasure)
        if len(references) == 1:
            assert (found["precision"], found["recall"]) == pytest.approx((wanted.precision, wanted.recall))


@SETTINGS
@given(st.sets(st.integers(0, 8), min_size=1), st.sets(st.integers(0, 8), min_size=1))
def test_sets_are_those_of_scikit_learn(value: set[int], expected: set[int]) -> None:
    there = [element in value for element in range(9)]
    right = [element in expected for element in range(9)]
    precision, recall, f1, _ = precision_recall_fscore_support(
        right, there, average="binary", zero_division=0.0
    )
    jaccard = jaccard_score(right, there, zero_division=0.0)
    wanted = {"f1": f1, "precision": precision, "recall": recall, "jaccard": jaccard}
    assert overlap(list(value), list(expected), False, False) == pytest.approx(wanted)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "A", "list"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


@SETTINGS
@given(st.lists(JSON, max_size=5), st.lists(JSON, max_size=5), st.booleans(), st.randoms())
def test_overlap_is_symmetric_and_knows_no_order(
    value: list[Any], expected: list[Any], multiset: bool, draw: random.Random
) -> None:
    found = overlap(value, expected, multiset, False)
    assert all(0 <= share <= 1 for share in found.values())
    assert found["jaccard"] <= found["f1"]
    other = overlap(expected, value, multiset, False)
    assert other == {**found, "precision": found["recall"], "recall": found["precision"]}
    draw.shuffle(value)
    assert overlap(value, expected, multiset, False) == found
    assert set(overlap(value, list(value), multiset, False).values()) == {1.0}


def test_trees_have_a_greatest_depth() -> None:
    tree: Any = 1
    for _ in range(MAX_DEPTH):
        tree = {"a": [tree]} if isinstance(tree, list) else [tree]
    assert overlap([1], [1], False, False)["f1"] == 1
    with pytest.raises(TooLarge):
        overlap([[tree]], [], False, False)


@SETTINGS
@given(TEXT, TEXT, st.sampled_from(METRICS))
def test_similarities_are_bounded_symmetric_and_1_for_equal_texts(left: str, right: str, metric: str) -> None:
    found = string_similarity(left, right, metric, False)
    assert 0 <= found <= 1
    assert string_similarity(right, left, metric, False) == pytest.approx(found)
    assert string_similarity(left, left, metric, False) == 1
    assert string_similarity(left.upper(), left, metric, True) == 1


@SETTINGS
@given(TEXT, TEXT)
def test_distances_are_those_of_their_definitions(left: str, right: str) -> None:
    table = list(range(len(right) + 1))
    common = [0] * (len(right) + 1)
    for i, one in enumerate(left, 1):
        above, table[0] = table[0], i
        above_common = 0
        for j, other in enumerate(right, 1):
            above, table[j] = table[j], min(table[j] + 1, table[j - 1] + 1, above + (one != other))
            best = above_common + 1 if one == other else max(common[j], common[j - 1])
            above_common, common[j] = common[j], best
    longest, total = max(len(left), len(right)) or 1, len(left) + len(right) or 1
    same = left == right
    assert string_similarity(left, right, "levenshtein", False) == pytest.approx(1 - table[-1] / longest)
    lcs = 1.0 if same else common[-1] / longest
    assert string_similarity(left, right, "lcs", False) == pytest.approx(lcs)
    indel = 1.0 if same else 2 * common[-1] / total
    assert string_similarity(left, right, "indel", False) == pytest.approx(indel)


@SETTINGS
@given(WORD_TEXT, WORD_TEXT)
def test_metrics_are_bounded_and_1_for_equal_texts(left: str, right: str) -> None:
    options: dict[str, Any] = {
        "tokenizer": "words",
        "ignore_case": False,
        "min_order": 1,
        "max_order": 4,
        "variant": "rougeL",
        "stem": False,
    }
    assert gleu(left, [left], options) == 1
    assert gleu(left, [right], options) == pytest.approx(gleu(right, [left], options))
    assert gleu(left, [right], options) <= gleu(left, [right, left], options)
    there, back = rouge(left, [right], options), rouge(right, [left], options)
    assert (there["precision"], there["f1"]) == pytest.approx((back["recall"], back["f1"]))
    assert set(rouge(left, [left], options).values()) == {1.0}


def test_tokens() -> None:
    text = "Don't panic, Ünal_1: 3.5 你好"
    assert tokens(text, "words") == [*("Don ' t panic , Ünal_1 : 3 . 5".split()), "你好"]
    assert tokens(text, "whitespace") == ["Don't", "panic,", "Ünal_1:", "3.5", "你好"]
    assert tokens(" a b\n", "characters") == ["a", "b"]
