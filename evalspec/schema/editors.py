"""What only editors read: Markdown, and documentation of the values of an enumeration.

VS Code shows `markdownDescription` and `markdownEnumDescriptions`, Taplo `x-taplo.docs.enumValues`; Tombi
reads every `description` as Markdown.
"""

from collections.abc import Mapping
from typing import Any

from evalspec.kinds.fields import MEANINGS
from evalspec.schema.shape import Schema

_DATA_TYPES = {
    "NUMERIC": "A number, between `min` and `max` where they are given.",
    "BOOLEAN": "True or false; Langfuse keeps 1 or 0.",
    "CATEGORICAL": "One of the labels in `categories`.",
    "TEXT": "Free text of at most 500 characters; it has no direction.",
}
_DIRECTIONS = {
    "higher": "More is better.",
    "lower": "Less is better.",
    "none": "Neither way is better: differences are shown, not judged.",
}
_MATCHES = {"all": "Every text must be there.", "any": "One of the texts is enough."}
_FORMATS = {
    "json": "A list of items, or an object with a list `items`.",
    "jsonl": "One item a line.",
    "csv": "A table with a header; cells are text.",
    "parquet": 'A table with types; needs `pip install "evalspec[parquet]"`.',
}
_MEANINGS: Mapping[frozenset[str], Mapping[str, str]] = {
    frozenset(meanings): meanings for meanings in (_DATA_TYPES, _DIRECTIONS, _MATCHES, _FORMATS)
}

_SAYING_WHAT = frozenset({"type", "enum", "const", "oneOf", "anyOf"})
"""Keywords that say what a value must be. Where none of them stands anything goes, and Tombi must be told
that this is so for the keys of tables too.
"""


def for_editors(schema: Any) -> Any:
    """The schema with everything that editors show added to it."""
    if isinstance(schema, list):
        return [for_editors(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    shown: Schema = {}
    for key, value in schema.items():
        if key == "properties":
            shown[key] = {name: for_editors(part) for name, part in value.items()}
        elif key in ("default", "examples", "enum", "const", MEANINGS):
            shown[key] = value
        else:
            shown[key] = for_editors(value)
    description = shown.get("description")
    if isinstance(description, str) and not shown.keys() & _SAYING_WHAT:
        shown["additionalProperties"] = True
    if isinstance(description, str) and "`" in description:
        shown.setdefault("markdownDescription", description)
    meanings = shown.pop(MEANINGS, None)
    if "enum" in shown:
        shown |= _meanings(shown["enum"], meanings)
    elif meanings is not None:
        shown |= _one_or_several(shown, meanings)
    return shown


def _one_or_several(schema: Schema, meanings: Mapping[str, str]) -> Schema:
    """Where a word or a list of words may stand: the words are proposed as examples, and explained within
    the list.
    """
    items = schema["items"]
    words: list[Any] = items["enum"]
    more = [example for example in schema.get("examples", ()) if example not in words]
    return {"items": items | _meanings(words, meanings), "examples": [*words, *more]}


def _meanings(values: list[str], meanings: Mapping[str, str] | None) -> Schema:
    meanings = meanings or _MEANINGS.get(frozenset(values))
    if meanings is None:
        return {}
    texts = [meanings[value] for value in values]
    return {"markdownEnumDescriptions": texts, "x-taplo": {"docs": {"enumValues": texts}}}
