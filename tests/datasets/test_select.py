from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalspec.datasets import DATASETS
from evalspec.datasets.base import ItemError, SourceItem
from evalspec.datasets.items import item_digest
from evalspec.datasets.sampling import rank
from evalspec.datasets.select import read_items, select_items
from evalspec.kinds.loading import Loading
from evalspec.plan.model import Sample
from evalspec.plan.values import Item


def sources(*items: Item) -> list[SourceItem]:
    return [SourceItem(item, True) for item in items]


def named(ids: list[str]) -> list[SourceItem]:
    return sources(*(Item(item_id, item_id) for item_id in ids))


def chosen(ids: list[str], sample: Sample) -> list[str]:
    return list(select_items(named(ids), None, sample).items.ids)


def test_everything() -> None:
    selection = select_items(named(["b", "a"]))
    assert (selection.available, selection.unselectable) == (2, 0)
    assert list(selection.items.ids) == ["b", "a"]
    assert selection.items.digest_at(0) == item_digest(Item("other", "b"))
    assert selection.digest == select_items(named(["b", "a"])).digest
    assert selection.digest != select_items(named(["a", "b"])).digest
    assert select_items([]).items.ids == []


def test_where_counts_what_it_cannot_decide() -> None:
    items = sources(
        Item("1", "q", None, {"continent": "Europe"}),
        Item("2", "q", None, {"continent": "Antarctica"}),
        Item("3", "q", None, {"country": "France"}),
        Item("4", "q"),
        Item("5", "q", None, {"continent": None}),
    )
    selection = select_items(items, "metadata.continent != 'Antarctica'")
    assert list(selection.items.ids) == ["1", "5"]
    assert (selection.available, selection.unselectable) == (5, 2)
    assert list(select_items(items, "item.id in ['2', '3']").items.ids) == ["2", "3"]


@pytest.mark.parametrize(
    ("where", "code", "words"),
    [
        ("input", "wrong-type", "`where` gives neither true nor false for the item `1`"),
        ("input < 3", "wrong-value", "`where` cannot be decided for the item `1`"),
    ],
)
def test_a_where_that_is_no_condition(where: str, code: str, words: str) -> None:
    with pytest.raises(ItemError, match=words) as caught:
        select_items(sources(Item("1", "q")), where)
    assert (caught.value.code, caught.value.at) == (code, ("where",))


def test_where_comes_before_the_sample() -> None:
    items = sources(*(Item(str(n), n) for n in range(100)))
    selection = select_items(items, "input < 5", Sample(size=5))
    assert list(selection.items.ids) == ["0", "1", "2", "3", "4"]


def test_numbers_that_cannot_be_pinned() -> None:
    with pytest.raises(ItemError, match="beyond") as caught:
        select_items([SourceItem(Item("1", {"n": 2**53}), True, None, ("items", 0))])
    assert (caught.value.code, caught.value.at) == ("number-not-canonical", ("items", 0, "input"))


unique_ids = st.lists(st.text(min_size=1), unique=True, max_size=60)
seeds = st.integers(-5, 5)


@given(unique_ids, st.text(min_size=1), st.floats(0.01, 1), seeds, st.data())
def test_a_rate_never_drops_anyone_when_items_are_added(
    ids: list[str], added: str, rate: float, seed: int, data: Any
) -> None:
    sample = Sample(rate=rate, seed=seed)
    before = chosen(ids, sample)
    if added not in ids:
        ids = data.draw(st.permutations([*ids, added]))
    after = chosen(ids, sample)
    assert set(before) <= set(after)
    assert after == [item_id for item_id in ids if item_id in set(after)]


@given(unique_ids, st.integers(0, 10_000).map(str), st.integers(1, 30), seeds, st.data())
def test_a_size_swaps_one_item_at_most_for_an_added_one(
    ids: list[str], added: str, size: int, seed: int, data: Any
) -> None:
    sample = Sample(size=size, seed=seed)
    before = chosen(ids, sample)
    assert len(before) == min(size, len(ids))
    if added in ids:
        return
    ids = data.draw(st.permutations([*ids, added]))
    after = chosen(ids, sample)
    assert len(after) == min(size, len(ids))
    assert len(set(before) - set(after)) <= 1
    assert after == [item_id for item_id in ids if item_id in set(after)]


@given(unique_ids, seeds)
def test_a_sample_depends_on_ids_and_not_on_order(ids: list[str], seed: int) -> None:
    assert set(chosen(ids, Sample(size=5, seed=seed))) == set(chosen(ids[::-1], Sample(size=5, seed=seed)))
    assert sorted(ids, key=lambda one: rank(seed, one))[:5] == sorted(
        chosen(ids, Sample(size=5, seed=seed)), key=lambda one: rank(seed, one)
    )


def test_rates_and_seeds_do_something() -> None:
    ids = [f"item {number}" for number in range(2000)]
    half = chosen(ids, Sample(rate=0.5, seed=1))
    assert 850 < len(half) < 1150
    assert chosen(ids, Sample(rate=0.5, seed=2)) != half
    assert len(chosen(ids, Sample(rate=1.0))) == 2000
    # The same on every machine and in every release.
    assert rank(7, "france") == 7350020204791754051


def test_a_sample_holds_as_many_items_as_it_has() -> None:
    alive = 0
    most = 0

    class Counted:
        def __init__(self) -> None:
            nonlocal alive, most
            alive += 1
            most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def stream() -> Iterator[SourceItem]:
        for number in range(500):
            digest = item_digest(Item("", number))
            yield SourceItem(Item(str(number), Counted()), True, None, (), digest)

    select_items(stream(), None, Sample(size=10))
    assert most <= 15


def test_inline(loading: Loading) -> None:
    fields = {"items": [{"id": "a", "input": "q"}, {"input": "r", "metadata": {"n": None}}]}
    first, second = read_items(DATASETS["inline"], fields, loading)
    assert (first.item, first.at) == (Item("a", "q"), ("items", 0))
    assert (second.item.metadata, second.given_id) == ({"n": None}, False)


def test_inline_ids_are_unique(loading: Loading) -> None:
    fields = {"items": [{"id": "a", "input": "q"}, {"id": "a", "input": "r"}]}
    with pytest.raises(ItemError, match="given a second time") as caught:
        list(read_items(DATASETS["inline"], fields, loading))
    assert (caught.value.code, caught.value.at) == ("duplicate-item-id", ("items", 1, "id"))
    assert caught.value.first == ("items", 0)


def test_items_can_be_keys() -> None:
    # Functions that keep what they have seen by item, as with `functools.cache`.
    assert {Item("a", 1), Item("a", 1)} == {Item("a", 1)}
