"""The schemas that evalspec publishes: of specs, of plans, of run summaries."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from evalspec.analysis.summary import RunSummary
from evalspec.datasets import DATASETS
from evalspec.evaluators import EVALUATORS
from evalspec.plan.model import Plan
from evalspec.schema.shape import Schema, object_schema, tagged_schema
from evalspec.spec.sections import AGGREGATES, GateFields, LimitsFields, RunFields, ScoreFields
from evalspec.spec.versions import LANGUAGE_VERSION, schema_id
from evalspec.tasks import TASKS

DRAFT = "http://json-schema.org/draft-07/schema#"
_NAME = "^[A-Za-z0-9_][A-Za-z0-9_.\\-]{0,99}$"


def spec_schema() -> Schema:
    """The schema of a spec, for editors."""
    definitions: Schema = {}

    def variant(models: Mapping[str, type[BaseModel]], tag: str, what: str) -> Schema:
        return tagged_schema(definitions, models, tag, what)

    properties: Schema = {
        "$schema": {"type": "string", "description": "The schema this file is checked against, for editors."},
        "evalspec": {
            "type": "integer",
            "const": LANGUAGE_VERSION,
            "description": "The version of the language.",
        },
        "name": {
            "type": "string",
            "pattern": _NAME,
            "description": "The name of the evaluation; runs and experiments are called after it.",
        },
        "description": {"type": "string", "description": "What the evaluation is about, for people."},
        "tags": {"type": "array", "items": {"type": "string"}, "description": "Tags, for people."},
        "dataset": {
            "description": "The items to evaluate on.",
            **variant(_kinds(DATASETS), "type", "dataset"),
        },
        "task": {"description": "The system under test.", **variant(_kinds(TASKS), "type", "task")},
        "scores": _named(object_schema(ScoreFields), "The scores: Langfuse score configs by name."),
        "evaluators": _named(variant(_kinds(EVALUATORS), "type", "evaluator"), "The evaluators by name."),
        "aggregates": _named(variant(AGGREGATES, "function", "aggregate"), "Run-level scores by name."),
        "gates": _named(object_schema(GateFields), "Conditions on aggregates by name."),
        "limits": object_schema(LimitsFields),
        "run": object_schema(RunFields),
    }
    return {
        "$schema": DRAFT,
        "$id": schema_id("spec"),
        "title": "evalspec",
        "description": "An evaluation as source code.",
        "type": "object",
        "additionalProperties": False,
        "required": ["evalspec", "name", "dataset", "task", "scores", "evaluators"],
        "properties": properties,
        "definitions": definitions,
        "x-tombi-string-formats": ["date-time", "date"],
    }


def plan_schema() -> Schema:
    """The schema of a plan."""
    return _document(Plan, "plan", "evalspec plan", "An evaluation with nothing left open.")


def run_schema() -> Schema:
    """The schema of what `--format json` prints of a run."""
    return _document(RunSummary, "run", "evalspec run summary", "The outcome of one run.")


SCHEMAS: Mapping[str, Callable[[], Schema]] = {
    "evalspec.v1.schema.json": spec_schema,
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
        "propertyNames": {"pattern": _NAME},
        "additionalProperties": table,
    }


def _document(model: type[BaseModel], what: str, title: str, description: str) -> Schema:
    schema = object_schema(model, mode="serialization")
    head = {"$schema": DRAFT, "$id": schema_id(what), "title": title}
    return {**head, **schema, "description": description}
