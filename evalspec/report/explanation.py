"""The explanation of a score as a page of text."""

from collections.abc import Iterable

from evalspec.analysis.explanation import ExplainedScore, Explanation, Fact, FactorDetail
from evalspec.plan.canonical import short
from evalspec.report.numbers import number, percent
from evalspec.report.page import BAD, FAINT, LABEL, STRONG, WARN, WORDS, Page, grid, joined, lines, row, text

_WHOLE_DIGESTS = 96
"""From this width on digests are shown whole."""
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
_STYLES = {"scored": STRONG, "failed": BAD, "skipped": FAINT, "pending": WARN}


def add_explanation(page: Page, explanation: Explanation) -> None:
    """The score, each link of its chain with its origin, and the factors."""
    _add_score(page, explanation.score)
    page.gap()
    table = grid(LABEL, WORDS)
    for name in _FACTS:
        fact: Fact | None = getattr(explanation, name)
        if fact is None:
            continue
        row(table, [text(name.replace("_", " ")), text(fact.value)])
        if fact.digest is not None:
            row(table, ["", text(_digest(fact.digest, page.width), "cyan")])
        row(table, ["", text(f"← {fact.origin}", FAINT)])
    page.add(table)
    for role in ("subject", "instrument", "environment"):
        factors = [factor for factor in explanation.factors if factor.role == role]
        if factors:
            page.gap()
            page.add(text(_title(explanation, role), STRONG))
            _add_factors(page, factors)


def _add_score(page: Page, score: ExplainedScore) -> None:
    value = score.status if score.value is None else _value(score.value)
    shown = text(value, _STYLES[score.status])
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
        said = (
            f"{score.failure.type}: {score.failure.message}" if score.failure.type else score.failure.message
        )
        page.add(joined(text(f"{score.failure.kind}  ", BAD), text(said)))


def _add_factors(page: Page, factors: Iterable[FactorDetail]) -> None:
    table = grid({**LABEL, "no_wrap": False, "overflow": "fold"}, {"style": "cyan", "no_wrap": True}, WORDS)
    for factor in factors:
        row(table, [text(factor.name), text(short(factor.digest)), text(factor.value)])
    page.add(table)


def _title(explanation: Explanation, role: str) -> str:
    if role == "subject":
        return f"what was measured  {short(explanation.subject_digest)}"
    if role == "instrument":
        return f"what measured it  {short(explanation.instrument_digest)}"
    return "where and when"


def _digest(digest: str, width: int) -> str:
    return digest if width >= _WHOLE_DIGESTS else f"{digest[:39]}…"


def _value(value: float | str) -> str:
    return value if isinstance(value, str) else number(value)
