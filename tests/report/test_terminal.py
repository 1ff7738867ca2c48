import io
import unicodedata
from pathlib import Path

import pytest

from evalspec.analysis.explain import explain_item_score
from evalspec.analysis.items import ItemList, item_list
from evalspec.analysis.listing import RunEntry, RunList
from evalspec.analysis.run_scores import run_scores
from evalspec.analysis.summarize import summarize
from evalspec.analysis.summary import PublicationSummary, Refused, RunSummary
from evalspec.journal.records import Failure
from evalspec.langfuse_io.doctor import Check, Diagnosis
from evalspec.report.items import add_items
from evalspec.report.page import Page, lines, text
from evalspec.report.terminal import (
    doctor_text,
    explanation_text,
    item_text,
    publication_text,
    runs_text,
    show_text,
    summary_text,
)
from tests.analysis.recorded import RUN_ID, TIMEOUT, Recorder
from tests.support.plans import digest_of, make_evaluator, make_plan, make_score

HOSTILE = "[bold red]x[/] \x1b[2J\x1b]0;title\x07 \u202egnp.exe :smile: \r\n\x9b31m"


def aggregate(function: str, score: str, **more: object) -> dict[str, object]:
    return {"function": function, "score": score, "digest": digest_of(function), **more}


PLAN = make_plan(
    6,
    scores={
        "correct": make_score("BOOLEAN"),
        "tone": make_score("CATEGORICAL", categories={"rude": 0.0, "kind": 1.0}),
    },
    evaluators={"exact": "correct", "judge": make_evaluator("tone")},
    aggregates={
        "accuracy": aggregate("rate", "correct"),
        "p95": aggregate("percentile", "correct", fields={"percentile": 95}),
    },
    gates={
        "good": {"aggregate": "accuracy", "min": 0.5, "min_coverage": 0.5},
        "best": {"aggregate": "accuracy", "min": 0.9, "min_coverage": 0.5},
    },
)


@pytest.fixture
async def recorded(tmp_path: Path) -> tuple[RunSummary, ItemList, str]:
    failure = Failure("exception", "ValueError", HOSTILE)
    async with Recorder(tmp_path / "run", PLAN) as run:
        for position in range(4):
            tone = TIMEOUT if position == 3 else {"tone": "kind" if position else "rude"}
            results = {"exact": {"correct": float(position > 0)}, "judge": tone}
            await run.trial(position, results, output={"text": HOSTILE}, comment=HOSTILE)
        await run.trial(4, failure=failure)
        await run.trial(5, failure=failure)
        await run.journal.flush()
        with run.journal.reader() as reader:
            records = run_scores(reader, PLAN, {})
        await run.complete(*records)
        with run.journal.reader() as reader:
            explanation = explain_item_score(reader, PLAN, "item-1", 0, "correct")
            return (
                summarize(reader, PLAN),
                item_list(reader, PLAN),
                explanation_text(explanation, width=80, color=False),
            )


def items_text(items: ItemList, *, width: int, color: bool) -> str:
    page = Page(width, color)
    add_items(page, items)
    return str(page)


def columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def assert_harmless(page: str, width: int) -> None:
    for character in page:
        assert character == "\n" or unicodedata.category(character) not in {"Cc", "Cf", "Zl", "Zp"}
    # Commands are there to be copied, on one line each.
    assert all(columns(line) <= width or "  evalspec " in line for line in page.splitlines())
    assert all(line == line.rstrip() for line in page.splitlines())


