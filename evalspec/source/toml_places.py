"""The places of a TOML document, read from tree-sitter's tree by the rules of TOML 1.0.

A table's value stands where its header stands, not where its body ends; a table that only came into being on
the way to another (`a` in `[a.b]` or in `a.b = 1`) stands where its name was first written.
"""

import tomllib
from typing import Any

from evalspec.source.places import Place, Range, Repeat

_KEYS = frozenset({"bare_key", "quoted_key", "dotted_key"})
_CLOSING = frozenset({"]", "]]"})
_NO_VALUES = frozenset({"comment", "ERROR"})


def toml_places(data: bytes) -> tuple[Place, tuple[Repeat, ...], bool]:
    """The places of every key and value, the keys defined twice, and whether the grammar understood all."""
    import tree_sitter
    import tree_sitter_toml

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
    tree = parser.parse(data)
    reader = _Reader(data)
    reader.read(tree.root_node)
    return reader.root, tuple(reader.repeats), not tree.root_node.has_error


class _Reader:
    """Builds the places; keeps the same books on what may be reopened as TOML prescribes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.root = Place(None, (0, 0))
        self.root.children = {}
        self.repeats: list[Repeat] = []
        self.section = self.root
        self.dotted: list[Place] = []

    def read(self, document: Any) -> None:
        for node in document.named_children:
            kind = node.type
            if kind == "pair":
                self.pair(node, self.root, in_section=True)
            elif kind == "table" or kind == "table_array_element":
                self.table(node, is_list=kind == "table_array_element")

    def table(self, node: Any, *, is_list: bool) -> None:
        for place in self.dotted:
            place.opened = True
        self.dotted.clear()
        key, closing = None, node
        children = node.children
        for child in children:
            kind = child.type
            if kind in _KEYS:
                key = child
            elif kind in _CLOSING:
                closing = child
                break
        header = (node.start_byte, closing.end_byte)
        if key is None:
            self.section = _table(None, header)
        else:
            self.section = self.open(self.key_parts(key), header, is_list=is_list)
        for child in children:
            if child.type == "pair":
                self.pair(child, self.section, in_section=True)

    def open(self, parts: list[tuple[str, Range]], header: Range, *, is_list: bool) -> Place:
        """The table that a header names; a table apart from the tree when it must not be opened (again)."""
        *way, (name, where) = parts
        parent = self.descend(self.root, way)
        if parent is None:
            return _table(where, header)
        assert isinstance(parent.children, dict)
        known = parent.children.get(name)
        if is_list:
            return self.append(parent.children, known, name, where, header)
        if known is None:
            known = parent.children[name] = _table(where, header)
        elif known.opened or known.frozen or not isinstance(known.children, dict):
            self.repeat(name, where, known)
            return _table(where, header)
        known.key, known.value, known.opened = where, header, True
        return known

    def append(
        self, siblings: dict[str, Place], known: Place | None, name: str, where: Range, header: Range
    ) -> Place:
        element = _table(None, header)
        if known is None:
            known = siblings[name] = Place(where, header)
            known.children = []
            known.opened = True
        if known.frozen or not isinstance(known.children, list):
            self.repeat(name, where, known)
        else:
            known.children.append(element)
        return element

    def descend(self, start: Place, way: list[tuple[str, Range]]) -> Place | None:
        """The table at the end of `way`, made where it is missing; None when a value stands in the way."""
        current = start
        for name, where in way:
            assert isinstance(current.children, dict)
            known = current.children.get(name)
            if known is None:
                known = current.children[name] = _table(where, where)
            if known.frozen or known.children is None:
                self.repeat(name, where, known)
                return None
            current = known.children[-1] if isinstance(known.children, list) else known
        return current

    def pair(self, node: Any, table: Place, *, in_section: bool) -> None:
        children = node.named_children
        if len(children) < 2 or children[0].type not in _KEYS or children[1].type in _NO_VALUES:
            return
        key, value = children[0], children[1]
        if key.type == "bare_key":
            start, end = key.start_byte, key.end_byte
            name = self.data[start:end].decode("utf-8")
            where = (start, end)
        else:
            *way, (name, where) = self.key_parts(key)
            for part in way:
                parent = self.step(table, part, in_section=in_section)
                if parent is None:
                    return
                table = parent
        siblings = table.children
        assert isinstance(siblings, dict)
        known = siblings.get(name)
        if known is not None:
            self.repeat(name, where, known)
            return
        siblings[name] = self.value(value, where)

    def step(self, table: Place, part: tuple[str, Range], *, in_section: bool) -> Place | None:
        """One step of a dotted key, which may not enter a table that a header defined."""
        known = table.children.get(part[0]) if isinstance(table.children, dict) else None
        if known is not None and known.opened:
            self.repeat(part[0], part[1], known)
            return None
        parent = self.descend(table, [part])
        if parent is not None and in_section:
            self.dotted.append(parent)
        return parent

    def value(self, node: Any, key: Range | None) -> Place:
        place = Place(key, (node.start_byte, node.end_byte))
        kind = node.type
        if kind == "array":
            place.frozen = True
            place.children = [self.value(c, None) for c in node.named_children if c.type not in _NO_VALUES]
        elif kind == "inline_table":
            place.children = {}
            for child in node.named_children:
                if child.type == "pair":
                    self.pair(child, place, in_section=False)
            place.frozen = True
        return place

    def key_parts(self, node: Any) -> list[tuple[str, Range]]:
        """The parts of a key, which the grammar nests to the left."""
        parts: list[tuple[str, Range]] = []
        while node.type == "dotted_key":
            nested = [child for child in node.named_children if child.type in _KEYS]
            parts.extend(self.key_part(child) for child in reversed(nested[1:]))
            if not nested:
                return [*reversed(parts), self.key_part(node)]
            node = nested[0]
        parts.append(self.key_part(node))
        parts.reverse()
        return parts

    def key_part(self, node: Any) -> tuple[str, Range]:
        where = (node.start_byte, node.end_byte)
        raw = self.data[where[0] : where[1]].decode("utf-8")
        if node.type != "quoted_key":
            return raw, where
        if "\\" not in raw:
            return raw[1:-1], where
        try:
            return next(iter(tomllib.loads(f"{raw} = 0"))), where
        except tomllib.TOMLDecodeError:
            return raw, where

    def repeat(self, name: str, second: Range, known: Place) -> None:
        self.repeats.append(Repeat(name, second, known.key or known.value))


def _table(key: Range | None, value: Range) -> Place:
    place = Place(key, value)
    place.children = {}
    return place
