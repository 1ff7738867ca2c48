"""How far the publication of a run has come."""

from collections.abc import Sequence
from typing import Final, Protocol

from evalspec.analysis.summary import DeliverySummary, PublicationSummary, Refused
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import RunHeader
from evalspec.journal.rows import DeliveryCounts, Refusal

SHOWN_REFUSALS: Final = 20
_EXPERIMENT_META: Final = "experiment"
"""What the journal holds once a publication has begun."""


class PublicationState(Protocol):
    """The outcome of a publication; spans are counted in trials."""

    @property
    def backend(self) -> str: ...
    @property
    def spans(self) -> DeliveryCounts: ...
    @property
    def scores(self) -> DeliveryCounts: ...
    @property
    def refusals(self) -> Sequence[Refusal]: ...
    @property
    def error(self) -> str | None: ...
    @property
    def notes(self) -> Sequence[str]: ...


def summarize_publication(
    reader: JournalReader, header: RunHeader, state: PublicationState | None
) -> PublicationSummary:
    """The publication of a run, as `state` says or else as the journal's marks do."""
    if state is not None:
        counts, refusals = (state.spans, state.scores), state.refusals
        return _summary(state.backend, *counts, refusals, error=state.error, notes=list(state.notes))
    if header.backend == "local" and reader.meta(_EXPERIMENT_META) is None:
        return PublicationSummary(backend="local")
    marks = reader.publication_counts()
    return _summary("langfuse", marks.spans, marks.scores, reader.refusals())


def _summary(
    backend: str,
    spans: DeliveryCounts,
    scores: DeliveryCounts,
    refusals: Sequence[Refusal],
    *,
    error: str | None = None,
    notes: list[str] | None = None,
) -> PublicationSummary:
    sent, confirmed = spans.sent + scores.sent, spans.confirmed + scores.confirmed
    return PublicationSummary(
        backend=backend,
        sent=sent,
        confirmed=confirmed,
        refused=spans.refused + scores.refused,
        pending=spans.pending + scores.pending,
        not_yet_visible=max(0, sent - confirmed),
        traces=_delivery(spans),
        scores=_delivery(scores),
        refusals=[_refused(refusal) for refusal in refusals[:SHOWN_REFUSALS]],
        error=error,
        notes=notes or [],
    )


def _delivery(counts: DeliveryCounts) -> DeliverySummary:
    return DeliverySummary(
        sent=counts.sent, confirmed=counts.confirmed, refused=counts.refused, pending=counts.pending
    )


def _refused(refusal: Refusal) -> Refused:
    return Refused.model_validate(
        {
            "kind": refusal.kind,
            "item": refusal.item_id,
            "trial": None if refusal.trial is None else refusal.trial + 1,
            "name": refusal.name,
            "reason": refusal.reason,
        }
    )
