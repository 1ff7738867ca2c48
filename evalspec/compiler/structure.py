"""Document to Spec: every section against its model, chosen by its tag."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from evalspec.compiler.reporting import Reporter
from evalspec.compiler.wording import describe, validate
from evalspec.datasets import DATASETS
from evalspec.diagnostics import closest
from evalspec.evaluators import EVALUATORS
from evalspec.kinds.fields import KindFields
from evalspec.source.pointers import join
from evalspec.spec.model import Spec
from evalspec.spec.sections import AGGREGATES, GateFields, LimitsFields, RunFields, ScoreFields
from evalspec.spec.versions import LANGUAGE_VERSION
from evalspec.tasks import TASKS

SECTIONS = (
    "$schema",
    "evalspec",
    "name",
    "description",
    "tags",
    "dataset",
    "task",
    "scores",
    "evaluators",
    "aggregates",
    "gates",
    "limits",
    "run",
)
"""The keys of a spec, in the order in which they are best written."""

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,99}")
"""What a named table may be called: these names become score names, metadata keys and words on a command
line.
"""

_NULL_INSIDE = re.compile(
    r"/dataset/items/\d+/(?:input|expected_output|metadata)(?:/|$)|/evaluators/[^/]+/schema/"
)
"""Where a null is data and not a missing value of the language."""


def read_spec(reporter: Reporter) -> Spec | None:
    """The typed sections of a document, or None when it is not of this language version."""
    tree = reporter.document.value
    _report_nulls(reporter)
    if not _check_version(reporter, tree):
        return None
    spec = Spec()
    _read_top(reporter, tree, spec)
    spec.dataset = _tagged(reporter, "/dataset", tree.get("dataset"), "type", _models(DATASETS), "dataset")
    spec.task = _tagged(reporter, "/task", tree.get("task"), "type", _models(TASKS), "task")
    for name in ("dataset", "task"):
        if name not in tree:
            reporter.add("missing-field", f"a spec needs `[{name}]`", "", expected=f"a table `[{name}]`")
    spec.scores = _named(
        reporter, tree, "scores", spec, lambda p, v: validate(reporter, p, ScoreFields, v, "a score")
    )
    spec.evaluators = _named(
        reporter,
        tree,
        "evaluators",
        spec,
        lambda p, v: _tagged(reporter, p, v, "type", _models(EVALUATORS), "evaluator"),
    )
    spec.aggregates = _named(
        reporter,
        tree,
        "aggregates",
        spec,
        lambda p, v: _tagged(reporter, p, v, "function", AGGREGATES, "aggregate"),
    )
    spec.gates = _named(
        reporter, tree, "gates", spec, lambda p, v: validate(reporter, p, GateFields, v, "a gate")
    )
    for name, model in (("limits", LimitsFields), ("run", RunFields)):
        if name in tree:
            section = validate(reporter, f"/{name}", model, tree[name], f"`[{name}]`")
            if section is not None:
                setattr(spec, name, section)
    return spec


def _report_nulls(reporter: Reporter) -> None:
    for pointer in reporter.document.nulls:
        if not _NULL_INSIDE.match(pointer):
            reporter.add("null-value", "there is no null in a spec", pointer, expected="leave the key out")


def _check_version(reporter: Reporter, tree: Mapping[str, Any]) -> bool:
    if "evalspec" not in tree:
        message = "the spec does not say which version of the language it is written in"
        expected = f"`evalspec = {LANGUAGE_VERSION}`"
        reporter.add("missing-language-version", message, "", expected=expected)
        return True
    version = tree["evalspec"]
    if version == LANGUAGE_VERSION and isinstance(version, int) and not isinstance(version, bool):
        return True
    message = f"this evalspec reads language version {LANGUAGE_VERSION}, not {describe(version)}"
    hint = "install a newer evalspec" if isinstance(version, int) and version > LANGUAGE_VERSION else None
    reporter.add(
        "unknown-language-version",
        message,
        "/evalspec",
        expected=f"`evalspec = {LANGUAGE_VERSION}`",
        notes=(hint,) if hint else (),
    )
    return False


def _read_top(reporter: Reporter, tree: Mapping[str, Any], spec: Spec) -> None:
    for key in tree:
        if key not in SECTIONS:
            free = [name for name in SECTIONS if name not in tree]
            suggestion = closest(key, free)
            known = ", ".join(f"`{name}`" for name in SECTIONS)
            reporter.add(
                "unknown-field",
                f"a spec has no section `{key}`",
                join("", key),
                key=True,
                suggestion=suggestion,
                expected=None if suggestion else f"one of {known}",
            )
    if "name" not in tree:
        reporter.add("missing-field", "a spec needs a `name`", "", expected='`name = "…"`')
    elif isinstance(tree["name"], str):
        spec.name = tree["name"]
        if not NAME.fullmatch(spec.name):
            _invalid_name(reporter, "/name", spec.name, key=False)
    else:
        _must_be(reporter, "/name", tree["name"], "a string")
    for name in ("description", "$schema"):
        if name in tree and not isinstance(tree[name], str):
            _must_be(reporter, join("", name), tree[name], "a string")
    if isinstance(tree.get("description"), str):
        spec.description = tree["description"]
    tags = tree.get("tags", [])
    if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
        spec.tags = tags
    else:
        _must_be(reporter, "/tags", tags, "a list of strings")


def _must_be(reporter: Reporter, pointer: str, value: Any, expected: str) -> None:
    name = pointer.rpartition("/")[2]
    message = f"`{name}` must be {expected}, not {describe(value)}"
    reporter.add("wrong-type", message, pointer, expected=expected)


def _invalid_name(reporter: Reporter, pointer: str, name: str, *, key: bool) -> None:
    code = "invalid-name" if name.strip() else "empty-name"
    reporter.add(
        code,
        f"{name!r} cannot be a name",
        pointer,
        key=key,
        expected="letters, digits, `_`, `-` and `.`, at most 100, starting with a letter, a digit or `_`",
    )


def _named(
    reporter: Reporter,
    tree: Mapping[str, Any],
    section: str,
    spec: Spec,
    read: Callable[[str, Any], BaseModel | None],
) -> dict[str, Any]:
    """The tables of a section that is keyed by name; those with mistakes are noted in `spec.broken`."""
    tables = tree.get(section, {})
    if not isinstance(tables, dict):
        message = f"`{section}` must be a table of named tables, not {describe(tables)}"
        expected = f"tables such as `[{section}.my_name]`"
        reporter.add("wrong-type", message, f"/{section}", expected=expected)
        spec.broken.add(f"/{section}")
        return {}
    found: dict[str, Any] = {}
    for name, value in tables.items():
        pointer = join(f"/{section}", name)
        if not NAME.fullmatch(name):
            _invalid_name(reporter, pointer, name, key=True)
        model = read(pointer, value)
        if model is None:
            spec.broken.add(pointer)
        else:
            found[name] = model
    return found


def _models(registry: Mapping[str, Any]) -> dict[str, type[KindFields]]:
    """The field models of a registry's kinds, by type."""
    return {name: registry[name].fields for name in registry}


