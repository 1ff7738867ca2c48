"""Write docs/reference.md and docs/catalogue.md from the field models of the language, and docs/promptfoo.md
from what the tests of parity run; or check that they are up to date.

python -m tools.make_reference [--check]
"""

import json
import sys
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from evalspec.datasets import DATASETS
from evalspec.evaluators import EVALUATORS
from evalspec.plan.model import DataType
from evalspec.prompts import PROMPTS
from evalspec.schema.build import spec_schema
from evalspec.schema.catalogue import evaluator_list, task_list, type_words
from evalspec.schema.markdown import docstring
from evalspec.schema.shape import Schema, object_schema
from evalspec.spec.aggregates import AGGREGATES
from evalspec.spec.catalogue import KindEntry
from evalspec.spec.sections import GateFields, LimitsFields, ModelFields, RunFields, ScoreFields
from evalspec.tasks import TASKS
from tools.coming_from import coming_from

DOCS = Path(__file__).parent.parent / "docs"

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
    if "const" in schema:
        return f"`{_literal(schema['const'])}`"
    return type_words(schema, "`{}`".format, " \\| ")


CATALOGUE_HEAD = """\
# Catalogue of tasks and evaluators

What a spec can say without code. This page is written by `tools/make_reference.py` from the field models
that the compiler itself uses; `evalspec tasks` and `evalspec evaluators` print the same, and with a name all
fields of one kind. [The reference](reference.md) has every field of every kind.
"""

GROUPS = {
    "comparison": "Comparison with what is expected",
    "text": "Text",
    "format": "Format",
    "similarity": "Similarity",
    "runtime": "Time, tokens, cost",
    "trajectory": "Tools and trajectories",
    "retrieval": "Retrieval",
    "semantic": "Meaning, by embeddings",
    "model_graded": "Graded by a model",
    "composed": "Composed of other scores",
    "custom": "Your own, and others' code",
}


def catalogue() -> str:
    """The text of the page."""
    tasks, evaluators = task_list().kinds, evaluator_list().kinds
    parts = [CATALOGUE_HEAD, f"## Tasks\n\n{len(tasks)} kinds.\n"]
    parts.append(
        "\n".join(["| type | |", "|---|---|", *(f"| `{kind.name}` | {_cell(kind)} |" for kind in tasks)])
    )
    parts.append(f"\n## Evaluators\n\n{len(evaluators)} kinds.\n")
    for group, kinds in groupby(evaluators, lambda kind: kind.group):
        rows = [f"| `{kind.name}` | {_given(kind)} | {_cell(kind)} |" for kind in kinds]
        title = GROUPS[group or ""]
        parts.append("\n".join([f"### {title}\n", "| type | gives | |", "|---|---|---|", *rows, ""]))
    return "\n".join(parts).rstrip() + "\n"


def _cell(kind: KindEntry) -> str:
    extra = f" Needs `evalspec[{kind.extra}]`." if kind.extra else ""
    return kind.summary.replace("|", "\\|") + extra


def _given(kind: KindEntry) -> str:
    found = dict.fromkeys(one for score in kind.gives or () for one in score.data_types)
    types = "any" if len(found) == len(get_args(DataType)) else ", ".join(found)
    keys = [score.key for score in kind.gives or () if score.key]
    return f"{types}: {', '.join(f'`{key}`' for key in keys)}" if keys and types != "any" else types


def main() -> int:
    """Write or check the pages; the answer is the exit code."""
    pages = {
        DOCS / "reference.md": reference(),
        DOCS / "catalogue.md": catalogue(),
        DOCS / "promptfoo.md": coming_from(),
    }
    stale = [
        path
        for path, wanted in pages.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != wanted
    ]
    if "--check" in sys.argv:
        for path in stale:
            sys.stderr.write(f"docs/{path.name} is out of date; `python -m tools.make_reference` writes it\n")
        return 1 if stale else 0
    for path in stale:
        path.write_text(pages[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
