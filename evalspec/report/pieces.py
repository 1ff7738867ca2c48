"""The pieces of a score on a page: the scores and conditions it was made of, its judges, what it is attached
to, and what the task did.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.text import Text

from evalspec.analysis.explained_parts import (
    Attachment,
    Composition,
    Condition,
    Fact,
    JudgeDetail,
    Judgement,
    ObservationDetail,
    ObservationTree,
    ReadScore,
    ScoreAt,
    Verdict,
)
from evalspec.report.columns import Entry, annotated, in_cell
from evalspec.report.items import failure_text
from evalspec.report.numbers import aligned, number, percent, plural, seconds
from evalspec.report.page import (
    BAD,
    FAINT,
    GOOD,
    LABEL,
    STRONG,
    WARN,
    WORDS,
    Page,
    grid,
    joined,
    lines,
    row,
    text,
)

STATUS_STYLES: Final = {"scored": STRONG, "failed": BAD, "skipped": FAINT, "pending": WARN}
_LEVEL_STYLES: Final = {"ERROR": BAD, "WARNING": WARN}
_WHOLE_DIGESTS: Final = 96
"""From this width on digests are shown whole."""
_PLACES: Final = ("as the first", "as the second")
_DEEPEST: Final = 12
"""Levels that are indented; what is deeper stands at the last of them."""


def add_facts(page: Page, facts: Sequence[tuple[str, Fact]]) -> None:
    """Facts with their labels, digests and origins."""
    table = grid(LABEL, WORDS)
    for label, fact in facts:
        row(table, [text(label), text(fact.value)])
        if fact.digest is not None:
            row(table, ["", text(_digest(fact.digest, page.width), "cyan")])
        row(table, ["", text(f"← {fact.origin}", FAINT)])
    page.add(table)


def _digest(digest: str, width: int) -> str:
    return digest if width >= _WHOLE_DIGESTS else f"{digest[:39]}…"


def add_composition(page: Page, composition: Composition) -> None:
    """The scores that a score was made of, and what its conditions came to."""
    page.gap()
    page.add(text("what it was made of", STRONG))
    if composition.scores:
        page.add(annotated([*_read(composition.scores)], page.width))
    said = [*_conditions(composition)]
    if said:
        page.add(annotated(said, page.width))


def _read(scores: Sequence[ReadScore]) -> Iterator[Entry]:
    weighted = any(score.weight is not None for score in scores)
    weights = [text("weight")] if weighted else []
    yield Entry(text("score"), [text("value"), *weights], style=FAINT)
    found = [in_cell(_value(score.value) or score.status) for score in scores]
    values = aligned([value for value, _ in found])
    shares = aligned(["" if score.weight is None else number(score.weight) for score in scores])
    for score, value, (_, label), share in zip(scores, values, found, shares, strict=True):
        cells = [text(value, STATUS_STYLES[score.status]), *([text(share)] if weighted else [])]
        parts = [] if label is None else [text(label, STRONG)]
        if score.imputed:
            parts.append(text("on_task_failure", WARN))
        elif score.failure is not None:
            parts.append(failure_text(score.failure))
        yield Entry(text(score.name), cells, _words(parts))


def _words(parts: Sequence[Text], gap: str = "  ") -> Text | None:
    return joined(*parts, gap=gap) if parts else None


def _conditions(composition: Composition) -> Iterator[Entry]:
    if composition.expression is not None:
        yield Entry(text("computes", FAINT), words=text(composition.expression))
    for condition in composition.conditions or ():
        yield _condition("condition", condition)
    if composition.when is not None:
        yield _condition("when", composition.when)


def _condition(label: str, condition: Condition) -> Entry:
    mark, said = {
        True: (text("✓", GOOD), ""),
        False: (text("✗", BAD), ""),
        None: (text("–", FAINT), "  has no value here"),
    }[condition.holds]
    words = joined(mark, " ", text(condition.expression), text(said, FAINT))
    return Entry(text(label, FAINT), words=words)


def add_judgement(page: Page, judgement: Judgement, comment: str | None) -> None:
    """The rubric, and each judge with its verdict and its grounds, unless these are the score's comment."""
    page.gap()
    judged = judgement.rubric is not None
    page.add(text("how it was judged" if judged else "which models were asked", STRONG))
    if judgement.rubric is not None:
        add_facts(page, [("rubric", judgement.rubric)])
    combined = [f"combined by {judgement.combine}"] if judgement.combine is not None else []
    if judgement.agreement is not None:
        combined.append(f"agreement {percent(judgement.agreement)}")
    if combined:
        page.add(text(" · ".join(combined)))
    heads = ["verdict"] * judged + ["requests", "tokens", "cost"]
    entries = [Entry(text("judge" if judged else "model"), [text(head) for head in heads], style=FAINT)]
    for one in judgement.judges:
        cells = [_decision(one)] * judged + _asked(one)
        entries.append(Entry(text(one.name), cells, _model(one)))
    page.add(annotated(entries, page.width, left={0} if judged else ()))
    said = [
        Entry(text(one.name, FAINT), words=words)
        for one in judgement.judges
        if (words := _grounds(one, comment)) is not None
    ]
    if said:
        page.add(annotated(said, page.width))


