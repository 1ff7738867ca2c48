"""Results as text for a terminal. Width and colours are those of standard output unless they are given."""

from collections.abc import Iterable
from typing import Protocol

from evalspec.analysis.explanation import Explanation
from evalspec.analysis.items import ItemDetail, ItemList
from evalspec.analysis.listing import RunList
from evalspec.analysis.summary import PublicationSummary, RunSummary
from evalspec.report.explanation import add_explanation
from evalspec.report.items import add_item, add_items
from evalspec.report.page import BAD, FAINT, GOOD, WORDS, Page, grid, row, text
from evalspec.report.runs import add_runs
from evalspec.report.summary import add_publication, add_summary


class _Check(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def ok(self) -> bool: ...
    @property
    def message(self) -> str: ...


class _Diagnosis(Protocol):
    @property
    def checks(self) -> Iterable[_Check]: ...


def summary_text(summary: RunSummary, *, width: int | None = None, color: bool | None = None) -> str:
    """The result of a run."""
    page = Page(width, color)
    add_summary(page, summary)
    return str(page)


def show_text(
    summary: RunSummary, items: ItemList, *, width: int | None = None, color: bool | None = None
) -> str:
    """The result of a run, and a table of its items."""
    page = Page(width, color)
    add_summary(page, summary)
    page.gap()
    add_items(page, items)
    return str(page)


def item_text(trials: Iterable[ItemDetail], *, width: int | None = None, color: bool | None = None) -> str:
    """The trials of one item, each whole."""
    page = Page(width, color)
    for index, item in enumerate(trials):
        if index:
            page.gap()
        add_item(page, item)
    return str(page)


def explanation_text(explanation: Explanation, *, width: int | None = None, color: bool | None = None) -> str:
    """Where a score comes from."""
    page = Page(width, color)
    add_explanation(page, explanation)
    return str(page)


def runs_text(found: RunList, *, width: int | None = None, color: bool | None = None) -> str:
    """The runs of a store."""
    page = Page(width, color)
    add_runs(page, found)
    return str(page)


def publication_text(
    publication: PublicationSummary, *, width: int | None = None, color: bool | None = None
) -> str:
    """What has reached Langfuse."""
    page = Page(width, color)
    add_publication(page, publication)
    return str(page)


def doctor_text(diagnosis: _Diagnosis, *, width: int | None = None, color: bool | None = None) -> str:
    """What was checked of a server, and what was found."""
    page = Page(width, color)
    table = grid({"no_wrap": True}, {"no_wrap": True, "style": FAINT}, WORDS, gap=1)
    for check in diagnosis.checks:
        mark = text("✓", GOOD) if check.ok else text("✗", BAD)
        row(table, [mark, text(f"{check.name} "), text(check.message)])
    page.add(table)
    return str(page)
