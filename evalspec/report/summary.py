"""The result of a run as a page of text."""

from collections.abc import Iterator, Mapping, Sequence

from rich.table import Table
from rich.text import Text

from evalspec.analysis.model_usage import ModelUsage
from evalspec.analysis.summary import (
    FailureSummary,
    GateSummary,
    PublicationSummary,
    ResultCounts,
    RunSummary,
    ScoreSummary,
)
from evalspec.plan.canonical import short
from evalspec.report.aggregates import EMPTY, function_text, matrices
from evalspec.report.numbers import bound, count, number, percent, plural, rounded, seconds
from evalspec.report.page import (
    BAD,
    FAINT,
    GOOD,
    LABEL,
    NUMBER,
    STRONG,
    WARN,
    WORDS,
    Page,
    grid,
    joined,
    row,
    text,
)

_STATUS_STYLES = {"completed": GOOD, "interrupted": WARN, "running": "cyan"}
_SHOWN_TRIALS = 10
_SHOWN_SLICES = 20
_SHOWN_LABELS = 8
_SHOWN_REFUSALS = 3
_DOT = " · "
_NAME_WIDTH = 12
_WIDE = 100
"""From this width on an aggregate and its function stand on one line."""
_RANGED = 80
"""A narrower page has no room for the worst and best case; names and coverage matter more."""


def add_summary(page: Page, summary: RunSummary) -> None:
    """Header, values, gates, what is missing, publication, exit code, what to do next."""
    _add_header(page, summary)
    if summary.scores:
        page.gap()
        page.add(_values(summary, page.width))
    for block in (
        _distributions(summary.scores),
        *matrices(summary.aggregates, page.width),
        _gates(summary.gates),
        _models(summary.models),
        _failures(summary),
        _publication(summary.publication),
        _closing(summary),
    ):
        if block.row_count:
            page.gap()
            page.add(block)
    _add_next_steps(page, summary)


def add_publication(page: Page, publication: PublicationSummary) -> None:
    """What has reached the server."""
    page.add(_publication(publication))


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


def _values(summary: RunSummary, width: int) -> Table:
    """Scores and aggregates in one table, so that their columns stand under each other."""
    everything: list[ResultCounts] = [*summary.scores.values(), *summary.aggregates.values()]
    pending = any(counts.pending for counts in everything)
    ranges = width >= _RANGED and any(_range(counts) for counts in everything)
    columns = [NUMBER, *([NUMBER] if ranges else []), NUMBER, NUMBER, NUMBER]
    names = {**WORDS, "min_width": _NAME_WIDTH}
    table = grid(names, *columns, *([NUMBER] if pending else []), NUMBER)
    heads = ["value", *(["worst–best"] if ranges else []), "scored", "failed", "skipped"]
    heads += [*(["pending"] if pending else []), "coverage"]
    row(table, ["score", *heads], FAINT)
    for name, score in summary.scores.items():
        row(table, [text(name), _score_value(score), *_counts(score, ranges=ranges, pending=pending)])
    if summary.aggregates:
        row(table, [""])
        row(table, ["aggregate"], FAINT)
    for name, aggregate in summary.aggregates.items():
        cells = _counts(aggregate, ranges=ranges, pending=pending)
        gap = "  " if width >= _WIDE else "\n  "
        shown = Text(gap).join([text(name), text(function_text(aggregate), FAINT)])
        row(table, [shown, _value(aggregate.value), *cells])
        for one in (aggregate.per_trial or [])[:_SHOWN_TRIALS]:
            cells = _counts(one, ranges=ranges, pending=pending)
            row(table, [text(f"  trial {one.trial}"), _value(one.value), *cells], FAINT)
        slices = aggregate.slices or []
        for part in slices[:_SHOWN_SLICES]:
            cells = _counts(part, ranges=ranges, pending=pending)
            row(table, [text(f"  {part.group or EMPTY}"), _value(part.value), *cells], FAINT)
        if len(slices) > _SHOWN_SLICES:
            row(table, [text(f"  … {len(slices) - _SHOWN_SLICES} more groups")], FAINT)
    return table


def _counts(counts: ResultCounts, *, ranges: bool, pending: bool) -> list[Text]:
    failed = text(count(counts.failed), BAD if counts.failed else FAINT)
    covered = text(percent(counts.coverage), "" if counts.coverage == 1 else BAD)
    scored = f"{counts.scored}/{counts.expected}"
    if counts.imputed:
        scored = f"{scored} ({counts.imputed} imputed)"
    return [
        *([text(_range(counts), FAINT)] if ranges else []),
        text(scored),
        failed,
        text(count(counts.skipped), "" if counts.skipped else FAINT),
        *([text(count(counts.pending), WARN if counts.pending else FAINT)] if pending else []),
        covered,
    ]


def _range(counts: ResultCounts) -> str:
    """What the value could be if the missing results were there; nothing where none is missing."""
    worst, best = counts.worst_case, counts.best_case
    if not counts.failed + counts.pending or (worst is None and best is None):
        return ""
    return "–".join("?" if case is None else rounded(case) for case in (worst, best))


def _score_value(score: ScoreSummary) -> Text:
    return text("labels", FAINT) if score.distribution else _value(score.value)


def _value(value: float | str | None) -> Text:
    if value is None:
        return text("–", FAINT)
    return text(value if isinstance(value, str) else number(value), STRONG)


