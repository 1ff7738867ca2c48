"""A spec's tree written down in TOML or JSON, with the line of every key and a place for the caret.

Layout is fixed (one key a line, a header for every named table), so that a test can say of both spellings
alike where it types and where it expects a fault.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Json = dict[str, Any]

_NAMED = ("models", "prompts", "rubrics", "scores", "evaluators", "aggregates", "gates")
_LISTED = "steps"
"""The list of tables that is written as such: a header, or an object over several lines, for each."""
_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Caret:
    """Where one is about to type: a further key of the table at `pointer`, or in the text at `pointer`."""

    what: Literal["key", "value"]
    pointer: str


@dataclass(slots=True)
class Draft:
    """A text, the line (from 0) of every key by its pointer (of a table: of its header), and the caret's
    offset; `keys` are the offsets of keys.
    """

    text: str = ""
    lines: dict[str, int] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    caret: int = -1

    def add(self, text: str) -> None:
        self.text += text

    def key(self, pointer: str) -> None:
        """A key starts here."""
        self.lines[pointer] = self.text.count("\n")
        self.keys[pointer] = len(self.text)

    def line_of(self, pointer: str) -> int:
        """The line of a key, or of what it is written inline with."""
        while pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines[pointer]

    def here(self) -> None:
        """The caret stands here."""
        self.caret = len(self.text)


def toml_draft(tree: Json, schema: str, caret: Caret | None = None) -> Draft:
    """The tree in TOML, with the line that names its schema."""
    draft = Draft(f"#:schema {schema}\n\n", {"": 0})
    named = {name for name in _NAMED if isinstance(tree.get(name), dict)}
    tables = [name for name in tree if name in named or name in ("dataset", "task", "limits", "run")]
    _toml_pairs(draft, "", {key: value for key, value in tree.items() if key not in tables}, caret)
    for name in tables:
        if name not in named:
            _toml_table(draft, f"/{name}", [name], tree[name], caret)
        for key, table in tree[name].items() if name in named else ():
            _toml_table(draft, f"/{name}/{key}", [name, key], table, caret)
    return draft


def json_draft(tree: Json, schema: str, caret: Caret | None = None) -> Draft:
    """The tree in JSON, with `$schema`."""
    draft = Draft("", {"": 0})
    _json_object(draft, "", {"$schema": schema, **tree}, caret, "")
    draft.add("\n")
    return draft


def _toml_table(draft: Draft, pointer: str, path: list[str], table: Json, caret: Caret | None) -> None:
    draft.add("\n[")
    for index, part in enumerate(path):
        if index == len(path) - 1:
            draft.key(pointer)
        draft.add(_toml_key(part) + ("." if index < len(path) - 1 else ""))
    draft.add("]\n")
    _toml_pairs(draft, pointer, table, caret)


def _toml_pairs(draft: Draft, pointer: str, pairs: Json, caret: Caret | None) -> None:
    for key, value in pairs.items():
        if key == _LISTED and _tables(value):
            continue
        own = f"{pointer}/{key}"
        draft.key(own)
        draft.add(f"{_toml_key(key)} = ")
        _value(draft, own, _toml_value(value), caret)
        draft.add("\n")
    if caret == Caret("key", pointer):
        draft.here()
        draft.add("\n")
    for index, table in enumerate(_tables(pairs.get(_LISTED))):
        draft.add(f"\n[[{pointer[1:]}.")
        if index == 0:
            draft.key(f"{pointer}/{_LISTED}")
        draft.key(f"{pointer}/{_LISTED}/{index}")
        draft.add(f"{_LISTED}]]\n")
        _toml_pairs(draft, f"{pointer}/{_LISTED}/{index}", table, caret)


def _tables(value: Any) -> list[Json]:
    """The tables of a list of tables; of anything else none."""
    return value if isinstance(value, list) and all(isinstance(part, dict) for part in value) else []


def _toml_key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key)


def _toml_value(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{_toml_key(key)} = {_toml_value(part)}" for key, part in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml_value, value))}]"
    if isinstance(value, datetime):
        return value.isoformat()
    return json.dumps(value)


def _json_object(draft: Draft, pointer: str, pairs: Json, caret: Caret | None, indent: str) -> None:
    within = indent + "  "
    draft.add("{")
    for index, (key, value) in enumerate(pairs.items()):
        own = f"{pointer}/{key}"
        draft.add(("," if index else "") + f"\n{within}")
        draft.key(own)
        draft.add(f"{json.dumps(key)}: ")
        if isinstance(value, dict):
            _json_object(draft, own, value, caret, within)
        elif key == _LISTED and _tables(value):
            _json_list(draft, own, value, caret, within)
        else:
            _value(draft, own, json.dumps(value), caret)
    if caret == Caret("key", pointer):
        draft.add(("," if pairs else "") + f"\n{within}")
        draft.here()
    draft.add(f"\n{indent}}}")


def _json_list(draft: Draft, pointer: str, tables: list[Json], caret: Caret | None, indent: str) -> None:
    draft.add("[")
    for index, table in enumerate(tables):
        draft.add(("," if index else "") + f"\n{indent}  ")
        draft.key(f"{pointer}/{index}")
        _json_object(draft, f"{pointer}/{index}", table, caret, indent + "  ")
    draft.add(f"\n{indent}]")


def _value(draft: Draft, pointer: str, text: str, caret: Caret | None) -> None:
    if caret == Caret("value", pointer):
        draft.add(text[:-1])
        draft.here()
        draft.add(text[-1])
    else:
        draft.add(text)