async def test_a_result_at_eighty_columns(recorded: tuple[RunSummary, ItemList, str]) -> None:
    summary, _, _ = recorded
    page = summary_text(summary, width=80, color=False)
    assert_harmless(page, 80)
    assert (
        page
        == f"""\
spec-{RUN_ID}  completed
6 items · 4 completed · 2 failed · 5.5 s · plan {PLAN.digest[7:19]}

score       value   worst–best  scored  failed  skipped  coverage
correct    0.7500  0.500–0.833     4/6       2        –    66.7 %
tone       labels                  3/6       3        –    50.0 %

aggregate
accuracy   0.7500  0.500–0.833     4/6       2        –    66.7 %
  rate of correct
p95        1                       4/6       2        –    66.7 %
  percentile 95 of correct

tone  rude 1 · kind 2

✓ good  accuracy 0.75 ≥ 0.5, coverage 66.7 %
✗ best  accuracy is 0.75, below 0.9.

task   2 ×  exception  e.g. item-4  ValueError: [bold red]x[/]
            \\x1b[2J\\x1b]0;title\\x07 \\u202egnp.exe :smile: \\r\\n\\x9b31m
judge  1 ×  timeout  TimeoutError: the call took longer than 30 s  e.g. item-3

local  kept in the store, not published

exit 3  3 of 6 results of `tone` are missing and no tolerance covers them.
        Gate `best` failed.

try again what failed  evalspec resume {RUN_ID} --retry-errors
look at the items      evalspec show {RUN_ID}
explain a score        evalspec explain {RUN_ID}:item-0:correct
"""
    )


@pytest.mark.parametrize("width", [60, 72, 80, 100, 160])
async def test_nothing_hostile_reaches_the_terminal(
    recorded: tuple[RunSummary, ItemList, str], width: int
) -> None:
    summary, items, explanation = recorded
    for page in (
        show_text(summary, items, width=width, color=False),
        items_text(items, width=width, color=False),
        item_text(items.items, width=width, color=False),
    ):
        assert_harmless(page, width)
        assert "[bold red]x[/]" in page
    assert_harmless(explanation, 80)


async def test_colours_only_where_they_are_wanted(recorded: tuple[RunSummary, ItemList, str]) -> None:
    summary, _, _ = recorded
    assert "\x1b[31m" in summary_text(summary, width=100, color=True)
    assert "\x1b" not in summary_text(summary, width=100)


