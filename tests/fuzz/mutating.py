"""Specs with anything wrong in them: mutations of valid trees, and of the text they are written as."""

import json
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.compiler.project import ITEMS, SPEC, changed
from tests.source.texts import JsonWriter, TomlWriter

KITCHEN_SINK: dict[str, Any] = changed(
    SPEC,
    {
        "/$schema": "../schemas/evalspec.v1.schema.json",
        "/description": "All there is.",
        "/tags": ["a", "b"],
        "/dataset/where": "metadata.weeks > 1 and input.text is string",
        "/dataset/sample": {"size": 3, "seed": 7},
        "/dataset/format": "jsonl",
        "/task/files": ["prompts/*.txt", "data"],
        "/task/env": ["SHOP"],
        "/task/repeats": 2,
        "/scores/similarity/on_task_failure": "worst",
        "/scores/shape": {"data_type": "BOOLEAN"},
        "/scores/remark": {"data_type": "TEXT", "direction": "none"},
        "/scores/length": {"data_type": "NUMERIC", "min": 0, "direction": "lower"},
        "/scores/close": {"data_type": "BOOLEAN"},
        "/scores/found": {"data_type": "BOOLEAN"},
        "/scores/matched": {"data_type": "BOOLEAN"},
        "/evaluators/shape": {
            "type": "json_schema",
            "score": "shape",
            "schema": {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "required": ["answer"],
                "properties": {"answer": {"type": "string", "pattern": "^[a-z ]+$", "format": "date"}},
                "$defs": {"x": {"$ref": "#/properties/answer"}},
            },
        },
        "/evaluators/several": {
            "type": "python",
            "callable": "parcels.judging:several",
            "scores": {"length": "length", "remark": "remark"},
        },
        "/evaluators/number": {"type": "numeric_close", "absolute": 0.5, "relative": 0.1, "score": "close"},
        "/evaluators/contains": {"type": "contains", "text": ["a", "b"], "match": "any", "score": "found"},
        "/evaluators/regex": {"type": "regex", "pattern": "^(?:no )?refund$", "score": "matched"},
        "/aggregates/p": {"function": "percentile", "percentile": 95, "score": "length"},
        "/aggregates/polite": {"function": "count", "score": "tone", "label": "polite"},
        "/aggregates/own": {
            "function": "python",
            "callable": "parcels.judging:summary",
            "data_type": "NUMERIC",
        },
        "/gates/long": {"aggregate": "p", "max": 100, "min_coverage": 0.5},
        "/limits": {"concurrency": 4, "timeout": "1m", "retries": 2, "deadline": "1h", "max_errors": 5},
        "/run": {"name": "{{ spec }}-{{ branch | lower }}", "metadata": {"a": [1, {"b": "c"}]}},
    },
)
BASES: list[dict[str, Any]] = [
    SPEC,
    KITCHEN_SINK,
    changed(KITCHEN_SINK, {"/dataset": {"type": "inline", "items": ITEMS[:3]}}),
    changed(SPEC, {"/dataset": {"type": "file", "path": "data/table.csv", "columns": {"input": ["text"]}}}),
    changed(SPEC, {"/task": {"type": "recorded", "path": "outputs/recorded.jsonl"}}),
    changed(SPEC, {"/dataset": {"type": "langfuse", "name": "refunds", "version": "2026-11-01T12:00:00Z"}}),
]
DEEP: Any = []
for _ in range(150):
    DEEP = [DEEP]

ODD_TEXTS = [
    "",
    " ",
    "\x00",
    "\x1b[31m",
    "\u202e\u2066",
    "é" * 300,
    "😀" * 90,
    "a\r\nb\tc\u2028d",
    "\\",
    "'",
    '"',
    "`",
    "%s{}${vars.x}",
    "{{ input }}",
    "{% for x in range(9) %}",
    "((((((((",
    "a" * 5000,
    "input" + ".a" * 500,
    "(" * 400 + "1" + ")" * 400,
    "input | " + "lower | " * 300 + "lower",
    "[" * 1000,
    "a{1000}{1000}",
    "(?P<x>a)(?=b)\\1",
    "x ~ y",
    "range(10**9)",
    "1/0",
    "2 ** 99999",
    "parcels",
    "parcels.assistant:",
    "parcels.assistant:answer.x.y",
    ":",
    "..:x",
    "a.b.c:d",
    "parcels.assistant:GREETING",
    "../../etc/passwd",
    "/",
    ".",
    "data/",
    "nul\x00l.jsonl",
    "n" * 300 + ".jsonl",
    "data/table.csv",
    "data/refunds.jsonl",
    "30s",
    "1e9s",
    "-1s",
    "2026-13-45",
    "9999-12-31T23:59:59.999999+00:00",
    "0001-01-01T00:00:00+23:59",
    "exact_match",
    "python",
    "rate",
    "worst",
    "missing",
    "#/nowhere",
    "http://127.0.0.1:1/x",
]
VALUES = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        -0.0,
        -1,
        1,
        0.5,
        2**53,
        -(2**63),
        10**400,
        1e308,
        -1e308,
        5e-324,
        float("nan"),
        float("inf"),
        float("-inf"),
        [],
        {},
        [[]],
        [{}],
        {"": {}},
        {"type": "python"},
        {"type": []},
        ["a", 1, None],
        DEEP,
        "\ud83d",
        {"\ud83d": 1},
        *ODD_TEXTS,
    ]
) | st.text(max_size=20)
KEYS = st.sampled_from(
    ["type", "score", "scores", "name", "function", "items", "", "a/b~c", "value", "path", "\ud800", "é", "1"]
) | st.text(max_size=12)
PLACES = st.integers(0, 10_000)
KINDS = ("replace", "replace", "delete", "rename", "insert", "copy", "swap", "wrap")
Mutation = tuple[str, int, int, str, Any]
MUTATIONS = st.lists(st.tuples(st.sampled_from(KINDS), PLACES, PLACES, KEYS, VALUES), min_size=1, max_size=4)


