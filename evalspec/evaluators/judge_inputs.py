"""The names of a judge's inputs: in `inputs`, in rubrics, and in the criteria that speak of them.

Criteria are plain words. They speak of an input by the tag that it stands between, and a misspelt one would
only make the judge guess. Tags may also be markup that is judged, so one that is like no input is a warning,
and the well-known ones of HTML are none.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from evalspec.diagnostics import Severity, closest
from evalspec.evaluators.judge_prompts import DEFAULT_INPUTS
from evalspec.kinds.resolving import Resolving, Where
from evalspec.rubrics.model import Rubric

__all__ = ["check_criteria", "named_inputs", "rubric_inputs", "stray_names"]

_NAMED: Final = re.compile(r"<(?P<tag>[A-Za-z]\w*)>|\{\{\s*(?P<braces>[A-Za-z_]\w*)[^{}]*\}\}")
_MARKUP: Final = frozenset(
    "a abbr article b blockquote body br button code div em footer form h1 h2 h3 h4 h5 h6 head header hr "
    "html i iframe img li link main meta nav ol p pre script section small span strong style sub sup svg "
    "table tbody td textarea tfoot th thead think thinking tr u ul video".split()
)


def named_inputs(text: str) -> set[str]:
    """The names that a text has as tags."""
    return {found["tag"] for found in _NAMED.finditer(text) if found["tag"] is not None}


def stray_names(text: str, shown: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The names in criteria that are none of the inputs that a judge is shown: each with what is reported of
    it, at its offset in the text.
    """
    listed = ", ".join(f"`<{name}>`" for name in shown)
    for found in _NAMED.finditer(text):
        name: str = found["tag"] or found["braces"]
        near = name if name in shown else closest(name, shown)
        more: dict[str, Any] = {"offset": found.start(), "length": len(found[0])}
        more["suggestion"] = None if near is None else f"<{near}>"
        if found["tag"] is None:
            if near is not None:
                message = (
                    f"`{found[0]}` stays as it is: criteria are no template, and name inputs by their tags"
                )
                yield name, {**more, "message": message, "severity": Severity.WARNING}
        elif name not in shown:
            if near is None and name not in DEFAULT_INPUTS:
                if name.lower() in _MARKUP or f"</{name}>" in text:
                    continue
                more["severity"] = Severity.WARNING
            if near is None:
                more["expected"] = f"{listed}, or an expression for `{name}` in `inputs`"
            yield name, {**more, "message": f"the judge is shown no `<{name}>`"}


def check_criteria(
    resolving: Resolving, texts: Mapping[Where, str], shown: Collection[str], given: Collection[str]
) -> None:
    """Report the names in criteria that stand in the evaluator, by their places, and that the judge is not
    shown; `given` are the keys of `inputs`, of which one may be what is misspelt.
    """
    spare = [key for key in given if not any(key in named_inputs(text) for text in texts.values())]
    for at, text in texts.items():
        for name, problem in stray_names(text, shown):
            key = closest(name, spare) if name in DEFAULT_INPUTS else None
            if key is None:
                resolving.report("unknown-input", at=at, **problem)
            else:
                _report_key(resolving, key, f"the criteria speak of `<{name}>`, not of `<{key}>`", name)


def rubric_inputs(
    rubric: Rubric, given: Mapping[str, str] | None, resolving: Resolving, *, own_prompt: bool
) -> dict[str, str]:
    """What a judge is shown by a rubric: an expression for each name.

    What it needs and nobody gives, and what is given and it does not know, is reported. A prompt of the spec
    may use what the rubric does not know.
    """
    inputs = {} if given is None else dict(given)
    absent = [name for name in rubric.inputs if name not in inputs and name not in DEFAULT_INPUTS]
    misspelt: set[str | None] = set()
    words = named_inputs("\n".join((rubric.criteria, *rubric.steps)))
    known = [*rubric.inputs, *(name for name in DEFAULT_INPUTS if name not in rubric.inputs)]
    if rubric.inputs:
        for key in inputs:
            near = closest(key, absent) or (None if own_prompt else closest(key, known))
            if key in known or key in words or (own_prompt and near is None):
                continue
            message = f"the rubric `{rubric.reference}` has no input `{key}`"
            _report_key(resolving, key, message, near, known)
            misspelt.add(near)
    elif not own_prompt:
        _check_defaults(rubric, words, given, resolving)
    for name in absent:
        if name in misspelt:
            continue
        what = rubric.inputs[name]
        clause = f": {what[:1].lower()}{what[1:].removesuffix('.')}" if what else ""
        message = f"the rubric `{rubric.reference}` needs the input `{name}`{clause}"
        _report_missing(resolving, name, message, f"metadata.{name}", given)
    return {name: inputs.get(name, name) for name in rubric.inputs if name not in absent} | inputs


def _check_defaults(
    rubric: Rubric, words: Collection[str], given: Mapping[str, str] | None, resolving: Resolving
) -> None:
    """Report the inputs that a judge has unless `inputs` says otherwise, where it does and the rubric speaks
    of them.
    """
    if given is None:
        return
    for name in DEFAULT_INPUTS:
        if name in words and name not in given:
            key = closest(name, [one for one in given if one not in words])
            message = f"the rubric `{rubric.reference}` speaks of `<{name}>`, which the judge is not shown"
            if key is None:
                _report_missing(resolving, name, message, name, given)
            else:
                _report_key(resolving, key, message, name)


def _report_key(
    resolving: Resolving, key: str, message: str, near: str | None, known: Sequence[str] = ()
) -> None:
    expected = None if near is not None else ", ".join(f"`{name}`" for name in known)
    at: Where = ("inputs", key)
    resolving.report("unknown-input", message, at, key=True, suggestion=near, expected=expected)


def _report_missing(
    resolving: Resolving, name: str, message: str, example: str, given: Mapping[str, str] | None
) -> None:
    at: Where = ("inputs",) if given is not None else ("rubric",)
    expected = f'an expression for it, such as `inputs = {{ {name} = "{example}" }}`'
    resolving.report("missing-field", message, at, expected=expected)
