import json
from typing import Any

import pytest

from evalspec.datasets import DATASETS
from evalspec.datasets.select import digest_of, read_items, select_items
from evalspec.datasets.verify import verified_items
from evalspec.diagnostics import WorldMovedError
from evalspec.kinds.loading import Loading
from evalspec.plan.model import PlanDataset

Rows = list[dict[str, Any]]

ROWS: Rows = [{"id": str(number), "input": f"question {number}"} for number in range(20)]
FIELDS = {"path": "d.jsonl", "format": "jsonl"}


def write(loading: Loading, rows: Rows) -> None:
    (loading.root / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def plan(loading: Loading) -> PlanDataset:
    """Every second of the items."""
    write(loading, ROWS)
    selection = select_items(read_items(DATASETS["file"], FIELDS, loading), "item.id | int is odd")
    return PlanDataset(
        type="file",
        fields=FIELDS,
        where="item.id | int is odd",
        available=selection.available,
        digest=selection.digest,
        items=selection.items,
    )


def ids(plan: PlanDataset, loading: Loading) -> list[str]:
    return [item.id for item, _ in verified_items(plan, loading)]


ODD = [str(number) for number in range(1, 20, 2)]


def test_the_same_items_with_their_digests(plan: PlanDataset, loading: Loading) -> None:
    result = list(verified_items(plan, loading))
    assert [item.id for item, _ in result] == ODD
    first = next(source for source in read_items(DATASETS["file"], FIELDS, loading) if source.item.id == "1")
    assert result[0] == (first.item, digest_of(first))


@pytest.mark.parametrize(
    "rows",
    [
        [row for row in ROWS if int(row["id"]) % 2],
        [{"id": "new", "input": "?"}, *ROWS, {"id": "newer", "input": "!"}],
        ROWS[::-1],
        [*ROWS[10:], *ROWS[:10]],
        [ROWS[1], ROWS[5], ROWS[3], *ROWS[6:], ROWS[0]],
        [*ROWS, {"id": "1", "input": "a second one"}],
    ],
    ids=["fewer", "more", "reversed", "halves", "swapped", "doubled"],
)
def test_what_comes_and_goes_around_them(plan: PlanDataset, loading: Loading, rows: Rows) -> None:
    write(loading, rows)
    assert ids(plan, loading) == ODD


def test_changed_and_missing_items_are_named(plan: PlanDataset, loading: Loading) -> None:
    changed = [{**row, "input": "other"} if row["id"] in ("3", "7") else row for row in ROWS]
    write(loading, [row for row in changed if row["id"] not in ("9", "8")])
    with pytest.raises(WorldMovedError, match="3 of 10 items differ") as caught:
        ids(plan, loading)
    assert caught.value.moved == ("item `3` changed", "item `7` changed", "item `9` is missing")


def test_nothing_is_given_after_the_first_difference(plan: PlanDataset, loading: Loading) -> None:
    write(loading, [{**row, "metadata": 1} if row["id"] == "3" else row for row in ROWS])
    given: list[str] = []
    ids_so_far = (item.id for item, _ in verified_items(plan, loading))
    with pytest.raises(WorldMovedError):
        given.extend(ids_so_far)
    assert given == ["1"]


def test_differences_can_be_told_instead(plan: PlanDataset, loading: Loading) -> None:
    rows = [{**row, "input": "other"} if row["id"] == "3" else row for row in ROWS if row["id"] != "5"]
    write(loading, rows)
    moved: list[str] = []
    result = list(verified_items(plan, loading, on_moved=moved.append))
    assert moved == ["item `3` changed", "item `5` is missing"]
    assert [item.id for item, _ in result] == [one for one in ODD if one != "5"]
    assert result[1][0].input == "other"
    assert result[1][1] != plan.items.digest_at(1)


def test_a_file_that_cannot_be_read_any_more(plan: PlanDataset, loading: Loading) -> None:
    (loading.root / "d.jsonl").write_text('{"id": "1"}')
    with pytest.raises(WorldMovedError, match=r"d\.jsonl:1: the item has no `input`"):
        ids(plan, loading)
    (loading.root / "d.jsonl").unlink()
    with pytest.raises(WorldMovedError, match="there is no file"):
        ids(plan, loading)
