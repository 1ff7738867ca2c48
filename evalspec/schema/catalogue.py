"""The kinds of tasks and evaluators as a document, made of their field models."""

import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from evalspec.diagnostics.errors import UsageError
from evalspec.diagnostics.suggest import closest
from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import EvaluatorFields, EvaluatorKind, Yields
from evalspec.kinds.plugins.discovery import Group, plugin_names
from evalspec.kinds.plugins.errors import PluginError
from evalspec.schema.markdown import docstring
from evalspec.schema.shape import Schema, object_schema
from evalspec.spec.catalogue import FieldEntry, KindEntry, KindList, ScoreEntry
from evalspec.tasks import TASKS
from evalspec.tasks.base import TaskKind

__all__ = ["evaluator_list", "example_of", "score_entries", "task_list", "type_words", "with_plugins"]


def evaluator_list(name: str | None = None) -> KindList:
    """All kinds of evaluators that evalspec has, or the one of this name. UsageError where there is none."""
    return KindList(kinds=[_evaluator(EVALUATORS[kind]) for kind in _chosen(EVALUATORS, name, "evaluator")])


def task_list(name: str | None = None) -> KindList:
    """All kinds of tasks, or the one of this name. UsageError where there is none."""
    return KindList(kinds=[_task(TASKS[kind]) for kind in _chosen(TASKS, name, "task")])


def with_plugins(found: KindList, group: Group) -> KindList:
    """A list of all kinds, and after them those that installed plug-ins bring. One that cannot be used says
    why.
    """
    return KindList(kinds=[*found.kinds, *(_plugin(name, group) for name in plugin_names(group))])


def _plugin(name: str, group: Group) -> KindEntry:
    try:
        entry = _evaluator(EVALUATORS[name]) if group == "evalspec.evaluators" else _task(TASKS[name])
    except PluginError as error:
        text = f"Cannot be used: {error.message}."
        return KindEntry(
            name=name, group="plugin", summary=text, documentation=text, needs=[], semantics=0, fields=[]
        )
    return entry.model_copy(update={"group": "plugin"})


def words_of(schema: Schema) -> list[str]:
    """The words of which a field takes one, or several in a list where it may be one."""
    several = isinstance(schema.get("type"), list)
    return [str(word) for word in (schema.get("items", {}) if several else schema).get("enum", ())]


def type_words(schema: Schema, word: Callable[[str], str] = str, between: str = " | ") -> str:
    """What a field holds, in words of TOML; `word` shows one that may stand there."""
    if words := words_of(schema):
        ending = " or list" if isinstance(schema.get("type"), list) else ""
        return between.join(map(word, words)) + ending
    if "const" in schema:
        return str(schema["const"])
    if "pattern" in schema and isinstance(schema.get("type"), list):
        return "time"
    kinds = schema.get("type") or [part.get("type", "any") for part in schema.get("anyOf", [])] or "any"
    names = {"string": "text", "object": "table", "array": "list", "integer": "whole number"}
    return " or ".join(names.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _chosen(registry: Mapping[str, Any], name: str | None, what: str) -> list[str]:
    if name is None:
        return list(registry)
    if ":" in name:
        try:
            registry[name]
        except PluginError as error:
            hint = f"; did you mean `{error.suggestion}`?" if error.suggestion else ""
            raise UsageError(f"{error.message}{hint}") from None
    if name not in registry:
        near = closest(name, registry)
        hint = f"; did you mean `{near}`?" if near else f"; `evalspec {what}s` lists them"
        raise UsageError(f"there is no {what} type `{name}`{hint}")
    return [name]


def _evaluator(kind: EvaluatorKind[Any]) -> KindEntry:
    example = _example(kind)
    return KindEntry(
        group=kind.group,
        gives=[] if example is None else score_entries(kind.yields(example)),
        needs=[] if example is None else sorted(kind.needs(example)),
        **_common(kind.type, kind.fields, kind.semantics, kind.extra),
    )


def _task(kind: TaskKind[Any]) -> KindEntry:
    return KindEntry(needs=sorted(kind.gives), **_common(kind.type, kind.fields, kind.semantics, kind.extra))


def _common(name: str, fields: type[BaseModel], semantics: int, extra: str | None) -> dict[str, Any]:
    text = docstring(fields)
    schema = object_schema(fields)
    return {
        "name": name,
        "summary": " ".join(text.split("\n\n")[0].split()),
        "documentation": text,
        "example": example_of(fields),
        "extra": extra,
        "semantics": semantics,
        "fields": [
            _field(field, part, field in schema.get("required", []))
            for field, part in schema["properties"].items()
            if field != "type"
        ],
    }


def example_of(fields: type[BaseModel]) -> str | None:
    """The TOML in a kind's documentation."""
    _, fence, rest = docstring(fields).partition("```toml\n")
    return rest.partition("```")[0].strip() + "\n" if fence else None


def _field(name: str, schema: Schema, required: bool) -> FieldEntry:
    return FieldEntry(
        name=name,
        type=type_words(schema),
        required=required,
        default=schema.get("default"),
        description=schema.get("description", ""),
        json_schema={key: value for key, value in schema.items() if not key.startswith("x-")},
    )


def _example(kind: EvaluatorKind[Any]) -> EvaluatorFields | None:
    """The fields of the kind's example: what a kind gives and needs may depend on them."""
    example = example_of(kind.fields)
    if example is None:
        return None
    (table,) = tomllib.loads(example)["evaluators"].values()
    fields: EvaluatorFields = kind.fields.model_validate(table)
    return fields


def score_entries(keys: Mapping[str, Yields]) -> list[ScoreEntry]:
    """What an evaluator gives, by key."""
    return [
        ScoreEntry(
            key=key,
            data_types=sorted(yields.data_types),
            min=None if yields.bounds is None else yields.bounds[0],
            max=None if yields.bounds is None else yields.bounds[1],
        )
        for key, yields in keys.items()
    ]
