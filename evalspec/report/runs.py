"""The runs of a store as a page of text."""

from rich.text import Text

from evalspec.analysis.listing import RunEntry, RunList
from evalspec.report.page import BAD, FAINT, GOOD, NUMBER, WARN, Page, grid, row, text

_STYLES = {"completed": GOOD, "interrupted": WARN, "running": "cyan", "unreadable": BAD}


def add_runs(page: Page, found: RunList) -> None:
    """A table of runs, the newest first."""
    if not found.runs:
        page.add(text("there are no runs yet", FAINT))
        return
    name = {"no_wrap": True, "overflow": "ellipsis"}
    table = grid({"no_wrap": True}, name, {"no_wrap": True}, {"no_wrap": True}, NUMBER, NUMBER, NUMBER)
    row(table, ["run", "spec", "status", "created", "items", "done", "failed"], FAINT)
    for entry in found.runs:
        row(table, [text(entry.id), text(entry.spec or ""), *_cells(entry)])
    page.add(table)
    for entry in found.runs:
        if entry.problem is not None:
            page.add(text(f"{entry.id}: {entry.problem}", BAD))


def _cells(entry: RunEntry) -> list[Text]:
    created = "" if entry.created_at is None else f"{entry.created_at:%Y-%m-%d %H:%M}"
    failed = entry.failed or 0
    return [
        text(entry.status, _STYLES[entry.status]),
        text(created, FAINT),
        text("" if entry.items is None else entry.items),
        text("" if entry.completed is None else entry.completed + failed),
        text(failed or "–", BAD if failed else FAINT),
    ]
