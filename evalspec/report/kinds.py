"""The catalogue of kinds as a page of text."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from evalspec.report.page import FAINT, STRONG, WORDS, Page, grid, joined, lines, row, text
from evalspec.spec.catalogue import FieldEntry, KindEntry, KindList, ScoreEntry


def kinds_text(found: KindList, *, width: int | None = None, color: bool | None = None) -> str:
    """The catalogue, or all about one kind where it has just one."""
    page = Page(width, color)
    if len(found.kinds) == 1:
        add_kind(page, found.kinds[0])
    else:
        add_kinds(page, found)
    return str(page)


_TITLES = {"plugin": "plug-ins"}


def add_kinds(page: Page, found: KindList) -> None:
    """All kinds, by group, with a sentence for each."""
    for number, (group, kinds) in enumerate(groupby(found.kinds, lambda kind: kind.group)):
        if number:
            page.gap()
        if group is not None:
            page.add(text(_TITLES.get(group) or group.replace("_", " "), STRONG))
        table = grid({"no_wrap": True}, {"no_wrap": True, "style": FAINT}, WORDS)
        for kind in kinds:
            needs = "" if kind.extra is None else f" Needs evalspec[{kind.extra}]."
            said = joined(_first_sentence(kind), text(needs, FAINT))
            row(table, [text(kind.name), lines(_given(kind)), said])
        page.add(table)


def add_kind(page: Page, kind: KindEntry) -> None:
    """One kind with everything about it."""
    page.add(text(kind.name, STRONG))
    page.gap()
    page.add(lines(_plain(kind.documentation)))
    if kind.extra is not None:
        page.gap()
        page.add_unbroken(text(f"It needs: pip install 'evalspec[{kind.extra}]'"))
    if kind.needs:
        page.gap()
        # A task has no scores; what it gives is there to be looked at.
        verb = "gives" if kind.gives is None else "looks at"
        page.add(joined(text(verb, FAINT), ", ".join(kind.needs), gap="  "))
    if kind.gives:
        page.gap()
        page.add(text("gives", FAINT))
        add_scores(page, kind.gives)
    page.gap()
    page.add(text("fields", FAINT))
    table = grid({"no_wrap": True}, {"no_wrap": True, "style": FAINT}, {"style": FAINT}, WORDS)
    for field in kind.fields:
        row(table, [text(field.name), text(_type(field)), text(_default(field)), text(field.description)])
    page.add(table)


def _first_sentence(kind: KindEntry) -> str:
    return kind.summary.split(". ")[0].rstrip(".") + "."


def add_scores(page: Page, scores: Iterable[ScoreEntry]) -> None:
    """What is given, by key, with the bounds of values."""
    table = grid({"no_wrap": True}, WORDS)
    for score in scores:
        row(table, [text(score.key or "(as `score`)"), text(_score(score))])
    page.add(table)


def given_lines(scores: Iterable[ScoreEntry]) -> str:
    """The keys with their data types, a line each; the types alone where there are no keys."""
    found = list(scores)
    types = list(dict.fromkeys(data_type for score in found for data_type in score.data_types))
    if len(types) == _ALL_TYPES:
        return "any"
    keyed = [" ".join((score.key, *score.data_types)) for score in found if score.key]
    return "\n".join(keyed) if keyed else " ".join(types)


_ALL_TYPES = 4


def _given(kind: KindEntry) -> str:
    return "\n".join(kind.needs) if kind.gives is None else given_lines(kind.gives)


def _score(score: ScoreEntry) -> str:
    types = " or ".join(score.data_types)
    return types if score.min is None else f"{types} from {score.min:g} to {score.max:g}"


def _type(field: FieldEntry) -> str:
    shown = field.type
    return shown if len(shown) <= _LONGEST_TYPE else f"{shown[: _LONGEST_TYPE - 1]}…"


_LONGEST_TYPE = 28


def _default(field: FieldEntry) -> str:
    if field.required:
        return "required"
    return "" if field.default is None else _literal(field.default)


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(markdown: str) -> str:
    """Markdown without the fences, its examples indented, each other paragraph in one line."""
    shown: list[str] = []
    inside = False
    for line in markdown.split("\n"):
        if line.startswith("```"):
            inside = not inside
        elif inside:
            shown.append(f"    {line}" if line else "")
        elif line and shown and shown[-1] and not shown[-1].startswith("    "):
            shown[-1] += f" {line}"
        else:
            shown.append(line)
    return "\n".join(shown).strip()
