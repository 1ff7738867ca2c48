import json
from pathlib import Path
from typing import Any

import pytest

from evalspec.checking.formats import FORMATS
from evalspec.diagnostics import Severity

ANSWER = {
    "type": "object",
    "properties": {
        "answer": {"type": "string", "pattern": "^[A-Z]"},
        "sources": {"type": "array", "minItems": 1},
    },
    "required": ["answer"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("output", "comment"),
    [
        ({"answer": "Paris"}, None),
        ({"answer": "Paris", "sources": ["x"]}, None),
        ("Paris", "'Paris' is not of type 'object' (at the top)"),
        ({}, "'answer' is a required property (at the top)"),
        ({"answer": "paris"}, "'paris' does not match '^[A-Z]' (at /answer)"),
        ({"answer": "Paris", "x/y": 1}, "additional properties are not allowed: 'x/y' (at the top)"),
        ({"answer": 1, "sources": []}, "1 is not of type 'string' (at /answer)"),
    ],
)
def test_the_first_violation_is_the_comment(judge: Any, output: Any, comment: str | None) -> None:
    score = judge("json_schema", schema=ANSWER)(output)
    assert (score.value, score.comment) == (comment is None, comment)


def test_the_order_of_keys_changes_no_comment(judge: Any) -> None:
    backwards = dict(reversed(ANSWER.items()))
    for output in ({"x": 1}, {"answer": 1, "sources": [], "x": 1}):
        assert judge("json_schema", schema=ANSWER)(output) == judge("json_schema", schema=backwards)(output)


def test_long_values_are_cut_in_comments(judge: Any) -> None:
    score = judge("json_schema", schema={"type": "number"})("x" * 10_000)
    assert len(score.comment) < 600


def test_patterns_are_linear(judge: Any) -> None:
    schema = {
        "patternProperties": {"^(a+)+$": {"pattern": "^(b+)+$"}},
        "additionalProperties": {"type": "number"},
    }
    check = judge("json_schema", schema=schema)
    assert check({"a": "b", "c": 1}).value is True
    assert check({"a" * 40_000 + "!": 1, "aa": "b" * 40_000}).value is True
    assert check({"a": "b" * 40_000 + "!"}).value is False
    assert check({"c": "x"}).comment == "'x' is not of type 'number' (at /c)"


def test_references_within(judge: Any) -> None:
    schema = {"$defs": {"n": {"type": "integer"}}, "items": {"$ref": "#/$defs/n"}}
    assert judge("json_schema", schema=schema)([1, 2]).value is True
    assert judge("json_schema", schema=schema)([1, "2"]).comment == "'2' is not of type 'integer' (at /1)"
    recursive = {"$id": "https://example.org/s", "properties": {"next": {"$ref": "#"}}, "type": "object"}
    assert judge("json_schema", schema=recursive)({"next": {"next": 1}}).value is False


def test_booleans_are_no_numbers_and_integral_floats_are_integers(judge: Any) -> None:
    assert judge("json_schema", schema={"type": "integer"})(True).value is False
    assert judge("json_schema", schema={"type": "integer"})(1.0).value is True


def test_dialects(judge: Any) -> None:
    draft7 = {"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "number"}]}
    assert judge("json_schema", schema=draft7)(["x"]).value is False
    newest = {"prefixItems": [{"type": "number"}]}
    assert judge("json_schema", schema=newest)(["x"]).value is False


@pytest.mark.parametrize(
    ("schema", "code", "at", "words"),
    [
        ({"type": "strin"}, "invalid-schema", ("schema", "type"), 'no type "strin"'),
        (
            {"properties": {"a": {"minLength": -1}}},
            "invalid-schema",
            ("schema", "properties", "a", "minLength"),
            "-1",
        ),
        (
            {"$schema": "http://json-schema.org/draft-03/schema#"},
            "invalid-schema",
            ("schema", "$schema"),
            "is none of",
        ),
        ({"items": {"pattern": "(?=x)"}}, "invalid-regex", ("schema", "items", "pattern"), "not supported"),
        (
            {"patternProperties": {"[": {}}},
            "invalid-regex",
            ("schema", "patternProperties", "["),
            "never closed",
        ),
        ({"$ref": "https://example.org/x"}, "invalid-schema", ("schema", "$ref"), "nothing is fetched"),
        (
            {"allOf": [{"$ref": "other.json"}]},
            "invalid-schema",
            ("schema", "allOf", 0, "$ref"),
            "nothing is fetched",
        ),
        ({"$ref": "#/$defs/x"}, "invalid-schema", ("schema", "$ref"), "leads nowhere"),
        ({"$ref": "#anchor"}, "invalid-schema", ("schema", "$ref"), "leads nowhere"),
        ({"$defs": {"a": {"$id": "b"}}}, "invalid-schema", ("schema", "$defs", "a", "$id"), "only the whole"),
        (
            {"unevaluatedProperties": False, "patternProperties": {"a": True}},
            "invalid-schema",
            ("schema", "unevaluatedProperties"),
            "not supported",
        ),
        ({"const": 2**60}, "number-not-canonical", ("schema",), "beyond"),
    ],
)
def test_wrong_schemas_say_where(resolve: Any, schema: Any, code: str, at: Any, words: str) -> None:
    _, (problem,) = resolve("json_schema", schema=schema)
    assert (problem.code, problem.at, problem.severity) == (code, at, Severity.ERROR)
    assert words in problem.message


def test_what_is_data_in_a_schema_is_left_alone(resolve: Any) -> None:
    schema = {
        "const": {"$ref": "x", "pattern": "["},
        "properties": {"$ref": {"type": "string"}, "pattern": True, "format": True},
        "format": "iri-reference",
    }
    _, (problem,) = resolve("json_schema", schema=schema)
    assert (problem.severity, problem.message) == (
        Severity.WARNING,
        "the format `iri-reference` is not checked",
    )


def test_a_schema_in_a_file(resolve: Any, judge: Any, tmp_path: Path) -> None:
    (tmp_path / "answer.json").write_text("\ufeff" + json.dumps(ANSWER), encoding="utf-8")
    assert judge("json_schema", path="answer.json")({"answer": "Paris"}).value is True
    in_file, _ = resolve("json_schema", path="answer.json")
    in_spec, _ = resolve("json_schema", schema=ANSWER)
    assert in_file == in_spec
    # The plan does not need the file any more.
    assert in_file.fields == {"value": "output", "schema": ANSWER}


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (b"{", "invalid-schema", "the file is not JSON"),
        (b"\xff", "invalid-schema", "is not UTF-8"),
        (b"3", "invalid-schema", "a schema is an object"),
        (b'{"items": {"type": "x"}}', "invalid-schema", "in `s.json` at `/items/type`"),
        (b'{"const": NaN}', "number-not-canonical", "NaN"),
        (b"[" * 100_000, "invalid-schema", "nested"),
        (None, "file-not-found", "there is no file `s.json`"),
    ],
)
def test_a_file_that_holds_no_schema(
    resolve: Any, tmp_path: Path, text: bytes | None, code: str, words: str
) -> None:
    if text is not None:
        (tmp_path / "s.json").write_bytes(text)
    _, (problem,) = resolve("json_schema", path="s.json")
    assert (problem.code, problem.at) == (code, ("path",))
    assert words in problem.message