@pytest.mark.parametrize(
    ("environment", "colored"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_a_terminal_may_decline_colours(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], colored: bool
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdout", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    page = Page(80)
    page.add(text("bad", "red"))
    assert ("\x1b" in str(page)) is colored


def test_the_width_of_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "64")
    assert Page().width == 64
    monkeypatch.delenv("COLUMNS")
    assert Page().width == 100


async def test_items_with_scores_outputs_and_failures(recorded: tuple[RunSummary, ItemList, str]) -> None:
    _, items, _ = recorded
    head, *rows = items_text(items, width=100, color=False).splitlines()
    assert head.split() == ["item", "correct", "tone", "output"]
    assert rows[0].split()[:4] == ["✓", "item-0", "0", "rude"]
    assert rows[3].split()[:6] == ["✓", "item-3", "1", "–", "judge:", "timeout"]
    assert rows[4].split()[:6] == ["✗", "item-4", "–", "–", "exception", "ValueError:"]


async def test_what_does_not_fit_is_counted(recorded: tuple[RunSummary, ItemList, str]) -> None:
    _, items, _ = recorded
    some = items.model_copy(update={"items": items.items[:2]})
    assert items_text(some, width=80, color=False).splitlines()[-1] == "4 more of 6"
    none = items.model_copy(update={"items": [], "matching": 0})
    assert items_text(none, width=80, color=False) == "no item matches\n"


async def test_an_item_whole(recorded: tuple[RunSummary, ItemList, str]) -> None:
    _, items, _ = recorded
    page = item_text([items.items[3]], width=100, color=False)
    assert page.startswith("item-3  trial 1  completed\n")
    assert '\ninput       {"n": 3}\n' in page
    assert "timeout  TimeoutError: the call took longer than 30 s" in page
    failed = item_text([items.items[4]], width=100, color=False)
    assert "failure     exception  ValueError:" in failed
    assert "output" not in failed


async def test_a_text_keeps_its_lines(recorded: tuple[RunSummary, ItemList, str]) -> None:
    _, items, _ = recorded
    item = items.items[0].model_copy(update={"output": "first\nsecond \x1b[1m"})
    page = item_text([item], width=100, color=False)
    assert "output\n  first\n  second \\x1b[1m\n" in page


async def test_a_comment_keeps_its_lines(recorded: tuple[RunSummary, ItemList, str]) -> None:
    _, items, _ = recorded
    item = items.items[0]
    said = "one (4): Polite.\n\ntwo (3.9999…): Curt \x1b[1m."
    (evaluation, *_) = item.evaluations
    scores = [evaluation.scores[0].model_copy(update={"comment": said})]
    evaluations = [evaluation.model_copy(update={"scores": scores})]
    page = item_text([item.model_copy(update={"evaluations": evaluations})], width=100, color=False)
    assert "\\n\\n" not in page
    rows = [line.strip() for line in page.splitlines()]
    assert any(line.endswith("one (4): Polite.") for line in rows)
    assert "two (3.9999…): Curt \\x1b[1m." in rows


async def test_the_comment_of_an_explanation_keeps_its_lines(tmp_path: Path) -> None:
    async with Recorder(tmp_path / "run", PLAN) as run:
        await run.trial(0, {"exact": {"correct": 1.0}}, comment="first\n\nsecond")
        await run.journal.flush()
        with run.journal.reader() as reader:
            explanation = explain_item_score(reader, PLAN, "item-0", 0, "correct")
    assert "\nfirst\n\nsecond\n" in explanation_text(explanation, width=80, color=False)


async def test_an_explanation_names_origins(recorded: tuple[RunSummary, ItemList, str]) -> None:
    _, _, page = recorded
    rows = page.splitlines()
    assert rows[0] == "correct  1  BOOLEAN"
    for label in ("dataset", "version", "item", "run", "trial", "task", "evaluator", "score config", "trace"):
        assert any(line.startswith(f"{label} ") for line in rows), label
    assert sum(line.strip().startswith("←") for line in rows) == 13
    assert "what measured it" in page


def test_runs() -> None:
    good = RunEntry(id=RUN_ID, spec="capitals", status="completed", items=10, completed=8, failed=2)
    bad = RunEntry(id="20260101-000000-damage", status="unreadable", problem="The file is damaged.")
    page = runs_text(RunList(runs=[good, bad]), width=100, color=False)
    assert page.splitlines()[1].split() == [RUN_ID, "capitals", "completed", "10", "10", "2"]
    assert page.endswith("20260101-000000-damage: The file is damaged.\n")
    assert runs_text(RunList(runs=[]), width=80, color=False) == "there are no runs yet\n"


def test_publication() -> None:
    refusal = Refused(kind="score", item="item-1", trial=1, name="tone", reason="not a category")
    publication = PublicationSummary(
        backend="langfuse", sent=9, confirmed=7, refused=1, pending=3, not_yet_visible=2, refusals=[refusal]
    )
    assert publication_text(publication, width=80, color=False) == (
        "langfuse  9 sent · 3 pending · 2 not yet visible · 1 refused\n"
        "refused   score tone item-1  not a category\n"
    )


def test_doctor() -> None:
    diagnosis = Diagnosis((Check("settings", True, "they are set"), Check("server", False, "no answer")))
    assert (
        doctor_text(diagnosis, width=80, color=False) == "✓ settings  they are set\n✗ server    no answer\n"
    )


def test_lines_are_escaped_one_by_one() -> None:
    assert lines("a\tb\nc\x07").plain == "a\\tb\nc\\x07"


async def test_names_and_coverage_stand_on_narrow_pages_too(
    recorded: tuple[RunSummary, ItemList, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    summary, _, _ = recorded
    monkeypatch.setenv("COLUMNS", "40")
    lines = summary_text(summary, color=False).splitlines()
    [heads] = [line.split() for line in lines if line.startswith("score ")]
    assert heads[1] == "value"
    assert heads[-1] == "coverage"
    for name, score in summary.scores.items():
        [shown] = [line for line in lines if line.startswith(f"{name} ")][:1]
        assert f"{score.scored}/{score.expected}" in shown


async def test_wide_characters_keep_their_columns(recorded: tuple[RunSummary, ItemList, str]) -> None:
    _, items, _ = recorded
    wide = items.items[0].model_copy(update={"item": "東京都の首都"})
    page = items_text(items.model_copy(update={"items": [wide], "matching": 1}), width=80, color=False)
    assert page.splitlines()[1].startswith("✓  東京都の首都        0  rude  ")
