"""What the kinds of comparison and format report of their fields, and where their packages are missing."""

import importlib.util
from typing import Any

import pytest

from evalspec.evaluators import EVALUATORS
from evalspec.kinds.importing import LoadError
from evalspec.kinds.loading import Loading


@pytest.mark.parametrize(
    ("kind", "fields", "code", "at"),
    [
        ("one_of", {"values": []}, "wrong-value", ("values",)),
        ("one_of", {"values": ["a"], "expected": "output"}, "wrong-value", ("values",)),
        ("normalized_match", {"normalize": []}, "wrong-value", ("normalize",)),
        ("normalized_match", {"normalize": ["case", "case"]}, "wrong-value", ("normalize", 1)),
        ("normalized_match", {"normalize": ["squad", "case"]}, "wrong-value", ("normalize", 1)),
        ("date_close", {"within": 1.0, "formats": []}, "wrong-value", ("formats",)),
        ("date_close", {"within": 1.0, "formats": ["%d.%m.%Y", "%!"]}, "wrong-value", ("formats", 1)),
        ("date_close", {"within": 1.0, "formats": ["%"]}, "wrong-value", ("formats", 0)),
        ("json_equal", {"ignore": ["/a", "b"]}, "wrong-value", ("ignore", 1)),
        ("json_equal", {"ignore": [""]}, "wrong-value", ("ignore", 0)),
        ("json_path_match", {"path": "$.a[", "equals": 1}, "wrong-value", ("path",)),
        ("json_path_match", {"path": "a.b", "equals": 1}, "wrong-value", ("path",)),
        ("json_path_match", {"path": "$", "equals": 1, "expected": "output"}, "wrong-value", ("equals",)),
        ("contains_json", {"schema": {"type": "text"}}, "invalid-schema", ("schema", "type")),
        ("contains_json", {"schema": {}, "path": "a.json"}, "wrong-value", ("path",)),
        ("contains_json", {"path": "a.json"}, "file-not-found", ("path",)),
        ("is_sql", {"statements": []}, "wrong-value", ("statements",)),
        ("is_url", {"schemes": []}, "wrong-value", ("schemes",)),
        ("is_url", {"schemes": ["https", "https:"]}, "wrong-value", ("schemes", 1)),
    ],
)
def test_mistakes_are_reported_at_their_place(
    resolve: Any, kind: str, fields: Any, code: str, at: Any
) -> None:
    _, (problem,) = resolve(kind, **fields)
    assert (problem.code, problem.at) == (code, at)


def test_a_mistake_in_a_query_says_where(resolve: Any) -> None:
    _, (problem,) = resolve("json_path_match", path="$.a[?foo(@)]", equals=1)
    assert problem.offset == 5
    assert problem.message == "not a JSONPath query: function 'foo' is not defined"


@pytest.mark.parametrize("kind", ["one_of", "json_path_match"])
def test_to_say_the_default_is_to_say_nothing(resolve: Any, kind: str) -> None:
    more = {"path": "$"} if kind == "json_path_match" else {}
    said, _ = resolve(kind, expected="expected_output", **more)
    unsaid, _ = resolve(kind, **more)
    assert said == unsaid
    fields = EVALUATORS[kind].fields
    assert EVALUATORS[kind].reads(fields(score="s", **more)) == ("output", "expected_output")
    constant = {"equals": 1} if more else {"values": [1]}
    assert EVALUATORS[kind].reads(fields(score="s", **more, **constant)) == ("output",)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("json_path_match", {"path": "$", "equals": 1}),
        ("is_xml", {}),
        ("contains_xml", {}),
        ("is_sql", {}),
        ("contains_sql", {}),
        ("is_email", {}),
        ("code_parses", {"language": "bash"}),
    ],
)
def test_a_missing_extra_is_named_when_the_evaluator_is_made(
    resolve: Any, loading: Loading, monkeypatch: pytest.MonkeyPatch, kind: str, fields: Any
) -> None:
    resolved, problems = resolve(kind, **fields)
    assert problems == []
    assert EVALUATORS[kind].extra == "formats"
    monkeypatch.setattr("evalspec.evaluators.extras.find_spec", lambda name: None)
    with pytest.raises(LoadError, match=r"pip install 'evalspec\[formats\]'"):
        EVALUATORS[kind].build(resolved.fields, loading)


def test_code_of_the_standard_library_needs_no_extra(
    resolve: Any, loading: Loading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalspec.evaluators.extras.find_spec", lambda name: None)
    for language in ("python", "json", "toml"):
        resolved, _ = resolve("code_parses", language=language)
        assert EVALUATORS["code_parses"].build(resolved.fields, loading) is not None
    assert importlib.util.find_spec("sqlglot") is not None


def test_json_schema_reads_text_where_it_is_told_to(resolve: Any, loading: Loading) -> None:
    from anyio import run

    from evalspec.evaluators.base import EvaluationError, Subject
    from evalspec.plan.values import Item

    resolved, problems = resolve("json_schema", schema={"type": "object"}, parse_text=True)
    assert problems == []
    assert resolved.identity["parse_text"] is True
    evaluator: Any = EVALUATORS["json_schema"].build(resolved.fields, loading)

    async def judged(output: Any) -> Any:
        found = evaluator(Subject(Item("1", None, None, None), output))
        (score,) = found if isinstance(found, tuple) else await found
        return score.value

    assert run(judged, '{"a": 1}') is True
    assert run(judged, "[1]") is False
    assert run(judged, {"a": 1}) is True
    for text, kind in (("{", "not_json"), ("[" * 1000, "too_large")):
        with pytest.raises(EvaluationError) as caught:
            run(judged, text)
        assert caught.value.kind == kind
