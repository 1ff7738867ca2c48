"""The explanation of a score as a page of text."""

from collections.abc import Iterable

from evalspec.analysis.explanation import ExplainedScore, Explanation, FactorDetail
from evalspec.plan.canonical import short
from evalspec.report.columns import Entry, annotated
from evalspec.report.items import failure_text
from evalspec.report.numbers import number, percent
from evalspec.report.page import FAINT, STRONG, WARN, Page, joined, lines, text
from evalspec.report.pieces import (
    STATUS_STYLES,
    add_attachment,
    add_composition,
    add_facts,
    add_judgement,
    add_observations,
)
from evalspec.report.summary import add_next_steps

_FACTS = (
    "dataset",
    "version",
    "selection",
    "item",
    "run",
    "trial",
    "task",
    "output",
    "evaluator",
    "aggregate",
    "score_config",
    "trace",
    "experiment",
    "mode",
    "source",
)


def add_explanation(page: Page, explanation: Explanation) -> None:
    """The score and its pieces, each link of its chain with its origin, and the factors."""
    _add_score(page, explanation.score)
    if explanation.composition is not None:
        add_composition(page, explanation.composition)
    if explanation.judgement is not None:
        add_judgement(page, explanation.judgement, explanation.score.comment)
    if explanation.attachment is not None:
        add_attachment(page, explanation.attachment)
    page.gap()
    found = [(name.replace("_", " "), getattr(explanation, name)) for name in _FACTS]
    add_facts(page, [(label, fact) for label, fact in found if fact is not None])
    if explanation.observations is not None:
        add_observations(page, explanation.observations)
    for role in ("subject", "instrument", "environment"):
        factors = [factor for factor in explanation.factors if factor.role == role]
        if factors:
            page.gap()
            page.add(text(_title(explanation, role), STRONG))
            _add_factors(page, factors)
    add_next_steps(page, explanation.how_to)


def _add_score(page: Page, score: ExplainedScore) -> None:
    value = score.status if score.value is None else _value(score.value)
    shown = text(value, STATUS_STYLES[score.status])
    kind = score.data_type if score.level == "item" else f"{score.data_type}, run-level"
    page.add(joined(text(score.name, STRONG), shown, text(kind, FAINT), gap="  "))
    details = [f"score {score.id}"]
    if score.coverage is not None:
        details.append(f"coverage {percent(score.coverage)}")
    page.add(text(" · ".join(details), FAINT))
    if score.imputed:
        page.add(text("given by on_task_failure, because the task failed", WARN))
    if score.comment:
        page.add(lines(score.comment))
    if score.failure is not None:
        page.add(failure_text(score.failure))


def _add_factors(page: Page, factors: Iterable[FactorDetail]) -> None:
    entries = [
        Entry(text(factor.name, FAINT), [text(short(factor.digest), "cyan")], text(factor.value))
        for factor in factors
    ]
    page.add(annotated(entries, page.width))


def _title(explanation: Explanation, role: str) -> str:
    if role == "subject":
        return f"what was measured  {short(explanation.subject_digest)}"
    if role == "instrument":
        return f"what measured it  {short(explanation.instrument_digest)}"
    return "where and when"


def _value(value: float | str) -> str:
    return value if isinstance(value, str) else number(value)
