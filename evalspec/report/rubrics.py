"""Rubrics for people: all of them, one whole, and one as a table of a spec."""

import json
import re
from collections.abc import Iterable

from evalspec.report.kinds import add_scores, given_lines
from evalspec.report.page import FAINT, STRONG, WORDS, Page, grid, joined, lines, row, text
from evalspec.rubrics.model import Rubric
from evalspec.spec.catalogue import RubricEntry, RubricList

__all__ = ["rubric_toml", "rubrics_text"]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def rubrics_text(found: RubricList, *, width: int | None = None, color: bool | None = None) -> str:
    """The rubrics, or all about one where it is just one."""
    page = Page(width, color)
    if len(found.rubrics) == 1:
        _add_rubric(page, found.rubrics[0])
    else:
        _add_rubrics(page, found.rubrics)
    return str(page)


def _add_rubrics(page: Page, rubrics: Iterable[RubricEntry]) -> None:
    table = grid({"no_wrap": True}, {"no_wrap": True, "style": FAINT}, WORDS)
    for rubric in rubrics:
        words = f"{rubric.description} Verdict: {_verdict(rubric)}. Inputs: {', '.join(rubric.inputs)}."
        row(table, [text(rubric.reference), lines(given_lines(rubric.gives)), text(words)])
    page.add(table)


def _add_rubric(page: Page, rubric: RubricEntry) -> None:
    page.add(text(rubric.reference, STRONG))
    page.gap()
    page.add(text(f"{rubric.title}. {rubric.description}"))
    page.add(text(f"After: {rubric.source}", FAINT))
    page.gap()
    # As it is written: where its lines end may mean something to a judge.
    page.add_unbroken(lines(rubric.criteria))
    if rubric.steps:
        page.gap()
    for number, step in enumerate(rubric.steps, 1):
        page.add(text(f"{number}. {step}"))
    page.gap()
    page.add(joined(text("verdict", FAINT), _verdict(rubric), gap="  "))
    page.gap()
    page.add(text("gives", FAINT))
    add_scores(page, rubric.gives)
    page.gap()
    page.add(text("inputs", FAINT))
    table = grid({"no_wrap": True}, WORDS)
    for name, what in rubric.inputs.items():
        row(table, [text(name), text(what)])
    page.add(table)
    page.gap()
    if len(rubric.versions) > 1:
        listed = ", ".join(str(version) for version in rubric.versions)
        page.add(joined(text("versions", FAINT), listed, gap="  "))
    page.add_unbroken(text(rubric.digest, FAINT))
    page.add_unbroken(text(f"As a table of a spec: evalspec rubric show {rubric.reference}"))


def rubric_toml(rubric: Rubric) -> str:
    """A table `[rubrics.<name>]` that says all that the rubric says to a judge."""
    lines = [f"# {rubric.reference}: {rubric.title}. {rubric.description}"]
    if rubric.source:
        lines.append(f"# After: {rubric.source}")
    lines += [f"[rubrics.{rubric.name}]", f"criteria = {_multi_line(rubric.criteria)}"]
    if rubric.steps:
        lines += ["steps = [", *(f"  {_quoted(step)}," for step in rubric.steps), "]"]
    if rubric.scale is not None:
        whole = ", integer = true" if rubric.scale.integer else ""
        lines.append(f"scale = {{ min = {rubric.scale.min:g}, max = {rubric.scale.max:g}{whole} }}")
    if isinstance(rubric.categories, list):
        lines.append(f"categories = [{', '.join(map(_quoted, rubric.categories))}]")
    elif rubric.categories is not None:
        pairs = (f"{_key(label)} = {value:g}" for label, value in rubric.categories.items())
        lines.append(f"categories = {{ {', '.join(pairs)} }}")
    if rubric.direction != "higher":
        lines.append(f'direction = "{rubric.direction}"')
    if rubric.inputs:
        lines.append(f"inputs = [{', '.join(map(_quoted, rubric.inputs))}]")
    return "\n".join(lines) + "\n"


def _verdict(rubric: RubricEntry) -> str:
    better = "" if rubric.direction in (None, "none") else f"; {rubric.direction} is better"
    if rubric.scale is not None:
        kind = "a whole number" if rubric.scale.integer else "a number"
        return f"{kind} from {rubric.scale.min:g} to {rubric.scale.max:g}{better}"
    if rubric.categories is not None:
        return "one of " + ", ".join(rubric.categories) + better
    return "true or false"


def _quoted(text: str) -> str:
    # What JSON escapes, TOML reads the same; only DEL has to be escaped besides.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _multi_line(text: str) -> str:
    lines = (_quoted(line)[1:-1] for line in text.split("\n"))
    return '"""\n' + "\n".join(lines) + '"""'


def _key(text: str) -> str:
    return text if _BARE_KEY.fullmatch(text) else _quoted(text)
