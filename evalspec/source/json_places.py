"""The places of a JSON document, read from tree-sitter's tree."""

import json
from typing import Any

from evalspec.source.places import Place, Range, Repeat


def json_places(data: bytes) -> tuple[Place, tuple[Repeat, ...], bool]:
    """The places of every key and value, the keys given twice, and whether the grammar understood all.

    Of a key given twice the last counts, as it does for the JSON reader.
    """
    import tree_sitter
    import tree_sitter_json

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_json.language()))
    tree = parser.parse(data)
    repeats: list[Repeat] = []
    values = tree.root_node.named_children
    root = _value(values[0], None, data, repeats) if values else Place(None, (0, 0))
    return root, tuple(repeats), not tree.root_node.has_error


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
