"""The kinds of retrieval against scikit-learn and against their laws."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, cast

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, ndcg_score

from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import Subject
from evalspec.kinds.loading import Loading
from evalspec.plan.values import Item

HERE = Path(".")
SHARES = ("mrr", "ndcg", "precision_at_k", "recall_at_k", "average_precision")


def score(kind: str, ranked: Sequence[Any], expected: Any, **fields: Any) -> float:
    defaults = {"value": "output", "expected": "expected_output"}
    more = {"gain": "linear"} if kind == "ndcg" else {}
    evaluator: Any = EVALUATORS[kind].build({**defaults, **more, **fields}, Loading(HERE, (HERE,), HERE))
    [found] = evaluator(Subject(Item("1", None, expected), list(ranked)))
    return cast(float, found.value)


def ranking(random: Random) -> tuple[list[str], dict[str, float]]:
    """Something retrieved, and the grades of what is relevant, of which some was not retrieved."""
    documents = [f"d{number}" for number in range(random.randint(2, 30))]
    random.shuffle(documents)
    grades = {one: random.choice([0, 0, 1, 2, 3.5]) for one in documents}
    grades[documents[0]] = max(1, grades[documents[0]])
    random.shuffle(documents)
    return documents[: random.randint(1, len(documents))], grades


def in_order(ranked: Sequence[str], grades: Mapping[str, float], k: int) -> tuple[list[float], list[float]]:
    """Truth and scores as scikit-learn takes them: what was not retrieved stands behind `k` fillers."""
    fillers = [f"filler{number}" for number in range(k)]
    missing = [one for one in grades if one not in ranked]
    order = [*ranked, *fillers, *missing]
    truth = [grades.get(one, 0) for one in order]
    return truth, [float(len(order) - place) for place in range(len(order))]


@pytest.mark.parametrize("seed", range(40))
def test_ndcg_is_that_of_scikit_learn(seed: int) -> None:
    ranked, grades = ranking(Random(seed))
    k = Random(seed).randint(1, 40)
    truth, scores = in_order(ranked, grades, k)
    assert score("ndcg", ranked, grades, k=k) == pytest.approx(ndcg_score([truth], [scores], k=k))
    steep = (2 ** numpy.array([truth])) - 1
    found = score("ndcg", ranked, grades, k=k, gain="exponential")
    assert found == pytest.approx(ndcg_score(steep, [scores], k=k))


@pytest.mark.parametrize("seed", range(20))
def test_average_precision_is_that_of_scikit_learn(seed: int) -> None:
    """Where all that is relevant was retrieved: what was not has no rank there either."""
    ranked, grades = ranking(Random(seed))
    relevant = [one for one in ranked if grades[one]] or ranked[:1]
    truth = [one in relevant for one in ranked]
    scores = [float(len(ranked) - place) for place in range(len(ranked))]
    found = score("average_precision", ranked, relevant)
    assert found == pytest.approx(average_precision_score(truth, scores))


ids = st.sampled_from([*"abcdefgh", 1, 2, 3])
rankings = st.lists(ids, max_size=12)
relevant = st.lists(ids, min_size=1, max_size=8)
cut = st.none() | st.integers(1, 15)
quick = settings(max_examples=60, deadline=None)


def at(k: int | None) -> dict[str, int]:
    return {} if k is None else {"k": k}


@given(ranked=rankings, expected=relevant, k=cut)
@quick
def test_laws(ranked: list[Any], expected: list[Any], k: int | None) -> None:
    once = list(dict.fromkeys(ranked))
    hit = score("hit_rate", ranked, expected, **at(k))
    for kind in SHARES:
        value = score(kind, ranked, expected, **at(k))
        assert 0 <= value <= 1
        # Something was found where, and only where, something relevant was.
        assert (value > 0) == hit
        # An id that comes again says nothing, and neither does the order of what is relevant.
        assert value == score(kind, once, expected[::-1], **at(k))


@given(ranked=rankings, expected=relevant, k=st.integers(1, 14))
@quick
def test_a_longer_look_finds_no_less(ranked: list[Any], expected: list[Any], k: int) -> None:
    for kind in ("hit_rate", "mrr", "recall_at_k", "average_precision"):
        assert score(kind, ranked, expected, k=k) <= score(kind, ranked, expected, k=k + 1)


@given(expected=relevant)
@quick
def test_the_ideal_ranking_has_1(expected: list[Any]) -> None:
    ideal = list(dict.fromkeys(expected))
    for kind in SHARES:
        assert score(kind, ideal, expected) == pytest.approx(1.0)


@given(grades=st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.001, 50), min_size=2), data=st.data())
@quick
def test_a_better_document_earlier_is_no_worse(grades: dict[str, float], data: st.DataObject) -> None:
    ranked = data.draw(st.permutations(sorted(grades)))
    place = data.draw(st.integers(0, len(ranked) - 2))
    swapped = [*ranked]
    swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
    better = grades[swapped[place]] >= grades[ranked[place]]
    before, after = score("ndcg", ranked, grades), score("ndcg", swapped, grades)
    assert after >= before - 1e-12 if better else after <= before + 1e-12
