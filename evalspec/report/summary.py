"""The result of a run as a page of text."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from rich.text import Text

from evalspec.analysis.digits import beside, exact
from evalspec.analysis.model_usage import ModelUsage
from evalspec.analysis.summary import (
    FailureSummary,
    GateSummary,
    HowTo,
    PublicationSummary,
    RunSummary,
    ScoreSummary,
)
from evalspec.plan.canonical import short
from evalspec.report.aggregates import matrices
from evalspec.report.columns import Entry, annotated
from evalspec.report.numbers import percent, plural, seconds
from evalspec.report.page import (
    BAD,
    FAINT,
    GOOD,
    STRONG,
    WARN,
    Page,
    joined,
    text,
)
from evalspec.report.values import values

_STATUS_STYLES = {"completed": GOOD, "interrupted": WARN, "running": "cyan"}
_SHOWN_LABELS = 8
_SHOWN_REFUSALS = 3
_DOT = " · "


def add_summary(page: Page, summary: RunSummary) -> None:
    """Header, values, gates, what is missing, publication, exit code, what to do next."""
    _add_header(page, summary)
    if summary.scores:
        page.gap()
        page.add(values(summary, page.width))
    _add_block(page, _distributions(summary.scores))
    for matrix in matrices(summary.aggregates, page.width):
        page.gap()
        page.add(matrix)
    _add_block(page, _gates(summary.gates))
    _add_block(page, _models(summary.models), left={0})
    _add_block(page, _failures(summary))
    _add_block(page, _publication(summary.publication))
    _add_block(page, _closing(summary))
    add_next_steps(page, summary.how_to)


def add_publication(page: Page, publication: PublicationSummary) -> None:
    """What has reached the server."""
    page.add(annotated(_publication(publication), page.width))


def _add_block(page: Page, entries: Sequence[Entry], left: Collection[int] = ()) -> None:
    if entries:
        page.gap()
        page.add(annotated(entries, page.width, left=left))


def _add_header(page: Page, summary: RunSummary) -> None:
    run, items, trials = summary.run, summary.items, summary.trials
    status = text(run.status, _STATUS_STYLES[run.status])
    page.add(joined(text(run.name, STRONG), status, gap="  "))
    parts = [plural(items.expected, "item")]
    if run.repeats > 1:
        parts.append(plural(trials.expected, "trial"))
    parts += [
        f"{trials.completed} completed",
        *([f"{trials.failed} failed"] if trials.failed else []),
        *([f"{trials.skipped} not attempted"] if trials.skipped else []),
        *([seconds(run.duration_seconds)] if run.duration_seconds is not None else []),
        f"plan {short(run.plan_digest)}",
    ]
    page.add(text(_DOT.join(parts), FAINT))
    for deviation in run.deviations:
        page.add(text(f"not as planned: {deviation}", WARN))


def _distributions(scores: Mapping[str, ScoreSummary]) -> list[Entry]:
    entries = []
    for name, score in scores.items():
        labels = score.distribution or {}
        if labels:
            shown = [f"{label} {frequency}" for label, frequency in labels.items()]
            more = len(shown) - _SHOWN_LABELS
            tail = [f"{more} more labels"] if more > 1 else []
            said = text(_DOT.join([*shown[: _SHOWN_LABELS + (more == 1)], *tail]))
            entries.append(Entry(text(name, FAINT), words=said))
    return entries


def _gates(gates: Mapping[str, GateSummary]) -> list[Entry]:
    entries = []
    for name, gate in gates.items():
        mark = text("✓ ", GOOD) if gate.passed else text("✗ ", BAD)
        said = text(_held(gate), FAINT) if gate.passed else text(gate.reason)
        entries.append(Entry(joined(mark, text(name)), words=said))
    return entries


def _held(gate: GateSummary) -> str:
    limits = [one for one in (gate.min, gate.max) if one is not None]
    value = gate.value if isinstance(gate.value, str) else ""
    if isinstance(gate.value, float | int):
        value = beside(gate.value, limits)
    bounds = [
        *([f"≥ {exact(gate.min)}"] if gate.min is not None else []),
        *([f"≤ {exact(gate.max)}"] if gate.max is not None else []),
        *([f"coverage {percent(gate.coverage)}"] if gate.min_coverage is not None else []),
    ]
    return f"{gate.aggregate} {value} {', '.join(bounds)}"


def _models(usages: Sequence[ModelUsage]) -> list[Entry]:
    """What the models were asked, and what it cost."""
    if not usages:
        return []
    heads = [text(""), text("requests"), text("tokens"), text("cost")]
    entries = [Entry(text("model"), heads, style=FAINT)]
    for one in usages:
        tokens = f"{one.input_tokens:,} + {one.output_tokens:,}"
        answered = ", ".join(one.reported) or one.model
        notes = [] if answered == one.name else [text(answered, FAINT)]
        if one.unpriced:
            notes.append(text(f"{plural(one.unpriced, 'answer')} without a known price", WARN))
        if one.failed:
            notes.append(text(f"{plural(one.failed, 'call')} failed", BAD))
        cost = "–" if one.embedded else f"${one.cost:.4f}"
        cells = [text(one.use, FAINT), text(f"{one.requests:,}"), text(tokens), text(cost)]
        entries.append(Entry(text(one.name), cells, joined(*notes, gap=", ") if notes else None))
    return entries


def _failures(summary: RunSummary) -> list[Entry]:
    """Why results are missing: the task's failures once, each evaluator's with its score."""
    entries = []
    for source, failure in _all_failures(summary):
        said = f"{failure.type}: {failure.message}" if failure.type else failure.message
        outage = " (provider outage)" if failure.outages else ""
        parts = [text(said), text(f"  e.g. {failure.item}", FAINT)]
        if failure.count > 1:
            # Only this one says it in these words.
            parts = [text(f"e.g. {failure.item}  ", FAINT), text(said)]
        what = joined(text(f"{failure.kind}{outage}  ", BAD), *parts)
        entries.append(Entry(text(source, FAINT), [text(f"{failure.count} ×")], what))
    for name, aggregate in summary.aggregates.items():
        # Where nothing was scored the counts say so already.
        if aggregate.value is None and aggregate.scored and aggregate.failure is not None:
            what = joined(text("no value  ", BAD), text(aggregate.failure))
            entries.append(Entry(text(name, FAINT), [text("")], what))
    return entries


def _all_failures(summary: RunSummary) -> Iterator[tuple[str, FailureSummary]]:
    for failure in summary.trials.failures:
        yield "task", failure
    seen: set[str | None] = set()
    for score in summary.scores.values():
        if score.evaluator not in seen:
            seen.add(score.evaluator)
            for failure in score.failures:
                if failure.source == "evaluator":
                    yield score.evaluator or "", failure
    for name, aggregate in summary.aggregates.items():
        for failure in aggregate.failures:
            yield name, failure


def _publication(publication: PublicationSummary) -> list[Entry]:
    if publication.backend == "local":
        return [_labelled("local", text("kept in the store, not published", FAINT))]
    parts = [text(_delivered(publication))]
    if publication.pending:
        parts.append(text(f"{publication.pending} pending", WARN))
    if publication.not_yet_visible:
        parts.append(text(f"{publication.not_yet_visible} not yet visible", WARN))
    elif publication.sent and not publication.refused:
        parts.append(text("all read back", GOOD))
    if publication.refused:
        parts.append(text(f"{publication.refused} refused", BAD))
    entries = [_labelled(publication.backend, joined(*parts, gap=_DOT))]
    for refusal in publication.refusals[:_SHOWN_REFUSALS]:
        what = " ".join(filter(None, (refusal.kind.replace("_", " "), refusal.name, refusal.item)))
        entries.append(_labelled("refused", joined(text(f"{what}  "), text(refusal.reason, FAINT))))
    if publication.error:
        entries.append(_labelled("problem", text(publication.error, WARN)))
    for note in publication.notes:
        entries.append(_labelled("note", text(note, FAINT)))
    return entries


def _labelled(label: str, words: Text) -> Entry:
    return Entry(text(label, FAINT), words=words)


def _delivered(publication: PublicationSummary) -> str:
    if publication.traces is None or publication.scores is None:
        return f"{publication.sent} sent"
    traces, scores = plural(publication.traces.sent, "trace"), plural(publication.scores.sent, "score")
    return f"{traces} and {scores} sent"


def _closing(summary: RunSummary) -> list[Entry]:
    """The exit code with its reasons."""
    entries = []
    for index, reason in enumerate(summary.reasons):
        label = text(f"exit {summary.exit_code}" if index == 0 else "", BAD)
        # Why a gate fails is said beside the gate.
        message = f"{reason.message.partition(':')[0]}." if reason.code == "gate-failed" else reason.message
        entries.append(Entry(label, words=text(message)))
    return entries


def add_next_steps(page: Page, steps: Sequence[HowTo]) -> None:
    """Commands, on one line each however long, for they are there to be copied."""
    if steps:
        page.gap()
        width = max(len(step.why) for step in steps)
        for step in steps:
            page.add_unbroken(joined(text(f"{step.why:<{width}}", FAINT), text(step.command), gap="  "))