def test_exactly_one_schema(resolve: Any, tmp_path: Path) -> None:
    _, (problem,) = resolve("json_schema")
    assert problem.code == "missing-field"
    _, (problem,) = resolve("json_schema", schema={}, path="x.json")
    assert (problem.code, problem.at) == ("wrong-value", ("path",))


GOOD = {
    "date": ["2024-02-29"],
    "time": ["12:00:00Z", "23:59:60z", "01:02:03.5+01:30"],
    "date-time": ["2026-01-02T03:04:05Z", "2026-01-02t03:04:05.25-08:00"],
    "email": ["a.b+c@example.org", "x@localhost"],
    "hostname": ["example.org", "a-b.c", "localhost"],
    "ipv4": ["127.0.0.1"],
    "ipv6": ["::1", "2001:db8::ff00:42:8329"],
    "regex": ["^a+$"],
    "uri": ["https://example.org/a?b=c#d", "urn:isbn:0451450523", "mailto:a@b.c"],
    "uuid": ["123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000"],
}
BAD = {
    "date": ["2023-02-29", "2024-1-1", "20240101", "٢٠٢٤-٠١-٠١"],
    "time": ["12:00:00", "24:00:00Z", "12:60:00Z", "12:00Z"],
    "date-time": ["2026-01-02", "2026-01-02 03:04:05Z", "2026-13-02T03:04:05Z", "2026-01-02T03:04:05"],
    "email": ["a", "@b.c", "a@", "a b@c.d", "a@-b.c"],
    "hostname": ["-a.b", "a..b", "a_b", "x" * 64, ""],
    "ipv4": ["256.0.0.1", "1.2.3", "01.2.3.4"],
    "ipv6": ["1.2.3.4", ":::", "fe80::1%eth0"],
    "regex": ["(", "(?=a)"],
    "uri": ["/relative", "example.org", "http://a b", "http://ä.org"],
    "uuid": ["123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400g"],
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats(judge: Any, name: str) -> None:
    check = judge("json_schema", schema={"format": name})
    assert [text for text in GOOD[name] if not check(text).value] == []
    assert [text for text in BAD[name] if check(text).value] == []
    assert check(3).value is True