def _distributions(scores: Mapping[str, ScoreSummary]) -> Table:
    table = grid(LABEL, WORDS)
    for name, score in scores.items():
        labels = score.distribution or {}
        if labels:
            shown = [f"{label} {frequency}" for label, frequency in labels.items()]
            more = len(shown) - _SHOWN_LABELS
            tail = [f"{more} more labels"] if more > 1 else []
            row(table, [text(name), text(_DOT.join([*shown[: _SHOWN_LABELS + (more == 1)], *tail]))])
    return table


def _gates(gates: Mapping[str, GateSummary]) -> Table:
    table = grid({"no_wrap": True}, WORDS, WORDS, gap=1)
    for name, gate in gates.items():
        mark = text("✓", GOOD) if gate.passed else text("✗", BAD)
        said = text(_held(gate), FAINT) if gate.passed else text(gate.reason)
        row(table, [mark, joined(text(name), " "), said])
    return table


def _held(gate: GateSummary) -> str:
    value = gate.value if isinstance(gate.value, str) else "" if gate.value is None else number(gate.value)
    bounds = [
        *([f"≥ {bound(gate.min)}"] if gate.min is not None else []),
        *([f"≤ {bound(gate.max)}"] if gate.max is not None else []),
        *([f"coverage {percent(gate.coverage)}"] if gate.min_coverage is not None else []),
    ]
    return f"{gate.aggregate} {value} {', '.join(bounds)}"


def _models(usages: Sequence[ModelUsage]) -> Table:
    """What the models were asked, and what it cost."""
    table = grid(WORDS, {"no_wrap": True, "style": FAINT}, NUMBER, NUMBER, NUMBER, WORDS)
    if usages:
        row(table, ["model", "", "requests", "tokens", "cost", ""], FAINT)
    for one in usages:
        tokens = f"{one.input_tokens:,} + {one.output_tokens:,}"
        answered = ", ".join(one.reported) or one.model
        notes = [] if answered == one.name else [text(answered, FAINT)]
        if one.unpriced:
            notes.append(text(f"{plural(one.unpriced, 'answer')} without a known price", WARN))
        if one.failed:
            notes.append(text(f"{plural(one.failed, 'call')} failed", BAD))
        cost = "–" if one.embedded else f"${one.cost:.4f}"
        cells = [text(one.name), one.use, text(f"{one.requests:,}"), text(tokens), text(cost)]
        row(table, [*cells, joined(*notes, gap=", ")])
    return table


def _failures(summary: RunSummary) -> Table:
    """Why results are missing: the task's failures once, each evaluator's with its score."""
    table = grid(LABEL, NUMBER, WORDS)
    for source, failure in _all_failures(summary):
        said = f"{failure.type}: {failure.message}" if failure.type else failure.message
        outage = " (provider outage)" if failure.outages else ""
        parts = [text(said), text(f"  e.g. {failure.item}", FAINT)]
        if failure.count > 1:
            # Only this one says it in these words.
            parts = [text(f"e.g. {failure.item}  ", FAINT), text(said)]
        what = joined(text(f"{failure.kind}{outage}  ", BAD), *parts)
        row(table, [text(source), f"{failure.count} ×", what])
    for name, aggregate in summary.aggregates.items():
        # Where nothing was scored the counts say so already.
        if aggregate.value is None and aggregate.scored and aggregate.failure is not None:
            row(table, [text(name), "", joined(text("no value  ", BAD), text(aggregate.failure))])
    return table


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


def _publication(publication: PublicationSummary) -> Table:
    table = grid(LABEL, WORDS)
    if publication.backend == "local":
        row(table, ["local", text("kept in the store, not published", FAINT)])
        return table
    parts = [text(_delivered(publication))]
    if publication.pending:
        parts.append(text(f"{publication.pending} pending", WARN))
    if publication.not_yet_visible:
        parts.append(text(f"{publication.not_yet_visible} not yet visible", WARN))
    elif publication.sent and not publication.refused:
        parts.append(text("all read back", GOOD))
    if publication.refused:
        parts.append(text(f"{publication.refused} refused", BAD))
    row(table, [text(publication.backend), joined(*parts, gap=_DOT)])
    for refusal in publication.refusals[:_SHOWN_REFUSALS]:
        what = " ".join(filter(None, (refusal.kind.replace("_", " "), refusal.name, refusal.item)))
        row(table, ["refused", joined(text(f"{what}  "), text(refusal.reason, FAINT))])
    if publication.error:
        row(table, ["problem", text(publication.error, WARN)])
    for note in publication.notes:
        row(table, ["note", text(note, FAINT)])
    return table


def _delivered(publication: PublicationSummary) -> str:
    if publication.traces is None or publication.scores is None:
        return f"{publication.sent} sent"
    traces, scores = plural(publication.traces.sent, "trace"), plural(publication.scores.sent, "score")
    return f"{traces} and {scores} sent"


def _closing(summary: RunSummary) -> Table:
    """The exit code with its reasons."""
    table = grid({"no_wrap": True}, WORDS)
    for index, reason in enumerate(summary.reasons):
        label = text(f"exit {summary.exit_code}" if index == 0 else "", BAD)
        # Why a gate fails is said beside the gate.
        message = f"{reason.message.partition(':')[0]}." if reason.code == "gate-failed" else reason.message
        row(table, [label, text(message)])
    return table


def _add_next_steps(page: Page, summary: RunSummary) -> None:
    """Commands, on one line each however long, for they are there to be copied."""
    if summary.how_to:
        page.gap()
        width = max(len(step.why) for step in summary.how_to)
        for step in summary.how_to:
            page.add_unbroken(joined(text(f"{step.why:<{width}}", FAINT), text(step.command), gap="  "))
