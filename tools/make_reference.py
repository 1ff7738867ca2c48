"""Write docs/reference.md from the field models of the language, or check that it is up to date.

python -m tools.make_reference [--check]
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from evalspec.datasets import DATASETS
from evalspec.evaluators import EVALUATORS
from evalspec.prompts import PROMPTS
from evalspec.schema.build import spec_schema
from evalspec.schema.markdown import docstring
from evalspec.schema.shape import Schema, object_schema
from evalspec.spec.sections import AGGREGATES, GateFields, LimitsFields, ModelFields, RunFields, ScoreFields
from evalspec.tasks import TASKS

TARGET = Path(__file__).parent.parent / "docs" / "reference.md"

SECTIONS = frozenset("models prompts dataset task scores evaluators aggregates gates limits run".split())

HEAD = """\
# Reference of the language

Every section and every kind of version 1. This page is written by `tools/make_reference.py` from the field
models that the compiler itself uses; `make docs` fails when it is out of date.

[The language](language.md) explains how the parts play together. A field that is not required and has no
default may be left out, and is then absent. `columns.input` is the field `input` of the table `columns`,
`items[].input` that of each table in the list `items`. Times are written like `250ms`, `30s`, `1m30s` or
`2h`, or as a number of seconds. All tables but `[limits]` and `[run]` may also have a `description`, which is
for people.
"""


def reference() -> str:
    """The text of the page."""
    parts = [HEAD, _top()]
    parts.append(_model("## Models: `[models.<name>]`", ModelFields, None))
    parts += _kinds("Prompts: `[prompts.<name>]`", "type", PROMPTS)
    parts += _kinds("Datasets: `[dataset]`", "type", DATASETS)
    parts += _kinds("Tasks: `[task]`", "type", TASKS)
    parts.append(_model("## Scores: `[scores.<name>]`", ScoreFields, None))
    parts += _kinds("Evaluators: `[evaluators.<name>]`", "type", EVALUATORS)
    parts.append("## Aggregates: `[aggregates.<name>]`\n")
    parts += [_model(f"### `{name}`", model, "function") for name, model in AGGREGATES.items()]
    parts.append(_model("## Gates: `[gates.<name>]`", GateFields, None))
    parts.append(_model("## Limits: `[limits]`", LimitsFields, None))
    parts.append(_model("## Run: `[run]`", RunFields, None))
    return "\n".join(parts)


def _top() -> str:
    """The fields that stand above all sections."""
    schema = spec_schema()
    rows = [
        _row(name, part, name in schema["required"])
        for name, part in schema["properties"].items()
        if name not in SECTIONS
    ]
    return f"## At the top\n\n{_table(rows)}\n"


def _kinds(title: str, tag: str, kinds: Mapping[str, Any]) -> Iterable[str]:
    yield f"## {title}\n"
    for name in kinds:
        yield _model(f"### `{name}`", kinds[name].fields, tag)


def _model(heading: str, model: type[BaseModel], tag: str | None) -> str:
    schema = object_schema(model)
    required = schema.get("required", [])
    rows = [
        row
        for name, part in schema["properties"].items()
        if name not in (tag, "description")
        for row in _rows(name, part, name in required)
    ]
    return f"{heading}\n\n{docstring(model)}\n\n{_table(rows)}\n"


def _table(rows: list[str]) -> str:
    return "\n".join(["| field | type | default | |", "|---|---|---|---|", *rows]) if rows else ""


def _rows(name: str, schema: Schema, required: bool) -> Iterable[str]:
    """The row of a field, and one for each field of the table, or of the tables in the list, that it is."""
    yield _row(name, schema, required)
    within = schema.get("items", {}) if schema.get("type") == "array" else schema
    for inner, part in within.get("properties", {}).items():
        mark = "[]" if within is not schema else ""
        yield from _rows(f"{name}{mark}.{inner}", part, inner in within.get("required", []))


def _row(name: str, schema: Schema, required: bool) -> str:
    default = "required" if required else ""
    if "default" in schema:
        default = f"`{_literal(schema['default'])}`"
    description = schema.get("description", "").replace("|", "\\|")
    examples = schema.get("examples")
    if examples:
        description += " Example: " + ", ".join(f"`{_literal(example)}`" for example in examples) + "."
    return f"| `{name}` | {_type(schema)} | {default} | {description} |"


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(_literal(part) for part in value)}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_literal(part)}" for key, part in value.items()) + " }"
    return str(value)


def _type(schema: Schema) -> str:
    if "enum" in schema:
        return " \\| ".join(f"`{value}`" for value in schema["enum"])
    if "pattern" in schema and isinstance(schema.get("type"), list):
        return "time"
    kinds = schema.get("type") or [part.get("type", "any") for part in schema.get("anyOf", [])] or "any"
    if "const" in schema:
        return f"`{_literal(schema['const'])}`"
    names = {"string": "text", "object": "table", "array": "list", "integer": "whole number"}
    return " or ".join(names.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def main() -> int:
    """Write or check the page; the answer is the exit code."""
    wanted = reference()
    present = TARGET.read_text(encoding="utf-8") if TARGET.is_file() else ""
    if "--check" in sys.argv:
        if present != wanted:
            sys.stderr.write("docs/reference.md is out of date; `python -m tools.make_reference` writes it\n")
            return 1
        return 0
    TARGET.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