def _decision(judge: JudgeDetail) -> Text:
    if judge.answer is not None:
        return text(in_cell(_verdict(judge.answer))[0], STRONG)
    return text("none", BAD) if judge.failure is not None else text("–", FAINT)


def _asked(judge: JudgeDetail) -> list[Text]:
    cost = "–" if judge.embedded or judge.cost is None else f"${judge.cost:.4f}"
    tokens = f"{judge.input_tokens:,} + {judge.output_tokens:,}"
    return [text(judge.requests), text(tokens), text(cost)]


def _model(judge: JudgeDetail) -> Text:
    return text(", ".join(judge.reported) or judge.model, FAINT)


def _grounds(judge: JudgeDetail, comment: str | None) -> Text | None:
    parts = []
    if judge.answer is not None and (label := in_cell(_verdict(judge.answer))[1]) is not None:
        parts.append(text(label, STRONG))
    if judge.answers is not None:
        parts.append(text(f"answered {', '.join(map(_verdict, judge.answers))}"))
    if judge.orders is not None:
        parts.append(text(", ".join(map(": ".join, zip(_PLACES, judge.orders, strict=False)))))
    if judge.reasoning is not None and judge.reasoning not in (comment or ""):
        parts.append(lines(judge.reasoning))
    if judge.failure is not None:
        parts.append(text(judge.failure, BAD))
    return _words(parts, "; ")


def _verdict(answer: Verdict) -> str:
    if isinstance(answer, bool):
        return "true" if answer else "false"
    return _value(answer)


def add_attachment(page: Page, attachment: Attachment) -> None:
    """What a score is attached to, with its value at each observation."""
    page.gap()
    page.add(joined(text("attached to  ", STRONG), text(attachment.wanted)))
    if attachment.session is not None:
        page.add(text(f"session {attachment.session}", FAINT))
    if attachment.places:
        page.add(annotated([*_places(attachment.places)], page.width))
    if attachment.left_out:
        page.add(text(f"… {plural(attachment.left_out, 'more observation')}", FAINT))


def _places(places: Sequence[ScoreAt]) -> Iterator[Entry]:
    yield Entry(text("observation"), [text("id"), text("value")], style=FAINT)
    found = [in_cell(_value(place.value)) for place in places]
    values = aligned([value for value, _ in found])
    for place, value, (_, label) in zip(places, values, found, strict=True):
        name = joined(text(place.name or "–"), text(f" {place.type}" if place.type else "", FAINT))
        cells = [text(place.observation, FAINT), text(value, STRONG)]
        parts = [] if label is None else [text(label, STRONG)]
        if place.comment:
            parts.append(lines(place.comment, FAINT))
        yield Entry(name, cells, _words(parts))


def add_observations(page: Page, tree: ObservationTree) -> None:
    """What the task did: each observation above those below it, with how long it took and what failed."""
    page.gap()
    shown = len(tree.observations)
    counted = plural(tree.total, "observation")
    said = counted if shown == tree.total else f"{shown} of {counted}"
    page.add(joined(text("what the task did", STRONG), text(said, FAINT), gap="  "))
    page.add(annotated([*_observations(tree)], page.width, left={0}))


def _observations(tree: ObservationTree) -> Iterator[Entry]:
    for one in tree.observations:
        indent = "  " * min(one.depth, _DEEPEST)
        cells = [text(one.type, FAINT), text(seconds(one.duration_seconds))]
        name = text(f"{indent}{one.name}", _LEVEL_STYLES.get(one.level, ""))
        yield Entry(name, cells, _said(one))
    if tree.left_out:
        yield Entry(text(f"… {tree.left_out} more", FAINT))


def _said(one: ObservationDetail) -> Text | None:
    parts = []
    if one.level in _LEVEL_STYLES:
        message = f"{one.level}: {one.status_message}" if one.status_message else one.level
        parts.append(text(message, _LEVEL_STYLES[one.level]))
    if one.model is not None:
        parts.append(text(one.model, FAINT))
    if one.input_tokens is not None or one.output_tokens is not None:
        parts.append(text(f"{one.input_tokens or 0:,} + {one.output_tokens or 0:,} tokens", FAINT))
    if one.left_out:
        parts.append(text(f"{one.left_out} more below", FAINT))
    return _words(parts)


def _value(value: float | str | None) -> str:
    return "" if value is None else value if isinstance(value, str) else number(value)
