"""The names of the filters, tests and functions there are. Kept apart from their code, which needs Jinja."""

from typing import Final

__all__ = ["FILTERS", "FUNCTIONS", "LOOP_FIELDS", "LOOP_FUNCTIONS", "NAMING_FILTERS", "NAMING_TESTS", "TESTS"]

FILTERS: Final = frozenset(
    [
        "abs",
        "capitalize",
        "count",
        "d",
        "default",
        "dictsort",
        "first",
        "float",
        "format",
        "indent",
        "int",
        "items",
        "join",
        "last",
        "length",
        "list",
        "lower",
        "map",
        "max",
        "min",
        "reject",
        "rejectattr",
        "replace",
        "reverse",
        "round",
        "select",
        "selectattr",
        "sort",
        "string",
        "sum",
        "title",
        "tojson",
        "trim",
        "truncate",
        "unique",
        "upper",
        "wordcount",
        "wordwrap",
    ]
)
"""Jinja's deterministic filters, as Jinja documents them. ``items`` gives the pairs of an object,
``tojson`` escapes nothing for HTML, ``format`` takes ``%s %d %f %e %g %x %o %%`` with flags, width and
precision."""

TESTS: Final = frozenset(
    [
        "boolean",
        "defined",
        "divisibleby",
        "eq",
        "equalto",
        "even",
        "false",
        "ge",
        "greaterthan",
        "gt",
        "in",
        "integer",
        "iterable",
        "le",
        "lessthan",
        "lower",
        "lt",
        "mapping",
        "ne",
        "none",
        "number",
        "odd",
        "sequence",
        "string",
        "true",
        "undefined",
        "upper",
    ]
)
"""Jinja's deterministic tests. ``integer`` is about the number and not its spelling: ``1.0`` is one."""

FUNCTIONS: Final = frozenset({"range"})
"""What can be called."""

LOOP_FIELDS: Final = frozenset(
    [
        "index",
        "index0",
        "revindex",
        "revindex0",
        "first",
        "last",
        "length",
        "depth",
        "depth0",
        "previtem",
        "nextitem",
    ]
)
"""What ``loop`` has inside a ``for``."""

LOOP_FUNCTIONS: Final = frozenset({"cycle", "changed"})
"""What of ``loop`` can be called."""

NAMING_FILTERS: Final = frozenset({"map"})
"""Filters whose first argument is the name of a filter."""

NAMING_TESTS: Final = {"select": 0, "reject": 0, "selectattr": 1, "rejectattr": 1}
"""Filters that take the name of a test, and at which argument."""
