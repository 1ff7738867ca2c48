"""The schemas that evalspec publishes: of specs, of plugged-in kinds, of plans, of run summaries."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from evalspec.analysis.summary import RunSummary
from evalspec.compiler.structure import NAME
from evalspec.datasets import DATASETS
from evalspec.evaluators import EVALUATORS
from evalspec.kinds.plugins.description import NAME as PLUGIN_NAME
from evalspec.kinds.plugins.description import Description
from evalspec.plan.model import Plan
from evalspec.prompts import PROMPTS
from evalspec.schema.editors import for_editors
from evalspec.schema.shape import Schema, object_schema, output_schema
from evalspec.schema.variants import tagged_schema
from evalspec.spec.aggregates import AGGREGATES
from evalspec.spec.sections import (
    GateFields,
    LimitsFields,
    ModelFields,
    RubricFields,
    RunFields,
    ScoreFields,
)
from evalspec.spec.versions import LANGUAGE_VERSION, schema_id
from evalspec.tasks import TASKS

DRAFT = "http://json-schema.org/draft-07/schema#"

_NAME: Schema = {
    "pattern": f"^{NAME.pattern}$",
    "errorMessage": "A name is made of letters, digits, `_`, `-` and `.`, starts with a letter, a digit or "
    "`_`, and has at most 100 characters.",
}

_PLUGIN = f"^{PLUGIN_NAME.pattern}$"


def spec_schema() -> Schema:
    """The schema of a spec, for editors."""
    definitions: Schema = {}
    properties = for_editors({**_head(), **_sections(definitions)})
    return {
        "$schema": DRAFT,
        "$id": schema_id("spec"),
        "title": "evalspec",
        "description": "An evaluation as source code.",
        "type": "object",
        "additionalProperties": False,
        "required": ["evalspec", "name", "dataset", "task", "evaluators"],
        "properties": properties,
        "definitions": for_editors(definitions),
        # Without this Tombi refuses a quoted time where it knows the format, and wants a native one.
        "x-tombi-string-formats": ["date-time", "date"],
    }


def _head() -> Schema:
    return {
        "$schema": {"type": "string", "description": "The schema this file is checked against, for editors."},
        "evalspec": {
            "type": "integer",
            "const": LANGUAGE_VERSION,
            "description": "The version of the language.",
        },
        "name": {
            "type": "string",
            **_NAME,
            "description": "The name of the evaluation; runs and experiments are called after it.",
            "examples": ["capitals"],
        },
        "description": {"type": "string", "description": "What the evaluation is about, for people."},
        "tags": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Tags, for people.",
            "examples": [["geography"]],
        },
    }


def _sections(definitions: Schema) -> Schema:
    def variant(models: Mapping[str, type[BaseModel]], tag: str, what: str) -> Schema:
        plugins = _PLUGIN if what in ("task", "evaluator") else None
        return tagged_schema(definitions, models, tag, what, plugins=plugins)

    return {
        "models": _named(object_schema(ModelFields), "Language models and embedding models by name."),
        "prompts": _named(variant(_kinds(PROMPTS), "type", "prompt"), "Prompts by name."),
        "rubrics": _named(object_schema(RubricFields), "What judges look at, by name."),
        "dataset": {
            "description": "The items to evaluate on.",
            **variant(_kinds(DATASETS), "type", "dataset"),
        },
        "task": {"description": "The system under test.", **variant(_kinds(TASKS), "type", "task")},
        "scores": _named(object_schema(ScoreFields), "The scores: Langfuse score configs by name."),
        "evaluators": {
            **_named(variant(_kinds(EVALUATORS), "type", "evaluator"), "The evaluators by name."),
            "minProperties": 1,
        },
        "aggregates": _named(variant(AGGREGATES, "function", "aggregate"), "Run-level scores by name."),
        "gates": _named(object_schema(GateFields), "Conditions on aggregates by name."),
        "limits": object_schema(LimitsFields),
        "run": object_schema(RunFields),
    }


def plan_schema() -> Schema:
    """The schema of a plan, which leaves out what is at its default, the version of its format excepted."""
    schema = output_schema(Plan, defaults_written=False)
    schema["required"] = ["evalspec_plan", *schema["required"]]
    return _document(schema, "plan", "evalspec plan", "An evaluation with nothing left open.")


def run_schema() -> Schema:
    """The schema of what `--format json` prints of a run, which leaves out what is not known. Fields may be
    added to a version, so it has room for more: `show` prints `results` besides.
    """
    schema = _open(output_schema(RunSummary, defaults_written=True))
    return _document(schema, "run", "evalspec run summary", "The outcome of one run.")


def kind_schema() -> Schema:
    """The schema of the file in which a plug-in describes a kind."""
    schema = object_schema(Description)
    return _document(schema, "kind", "evalspec plug-in", "A kind of evaluator or task that a plug-in brings.")


SCHEMAS: Mapping[str, Callable[[], Schema]] = {
    "evalspec.v1.schema.json": spec_schema,
    "evalspec.kind.v1.schema.json": kind_schema,
    "evalspec.plan.v1.schema.json": plan_schema,
    "evalspec.run.v1.schema.json": run_schema,
}
"""The published files by name."""


def render(schema: Schema) -> str:
    """The text of a schema file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _kinds(registry: Mapping[str, Any]) -> dict[str, type[BaseModel]]:
    return {name: registry[name].fields for name in registry}


def _named(table: Schema, description: str) -> Schema:
    return {
        "type": "object",
        "description": description,
        "propertyNames": _NAME,
        "additionalProperties": table,
    }


def _open(schema: Any) -> Any:
    """A schema that has nothing against further fields."""
    if isinstance(schema, list):
        return [_open(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    opened = {key: _open(part) for key, part in schema.items()}
    if schema.get("additionalProperties") is False:
        opened["additionalProperties"] = True
    return opened


def _document(schema: Schema, what: str, title: str, description: str) -> Schema:
    head = {"$schema": DRAFT, "$id": schema_id(what), "title": title}
    return {**head, **schema, "description": description}
