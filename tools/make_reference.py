"""Write docs/reference.md from the field models of the language, or check that it is up to date.

python tools/make_reference.py [--check]
"""

import inspect
import sys
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from evalspec.datasets import DATASETS
from evalspec.evaluators import EVALUATORS
from evalspec.schema.shape import Schema, object_schema
from evalspec.spec.sections import AGGREGATES, GateFields, LimitsFields, RunFields, ScoreFields
from evalspec.tasks import TASKS

TARGET = Path(__file__).parent.parent / "docs" / "reference.md"

HEAD = """\
# Reference of the language

Every section and every kind of version 1. This page is written by `tools/make_reference.py` from the field
models that the compiler itself uses; `make docs` fails when it is out of date.

A field without a default is required. Times are written like `250ms`, `30s`, `1m30s` or `2h`, or as a number
of seconds.
"""


def reference() -> str:
    """The text of the page."""
    parts = [HEAD]
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


def _kinds(title: str, tag: str, kinds: Mapping[str, Any]) -> Iterable[str]:
    yield f"## {title}\n"
    for name in kinds:
        yield _model(f"### `{name}`", kinds[name].fields, tag)


def _model(heading: str, model: type[BaseModel], tag: str | None) -> str:
    schema = object_schema(model)
    required = schema.get("required", [])
    rows = [
        _row(name, part, name in required)
        for name, part in schema["properties"].items()
        if name not in (tag, "description")
    ]
    table = "\n".join(["| field | type | default | |", "|---|---|---|---|", *rows]) if rows else ""
    return f"{heading}\n\n{_docstring(model)}\n\n{table}\n"


def _docstring(model: type[BaseModel]) -> str:
    """The model's docstring with its indented examples fenced."""
    lines: list[str] = []
    inside = False
    for paragraph in inspect.cleandoc(model.__doc__ or "").split("\n\n"):
        example = paragraph.startswith(("    ", "["))
        if example and not inside:
            lines.append("```toml")
        elif not example and inside:
            lines.append("```\n")
        elif example:
            lines.append("")
        lines.append(textwrap.dedent(paragraph))
        if not example:
            lines.append("")
        inside = example
    if inside:
        lines.append("```")
    return "\n".join(lines).strip()


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
        return f'"{value}"'
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
    names = {"string": "text", "object": "table", "array": "list", "integer": "whole number"}
    return " or ".join(names.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def main() -> int:
    """Write or check the page; the answer is the exit code."""
    wanted = reference()
    present = TARGET.read_text(encoding="utf-8") if TARGET.is_file() else ""
    if "--check" in sys.argv:
        if present != wanted:
            sys.stderr.write("docs/reference.md is out of date; `python tools/make_reference.py` writes it\n")
            return 1
        return 0
    TARGET.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
