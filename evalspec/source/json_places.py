"""The places of a JSON document, read from tree-sitter's tree."""

import json
import re
from typing import Any

from evalspec.source.places import Place, Range, Repeat

_EXPONENT = re.compile(rb"[0-9][eE][+0]")
_STRING_OR_EXPONENT = re.compile(rb'"(?:[^"\\]++|\\.)*+"|-?[0-9][0-9.]*+[eE][-+]?[0-9]+', re.DOTALL)


def json_places(data: bytes) -> tuple[Place, tuple[Repeat, ...], bool]:
    """The places of every key and value, the keys given twice, and whether the grammar understood all.

    Of a key given twice the last counts, as it does for the JSON reader.
    """
    import tree_sitter
    import tree_sitter_json

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_json.language()))
    tree = parser.parse(_with_plain_numbers(data))
    repeats: list[Repeat] = []
    values = tree.root_node.named_children
    root = _value(values[0], None, data, repeats) if values else Place(None, (0, 0))
    return root, tuple(repeats), not tree.root_node.has_error


def _with_plain_numbers(data: bytes) -> bytes:
    """The same places in a text that the grammar understands: it knows neither `1e+5` nor `1e05` (0.24.8)."""
    if _EXPONENT.search(data) is None:
        return data
    return _STRING_OR_EXPONENT.sub(_plain, data)


def _plain(match: re.Match[bytes]) -> bytes:
    found = match.group()
    return found if found.startswith(b'"') else b"1" * len(found)


def _value(node: Any, key: Range | None, data: bytes, repeats: list[Repeat]) -> Place:
    place = Place(key, (node.start_byte, node.end_byte))
    kind = node.type
    if kind == "array":
        place.children = [_value(child, None, data, repeats) for child in node.named_children]
    elif kind == "object":
        children: dict[str, Place] = {}
        for pair in node.named_children:
            parts = pair.named_children
            if pair.type != "pair" or len(parts) != 2:
                continue
            name_node, value_node = parts
            where = (name_node.start_byte, name_node.end_byte)
            name = _text(data[where[0] : where[1]])
            known = children.get(name)
            if known is not None and known.key is not None:
                repeats.append(Repeat(name, where, known.key))
            children[name] = _value(value_node, where, data, repeats)
        place.children = children
    return place


def _text(raw: bytes) -> str:
    if b"\\" in raw:
        return str(json.loads(raw))
    return raw[1:-1].decode("utf-8")