def _tagged(
    reporter: Reporter, pointer: str, value: Any, tag: str, models: Mapping[str, type[KindFields]], title: str
) -> Any:
    """The section at `pointer`, validated against the one model that its tag chooses."""
    if value is None:
        return None
    if not isinstance(value, dict):
        message = f"{_article(title)} must be a table, not {describe(value)}"
        reporter.add("wrong-type", message, pointer, expected="a table")
        return None
    known = "one of " + ", ".join(f"`{name}`" for name in models)
    if tag not in value:
        message = f"{_article(title)} needs a `{tag}`"
        reporter.add("missing-type", message, pointer, key=True, expected=known)
        return None
    name = value[tag]
    if not isinstance(name, str) or name not in models:
        suggestion = closest(name, models) if isinstance(name, str) else None
        reporter.add(
            "unknown-type",
            f"there is no {title} of {tag} {name!r}"
            if isinstance(name, str)
            else f"`{tag}` must be a string",
            f"{pointer}/{tag}",
            suggestion=suggestion,
            expected=known,
        )
        return None
    return validate(reporter, pointer, models[name], value, f"{_article(f'`{name}` {title}', name)}")


def _article(title: str, word: str | None = None) -> str:
    return f"{'an' if (word or title)[0] in 'aeiou' else 'a'} {title}"
