"""The tree that the sections are read from: the document's, without values that no section could use."""

import math
import re
import sys
from typing import Any

from evalspec.compiler.reporting import Reporter
from evalspec.plan.canonical import MAX_INTEGER
from evalspec.source.pointers import join

_DATA = re.compile(r"/dataset/items/\d+/(?:input|expected_output|metadata)(?:/|$)|/evaluators/[^/]+/schema/")
"""Where a null is data and not a missing value of the language."""


def usable_tree(reporter: Reporter) -> dict[str, Any]:
    """The document's tree after reporting what can stand nowhere in a spec, whatever the field.

    A null, and an integer that does not survive canonical JSON, are reported here and once. They, and what
    the reader of the document has reported (infinities, halves of characters), are replaced by something
    harmless near to them, so that everything else that is wrong can still be found.
    """
    for pointer in reporter.document.nulls:
        if not _DATA.match(pointer):
            reporter.add("null-value", "there is no null in a spec: leave the key out", pointer)
            reporter.settle(pointer)
    tree = _usable(reporter, reporter.document.value, "")
    assert isinstance(tree, dict)
    return tree


def _usable(reporter: Reporter, value: Any, pointer: str) -> Any:
    kind = type(value)
    if kind is dict:
        return {
            key: _usable(reporter, child, join(pointer, key)) for key, child in value.items() if _is_text(key)
        }
    if kind is list:
        return [_usable(reporter, child, join(pointer, index)) for index, child in enumerate(value)]
    if kind is str:
        return value if _is_text(value) else value.encode("utf-8", "replace").decode()
    if kind is float and not math.isfinite(value):
        return math.copysign(sys.float_info.max, value) if math.isinf(value) else 0.0
    if kind is int and abs(value) > MAX_INTEGER:
        message = "a whole number beyond 2^53-1 does not survive in JSON"
        reporter.add("number-not-canonical", message, pointer, expected="a smaller number, or a string")
        reporter.settle(pointer)
        return MAX_INTEGER if value > 0 else -MAX_INTEGER
    return value


def _is_text(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)
