"""The runs of a store as a page of text."""

from rich.text import Text

from evalspec.analysis.listing import RunEntry, RunList
from evalspec.report.columns import Entry, ledger
from evalspec.report.page import BAD, FAINT, GOOD, WARN, Page, text

_STYLES = {"completed": GOOD, "interrupted": WARN, "running": "cyan", "unreadable": BAD}


def add_runs(page: Page, found: RunList) -> None:
    """A table of runs, the newest first."""
    if not found.runs:
        page.add(text("there are no runs yet", FAINT))
        return
    # A run's id says when it was created.
    heads = [text(head) for head in ("status", "items", "trials", "failed")]
    entries = [Entry(text(f"{'run':<{len(found.runs[0].id)}}"), heads, text("spec"), FAINT)]
    entries += [Entry(text(entry.id), _cells(entry), text(entry.spec or "")) for entry in found.runs]
    page.add(ledger(entries, page.width, left={0}))
    for entry in found.runs:
        if entry.problem is not None:
            page.add(text(f"{entry.id}: {entry.problem}", BAD))


def _cells(entry: RunEntry) -> list[Text]:
    failed = entry.failed or 0
    return [
        text(entry.status, _STYLES[entry.status]),
        text("" if entry.items is None else entry.items),
        text("" if entry.completed is None else entry.completed + failed),
        text(failed or "–", BAD if failed else FAINT),
    ]
