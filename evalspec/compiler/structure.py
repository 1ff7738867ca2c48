"""Document to Spec: every section against its model, chosen by its tag."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from evalspec.compiler.reporting import Reporter
from evalspec.compiler.tree import usable_tree
from evalspec.compiler.validation import validate
from evalspec.compiler.wording import article, describe, listed
from evalspec.datasets import DATASETS
from evalspec.diagnostics import closest
from evalspec.evaluators import EVALUATORS
from evalspec.kinds.fields import KindFields
from evalspec.kinds.plugins.errors import PluginError
from evalspec.prompts import PROMPTS
from evalspec.source.pointers import join
from evalspec.spec.aggregates import AGGREGATES
from evalspec.spec.model import Spec
from evalspec.spec.sections import GateFields, LimitsFields, ModelFields, RunFields, ScoreFields
from evalspec.spec.versions import LANGUAGE_VERSION
from evalspec.tasks import TASKS

Reader = Callable[[str, Any], BaseModel | None]
"""Reads the table at a pointer; None after reporting what is wrong with it."""

SECTIONS = (
    "$schema",
    "evalspec",
    "name",
    "description",
    "tags",
    "models",
    "prompts",
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

_MOST_LISTED = 16
_LISTED_BY_COMMAND = ("evaluator", "task")
_RIGHT_VERSION = f"`evalspec = {LANGUAGE_VERSION}`"
_NAME_RULE = "letters, digits, `_`, `-` and `.`, at most 100, starting with a letter, a digit or `_`"


def read_spec(reporter: Reporter) -> Spec | None:
    """The typed sections of a document, or None when it is not of this language version."""
    tree = usable_tree(reporter)
    if not _check_version(reporter, tree):
        return None
    spec = Spec()
    misspelt = _report_unknown_sections(reporter, tree)
    spec.broken.update(f"/{name}" for name in misspelt)
    if "evalspec" not in tree and "evalspec" not in misspelt:
        message = "the spec does not say which version of the language it is written in"
        reporter.add_to_section("missing-language-version", message, "", expected=_RIGHT_VERSION)
    _read_top(reporter, tree, spec)
    spec.dataset = _tagged(reporter, "/dataset", tree.get("dataset"), "type", _Models(DATASETS), "dataset")
    spec.task = _tagged(reporter, "/task", tree.get("task"), "type", _Models(TASKS), "task")
    for name in ("name", "dataset", "task"):
        if name not in tree and name not in misspelt:
            what = '`name = "…"`' if name == "name" else f"a table `[{name}]`"
            reporter.add_to_section("missing-field", f"a spec needs a `{name}`", "", expected=what)
    spec.models = _named(reporter, tree, "models", spec, _plain(reporter, ModelFields, "a model"))
    prompts = _choice(reporter, "type", _Models(PROMPTS), "prompt")
    spec.prompts = _named(reporter, tree, "prompts", spec, prompts)
    spec.scores = _named(reporter, tree, "scores", spec, _plain(reporter, ScoreFields, "a score"))
    evaluators = _Models(EVALUATORS)
    spec.evaluators = _named(
        reporter, tree, "evaluators", spec, _choice(reporter, "type", evaluators, "evaluator")
    )
    spec.aggregates = _named(
        reporter, tree, "aggregates", spec, _choice(reporter, "function", AGGREGATES, "aggregate")
    )
    spec.gates = _named(reporter, tree, "gates", spec, _plain(reporter, GateFields, "a gate"))
    for name, model in (("limits", LimitsFields), ("run", RunFields)):
        if name in tree:
            section = validate(reporter, f"/{name}", model, tree[name], f"`[{name}]`")
            if section is not None:
                setattr(spec, name, section)
    return spec


def _report_unknown_sections(reporter: Reporter, tree: Mapping[str, Any]) -> set[str]:
    """Report keys that no spec has; the answer is what they were meant to be, as far as that can be told."""
    meant: set[str] = set()
    for key in tree:
        if key in SECTIONS:
            continue
        suggestion = closest(key, [name for name in SECTIONS if name not in tree])
        if suggestion is not None:
            meant.add(suggestion)
        reporter.add(
            "unknown-field",
            f"a spec has no section `{key}`",
            join("", key),
            key=True,
            suggestion=suggestion,
            expected=None if suggestion else listed(SECTIONS),
        )
    return meant


def _check_version(reporter: Reporter, tree: Mapping[str, Any]) -> bool:
    """Whether the rest can be read; a version in another spelling is reported, and no reason to stop."""
    version = tree.get("evalspec", LANGUAGE_VERSION)
    if type(version) is int and version == LANGUAGE_VERSION:
        return True
    is_meant = version in (str(LANGUAGE_VERSION), float(LANGUAGE_VERSION)) and version is not True
    is_newer = type(version) is int and version > LANGUAGE_VERSION
    message = f"this evalspec reads language version {LANGUAGE_VERSION}, not {describe(version)}"
    reporter.add(
        "unknown-language-version",
        f"the version of the language cannot be {describe(version)}" if is_meant else message,
        "/evalspec",
        expected=_RIGHT_VERSION,
        notes=("a newer evalspec may read it",) if is_newer else (),
        fix=reporter.rewriting("/evalspec", str(LANGUAGE_VERSION)) if is_meant else None,
    )
    return is_meant


def _read_top(reporter: Reporter, tree: Mapping[str, Any], spec: Spec) -> None:
    for name in ("name", "description", "$schema"):
        if name in tree and not isinstance(tree[name], str):
            _must_be(reporter, join("", name), name, tree[name], "a string")
    if isinstance(tree.get("name"), str):
        spec.name = tree["name"]
        if not NAME.fullmatch(spec.name):
            _invalid_name(reporter, "/name", spec.name, key=False)
    if isinstance(tree.get("description"), str):
        spec.description = tree["description"]
    tags = tree.get("tags", [])
    if not isinstance(tags, list):
        _must_be(reporter, "/tags", "tags", tags, "a list of strings")
        return
    spec.tags = [tag for tag in tags if isinstance(tag, str)]
    for index, tag in enumerate(tags):
        if not isinstance(tag, str):
            _must_be(reporter, f"/tags/{index}", "tags", tag, "strings in the list")


def _must_be(reporter: Reporter, pointer: str, name: str, value: Any, expected: str) -> None:
    reporter.add("wrong-type", f"`{name}` cannot be {describe(value)}", pointer, expected=expected)


def _invalid_name(reporter: Reporter, pointer: str, name: str, *, key: bool) -> None:
    if not name.strip():
        reporter.add("empty-name", "a name cannot be empty", pointer, key=key, expected=_NAME_RULE)
        return
    better = re.sub(r"[^A-Za-z0-9_.\-]+", "_", name).strip("_.-")[:100]
    reporter.add(
        "invalid-name",
        f"{describe(name)} cannot be a name",
        pointer,
        key=key,
        expected=_NAME_RULE,
        suggestion=better or None,
    )


def _plain(reporter: Reporter, model: type[KindFields], title: str) -> Reader:
    return lambda pointer, value: validate(reporter, pointer, model, value, title)


def _choice(reporter: Reporter, tag: str, models: Mapping[str, type[KindFields]], title: str) -> Reader:
    return lambda pointer, value: _tagged(reporter, pointer, value, tag, models, title)


def _named(
    reporter: Reporter, tree: Mapping[str, Any], section: str, spec: Spec, read: Reader
) -> dict[str, Any]:
    """The tables of a section that is keyed by name; those with mistakes are noted in `spec.broken`."""
    tables = tree.get(section, {})
    if not isinstance(tables, dict):
        expected = f"named tables, such as `[{section}.my_name]`"
        _must_be(reporter, f"/{section}", section, tables, expected)
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


class _Models(Mapping[str, type[KindFields]]):
    """The field models of a registry's kinds, by type; a kind's module is loaded when its model is needed."""

    def __init__(self, registry: Mapping[str, Any]) -> None:
        self._registry = registry

    def __getitem__(self, name: str) -> type[KindFields]:
        model: type[KindFields] = self._registry[name].fields
        return model

    def __iter__(self) -> Iterator[str]:
        return iter(self._registry)

    def __len__(self) -> int:
        return len(self._registry)


def _known(title: str, models: Mapping[str, Any]) -> str:
    """What a tag may be; of very many, the command that lists them, where there is one."""
    if len(models) <= _MOST_LISTED or title not in _LISTED_BY_COMMAND:
        return listed(models)
    return f"one of those that `evalspec {title}s` lists"


def _tagged(
    reporter: Reporter, pointer: str, value: Any, tag: str, models: Mapping[str, type[KindFields]], title: str
) -> Any:
    """The section at `pointer`, validated against the one model that its tag chooses."""
    if value is None:
        return None
    if not isinstance(value, dict):
        message = f"{article(title)} cannot be {describe(value)}"
        reporter.add("wrong-type", message, pointer, expected=f"a table with a `{tag}`")
        return None
    if tag not in value:
        _report_missing_tag(reporter, pointer, value, tag, models, title)
        return None
    name = value[tag]
    where = join(pointer, tag)
    try:
        model = models[name] if isinstance(name, str) else None
    except PluginError as error:
        reporter.add(error.code, error.message, where, suggestion=error.suggestion, expected=error.expected)
        return None
    except KeyError:
        model = None
    if model is not None:
        title = article(f"`{name}` {title}")
        return validate(reporter, pointer, model, value, title)
    if not isinstance(name, str):
        _must_be(reporter, where, tag, name, _known(title, models))
        return None
    suggestion = closest(name, models)
    reporter.add(
        "unknown-type",
        f"there is no {title} {tag} {describe(name)}",
        where,
        suggestion=suggestion,
        expected=_known(title, models),
        fix=reporter.respelling(where, name, suggestion),
    )
    return None


def _report_missing_tag(
    reporter: Reporter,
    pointer: str,
    value: Mapping[str, Any],
    tag: str,
    models: Mapping[str, type[KindFields]],
    title: str,
) -> None:
    known = {name for model in models.values() for name in model.model_fields}
    strange = [key for key in value if key not in known]
    misspelt = next((key for key in strange if closest(key, (tag,)) or value[key] in list(models)), None)
    if misspelt is not None:
        message = f"{article(title)} has no field `{misspelt}`"
        reporter.add("unknown-field", message, join(pointer, misspelt), key=True, suggestion=tag)
    else:
        message = f"{article(title)} needs a `{tag}`"
        reporter.add_to_section("missing-type", message, pointer, expected=_known(title, models))
