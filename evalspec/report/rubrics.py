"""Rubrics for people: a listing, and one as a table of a spec."""

import json
import re
from collections.abc import Iterable
from textwrap import fill
from typing import Any

from evalspec.rubrics.model import Rubric

__all__ = ["listing", "rubric_toml", "rubric_tree"]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_WIDTH = 100


def listing(rubrics: Iterable[Rubric]) -> str:
    """Each with what it judges, its verdict and its inputs."""
    blocks = []
    for rubric in rubrics:
        words = fill(rubric.description, _WIDTH, initial_indent="  ", subsequent_indent="  ")
        needs = ", ".join(rubric.inputs)
        blocks.append(f"{rubric.reference}\n{words}\n  verdict: {_verdict(rubric)}\n  inputs: {needs}\n")
    return "\n".join(blocks)


def rubric_tree(rubric: Rubric) -> dict[str, Any]:
    """A rubric as JSON: all its fields, and its digest."""
    tree = rubric.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    return {**tree, "digest": rubric.digest}


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


def _verdict(rubric: Rubric) -> str:
    if rubric.scale is not None:
        kind = "a whole number" if rubric.scale.integer else "a number"
        return f"{kind} from {rubric.scale.min:g} to {rubric.scale.max:g}"
    if rubric.categories is not None:
        return "one of " + ", ".join(rubric.categories)
    return "true or false"


def _quoted(text: str) -> str:
    # What JSON escapes, TOML reads the same; only DEL has to be escaped besides.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _multi_line(text: str) -> str:
    lines = (_quoted(line)[1:-1] for line in text.split("\n"))
    return '"""\n' + "\n".join(lines) + '"""'


def _key(text: str) -> str:
    return text if _BARE_KEY.fullmatch(text) else _quoted(text)
