"""Aggregates on a page."""

import re
from pathlib import Path
from typing import Any

import pytest

from evalspec.analysis.summary import AggregateSummary
from evalspec.report.aggregates import function_text
from evalspec.report.terminal import summary_text
from tests.analysis.measured import comparison, items, over_score, summary_of
from tests.analysis.recorded import Recorder
from tests.support.plans import make_plan, make_score

ROWS = items(("a", {"shop": "books"}), ("b", {"shop": ""}), ("b", {}), ("c\x1b[2J", {"shop": "books"}))


async def page_of(folder: Path, width: int, **aggregates: Any) -> list[str]:
    plan = make_plan(
        ROWS,
        scores={"correct": make_score("BOOLEAN")},
        evaluators={"exact": "correct"},
        aggregates=aggregates,
    )
    async with Recorder(folder / "run", plan, ROWS) as run:
        for position, output in enumerate(["a", "a", "b", ["c"]]):
            await run.trial(position, {"exact": {"correct": 1.0}}, output=output)
        await run.complete()
        return summary_text(summary_of(run.journal, plan), width=width, color=False).splitlines()


async def test_groups_stand_below_their_aggregate(tmp_path: Path) -> None:
    lines = await page_of(tmp_path, 100, right=over_score("rate", "correct", "metadata.shop"))
    start = next(number for number, line in enumerate(lines) if line.startswith("right"))
    assert [line.split()[:3] for line in lines[start : start + 4]] == [
        ["right", "rate", "of"],
        ["books", "1", "2/2"],
        ['""', "1", "1/1"],
        ["(missing)", "1", "1/1"],
    ]


async def test_most_groups_are_only_counted(tmp_path: Path) -> None:
    rows = items(*(("a", {"n": number}) for number in range(30)))
    plan = make_plan(rows, aggregates={"mean": over_score("mean", "exact", "metadata.n")})
    async with Recorder(tmp_path / "run", plan, rows) as run:
        lines = summary_text(summary_of(run.journal, plan), width=100, color=False).splitlines()
    assert "  … 10 more groups" in lines
    assert sum(re.match(r"  \d+ ", line) is not None for line in lines) == 20


async def test_a_matrix_and_why_items_are_missing_from_it(tmp_path: Path) -> None:
    matrix = comparison("confusion_matrix", labels=["a", "b"])
    lines = await page_of(tmp_path, 80, matrix=matrix)
    start = next(number for number, line in enumerate(lines) if "expected ↓" in line)
    assert [line.split() for line in lines[start : start + 3]] == [
        ["matrix,", "expected", "↓", "given", "→", "a", "b"],
        ["a", "1", "–"],
        ["b", "1", "1"],
    ]
    assert any(line.startswith("matrix  1 ×  not_a_label") for line in lines)


async def test_a_matrix_with_labels_too_wide_for_its_columns_has_numbers(tmp_path: Path) -> None:
    matrix = comparison(
        "confusion_matrix", labels=[*"ab", *(f"a longer label {place}" for place in range(7))]
    )
    lines = await page_of(tmp_path, 80, matrix=matrix)
    start = next(number for number, line in enumerate(lines) if "expected ↓" in line)
    head, first, second, third = (re.split(r"  +", line) for line in lines[start : start + 4])
    assert head == ["matrix, expected ↓ given →", *"123456789"]
    assert first == ["1", "a", "1", *"––––––––"]
    assert second == ["2", "b", "1", "1", *"–––––––"]
    assert third[:2] == ["3", "a longer label 0"]


async def test_a_matrix_that_is_wider_than_the_page_is_mentioned(tmp_path: Path) -> None:
    matrix = comparison("confusion_matrix", labels=[f"label {number}" for number in range(30)])
    lines = await page_of(tmp_path, 60, matrix=matrix)
    assert "matrix: a matrix of 31 labels, wider than the page; it is in the JSON form" in " ".join(lines)


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"function": "mean", "score": "s"}, "mean of s"),
        ({"function": "pass_at_k", "score": "s", "parameters": {"k": 3}}, "pass_at_3 of s"),
        ({"function": "pass_hat_k", "score": "s", "parameters": {"k": 2}}, "pass_hat_2 of s"),
        ({"function": "percentile", "score": "s", "parameters": {"percentile": 95.0}}, "percentile 95 of s"),
        ({"function": "count", "score": "s", "parameters": {"label": "bad"}}, "count of bad in s"),
        (
            {"function": "f1", "by": "metadata.a", "parameters": {"value": "output", "average": "macro"}},
            "macro f1 of output, by metadata.a",
        ),
        ({"function": "brier", "parameters": {"value": "output.sure"}}, "brier of output.sure"),
        ({"function": "python", "comment": "two of three"}, "python: two of three"),
    ],
)
def test_what_computes_it(fields: dict[str, Any], shown: str) -> None:
    counts = {"expected": 0, "scored": 0, "failed": 0, "skipped": 0, "pending": 0, "coverage": 1.0}
    summary = AggregateSummary.model_validate({**counts, "data_type": "NUMERIC", "trials": 1, **fields})
    assert function_text(summary) == shown