def mutated(tree: dict[str, Any], mutations: list[Mutation]) -> dict[str, Any]:
    """A copy of a tree after some changes at any of its places."""
    root = {"root": deepcopy(tree)}
    for kind, first, second, key, value in mutations:
        places = _places(root)
        container, at = places[first % len(places)]
        other, there = places[second % len(places)]
        if kind == "replace":
            container[at] = deepcopy(value)
        elif kind == "delete":
            del container[at]
        elif kind == "rename" and isinstance(container, dict):
            container[key] = container.pop(at)
        elif kind == "insert" and isinstance(container[at], dict):
            container[at][key] = deepcopy(value)
        elif kind == "copy":
            other[there] = deepcopy(container[at])
        elif kind == "swap":
            left, right = deepcopy(container[at]), deepcopy(other[there])
            other[there] = left
            container[at] = right
        elif kind == "wrap":
            container[at] = [container[at]]
        if not isinstance(root.get("root"), dict):
            return {}
    return root["root"]


def _places(root: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Every container with every key in it, the root's own left out where there are others."""
    found: list[tuple[Any, Any]] = []
    stack: list[Any] = [root["root"]]
    while stack and len(found) < 2000:
        current = stack.pop()
        entries = list(current.items()) if isinstance(current, dict) else list(enumerate(current))
        for at, child in entries:
            found.append((current, at))
            if isinstance(child, dict | list):
                stack.append(child)
    return found or [(root, "root")]


def as_toml(tree: dict[str, Any], seed: int) -> bytes:
    """The tree as TOML; what TOML cannot say is left out."""
    return TomlWriter(Random(seed)).write(_sayable(tree)).encode("utf-8", "replace")


def as_json(tree: dict[str, Any], seed: int) -> bytes:
    """The tree as JSON, with what only lenient readers take."""
    try:
        return JsonWriter(Random(seed)).write(tree).encode()
    except (UnicodeEncodeError, ValueError):
        return json.dumps(tree, indent=seed % 3 or None).encode()


def _sayable(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key.encode("utf-8", "replace").decode(): _sayable(child)
            for key, child in value.items()
            if child is not None
        }
    if isinstance(value, list):
        return [_sayable(child) for child in value if child is not None]
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


WRITERS: dict[str, Callable[[dict[str, Any], int], bytes]] = {"toml": as_toml, "json": as_json}
ODD_BYTES = [
    b"",
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\r",
    b"\r\n",
    b"\n",
    b"\t",
    b'"',
    b'"""',
    b"'",
    b"[",
    b"]",
    b"[[",
    b"{",
    b"}",
    b",",
    b":",
    b"=",
    b".",
    b"#",
    b"\\",
    b"\\u12",
    b"null",
    b"1e",
    b"0x",
    b"1_000",
    b"-",
    b"1979-05-27",
    b"99:99:99",
    b"[dataset]\n",
    b"a.b.c.d = 1\n",
    b"9" * 5000,
    b"[" * 2000,
    "é😀\u2028".encode(),
]
CUTS = st.lists(st.tuples(PLACES, st.integers(0, 40), st.sampled_from(ODD_BYTES)), min_size=1, max_size=3)


def cut_up(text: bytes, cuts: list[tuple[int, int, bytes]]) -> bytes:
    """The text after some stretches of it were replaced."""
    for place, length, replacement in cuts:
        start = place % (len(text) + 1)
        text = text[:start] + replacement + text[start + length :]
    return text
