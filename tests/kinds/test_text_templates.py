"""Templates in fields: trees that keep types, and the pieces of a text."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import evalspec
from evalspec.kinds.http.requests import RequestTemplate
from evalspec.kinds.outside import CallFailed
from evalspec.kinds.text_templates import TreeTemplate, only_expression, split_template
from evalspec.templates import Template

NAMES = {"input", "metadata"}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS | st.floats(allow_nan=False),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(TEXTS, children, max_size=3),
    max_leaves=8,
).filter(lambda tree: "inf" not in repr(tree))


def content(tree: Any, scope: dict[str, Any]) -> Any:
    fields = {"method": "POST", "url": "http://x/", "json": tree}
    body = RequestTemplate(fields, NAMES).render(scope).content
    assert body is not None
    return json.loads(body)


@given(TREES)
def test_any_value_arrives_as_it_is(value: Any) -> None:
    assert content({"a": ["{{ input }}"], "b": "{{ input }}"}, {"input": value}) == {"a": [value], "b": value}


@given(TEXTS)
def test_any_text_arrives_within_a_text(value: str) -> None:
    assert content({"q": 'say "{{ input }}"!'}, {"input": value}) == {"q": f'say "{value}"!'}


@given(TEXTS.filter(lambda text: text not in (".", "..")))
def test_any_text_stays_in_its_segment_and_its_parameter(value: str) -> None:
    fields = {
        "method": "GET",
        "url": "http://host:8/a/{{ input }}/b?x={{ input }}",
        "query": {"y": "{{ input }}"},
    }
    parts = urlsplit(RequestTemplate(fields, NAMES).render({"input": value}).url)
    assert parts.netloc == "host:8"
    assert [unquote(segment) for segment in parts.path.split("/")] == ["", "a", value, "b"]
    pairs = [pair.split("=") for pair in parts.query.split("&")]
    assert [(name, unquote(found)) for name, found in pairs] == [("x", value), ("y", value)]


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("{{ input }}", True),
        ("{{input.a[0]}}", True),
        ("{{- input -}}", True),
        ("{{ '}} {{' }}", True),
        ("{{ {'a': {'b': 1}} }}", True),
        ("{{ input }} ", False),
        (" {{ input }}", False),
        ("{{ input }}{{ input }}", False),
        ("{{ 'a' }} and {{ 'b' }}", False),
        ("{% if input %}x{% endif %}", False),
        ("{ input }", False),
        ("", False),
    ],
)
def test_what_is_exactly_one_expression(text: str, expression: bool) -> None:
    assert (only_expression(text, NAMES) is not None) is expression


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("plain", ["plain"]),
        ("a{{ input }}b{{ metadata.x }}", ["a", "{{ input }}", "b", "{{ metadata.x }}"]),
        (
            "{{ '}}' ~ input }}/{{ {'a': {'b': 1}}.a }}",
            ["{{ '}}' ~ input }}", "/", "{{ {'a': {'b': 1}}.a }}"],
        ),
        ("{{- input -}}", ["{{- input -}}"]),
    ],
)
def test_the_pieces_of_a_text(text: str, expected: list[str]) -> None:
    found = split_template(text, NAMES)
    assert [piece.text if isinstance(piece, Template) else piece for piece in found] == expected


@pytest.mark.parametrize(
    "text", ["{% if input %}{{ input }}{% endif %}", "{{ input }}{# c #}", "a{% set x = 1 %}"]
)
def test_a_text_with_more_than_expressions(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text is all there is to say
        split_template(text, NAMES)


def test_what_fails_says_which_leaf() -> None:
    tree = TreeTemplate("json", {"a": [1, {"b": "{{ input.x }}"}], "c": "{{ input + 1 }}"}, NAMES, typed=True)
    with pytest.raises(CallFailed, match=r"`json\.a\[1\]\.b`: `input\.x` is missing") as caught:
        tree.render({"input": {}})
    assert caught.value.kind == "missing_key"
    with pytest.raises(CallFailed, match=r"`json\.c`: ") as caught:
        TreeTemplate("json", {"c": "{{ input + 1 }}"}, NAMES).render({"input": "x"})
    assert caught.value.kind == "expression_failed"


SPEC = """\
evalspec = 1
name = "x"
dataset = { type = "inline", items = [{ id = "1", input = "x" }] }

[task]
type = "http"
url = "http://host/{{ inptu }}"
json = { deep = [1, { question = "What is \\u0022{{ metadata.a ~ wrong }}\\u0022?" }] }

[scores.s]
data_type = "BOOLEAN"

[evaluators.e]
type = "command"
argv = ["sh", "-c", "{{ outputs }}"]
score = "s"
"""


def test_mistakes_have_their_place_in_the_spec(tmp_path: Path) -> None:
    (tmp_path / ".evalspec-root").touch()
    spec = tmp_path / "x.evalspec.toml"
    spec.write_text(SPEC)
    found = [item for item in evalspec.check(str(spec)).diagnostics if item.code == "undefined-name"]
    lines = SPEC.splitlines()
    places = {}
    for item in found:
        assert item.span is not None
        start, end = item.span.start, item.span.end
        assert start.line == end.line
        places[item.pointer] = lines[start.line - 1][start.column - 1 : end.column - 1]
    assert places == {
        "/task/url": "inptu",
        "/task/json/deep/1/question": "wrong",
        "/evaluators/e/argv/2": "outputs",
    }
