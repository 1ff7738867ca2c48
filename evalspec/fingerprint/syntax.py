"""A canonical form of Python syntax trees, equal on every supported Python.

Two trees have one form if their programs differ in comments and layout only. What is written is, for each
node, its type and its fields in alphabetical order; left out are positions, contexts, type comments, the
``u`` before strings, and everything that is absent or empty, so that fields which a later Python adds do not
show until they are used. Docstrings are kept: they are prompts and descriptions of tools. Uses the standard
library alone.
"""

import ast
from functools import cache
from typing import Any, Final

__all__ = ["canonical_syntax"]

_LEFT_OUT: Final = frozenset({"ctx", "kind", "type_comment", "type_ignores"})


def canonical_syntax(*nodes: ast.AST) -> bytes:
    """The form of nodes, one after the other. Goes over the tree without recursion, however deep it is."""
    written: list[bytes] = []
    pending: list[Any] = list(reversed(nodes))
    while pending:
        item = pending.pop()
        if type(item) is bytes:
            written.append(item)
        elif type(item) is str:
            written.append(_constant(item))
        elif isinstance(item, ast.Constant):
            written.append(_constant(item.value))
        elif isinstance(item, ast.AST):
            pending.append(b")")
            pending.extend(reversed(_fields(item)))
            written.append(b"(" + type(item).__name__.encode())
        elif isinstance(item, list):
            pending.append(b"]")
            pending.extend(reversed(item))
            written.append(b"[")
        else:
            # An identifier, a number such as the level of an import, or a gap in a list.
            written.append(_constant(item))
    return b"".join(written)


def _fields(node: ast.AST) -> list[Any]:
    items: list[Any] = []
    for name, written in _field_names(node._fields):
        value = getattr(node, name, None)
        if value is None or value == []:
            continue
        if name == "level" and value == 0:
            continue
        if isinstance(node, ast.JoinedStr) and name == "values":
            value = _joined(value)
            if not value:
                continue
        if name == "format_spec" and isinstance(value, ast.JoinedStr) and not _joined(value.values):
            continue
        items.append(written)
        items.append(value)
    return items


@cache
def _field_names(fields: tuple[str, ...]) -> list[tuple[str, bytes]]:
    return [(name, f" {name}=".encode()) for name in sorted(fields) if name not in _LEFT_OUT]


def _joined(values: list[ast.expr]) -> list[ast.expr]:
    """The parts of an f-string with neighbouring text in one: Python 3.12 divides it at other places."""
    merged: list[ast.expr] = []
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            if not value.value:
                continue
            last = merged[-1] if merged else None
            if isinstance(last, ast.Constant) and isinstance(last.value, str):
                merged[-1] = ast.Constant(last.value + value.value)
                continue
        merged.append(value)
    return merged


def _constant(value: object) -> bytes:
    """A constant with its type: ``1``, ``1.0``, ``True`` and ``"1"`` are four."""
    if isinstance(value, str):
        data = value.encode("utf-8", "surrogatepass")
        return b"s%d:%s;" % (len(data), data)
    if isinstance(value, bytes):
        return b"b%d:%s;" % (len(value), value)
    if isinstance(value, bool) or value is None or value is Ellipsis:
        return f"{value!r};".encode()
    if isinstance(value, int):
        # Hexadecimal, because Python limits how long a decimal integer may be.
        return f"i{value:x};".encode()
    return f"{type(value).__name__}{value!r};".encode()
