"""What expressions give, and that plain paths give the same with and without Jinja."""

import math
import subprocess
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalspec.templates import (
    ExpressionFailed,
    MissingKey,
    compile_expression,
)
from evalspec.templates.parsing import parse_expression
from evalspec.templates.paths import format_path, parse_path

NAMES = ("input", "output", "expected_output", "metadata", "item")
SCOPE: dict[str, Any] = {
    "input": {"question": "q", "items": [1, 2, 3], "a b": 5, "keys": "k", "": 0},
    "output": {
        "answer": "Paris",
        "n": 1.0,
        "list": [{"k": 1}, {"k": None}],
        "nested": [[1, 2], [3]],
        "t": "a,b",
    },
    "metadata": {"continent": "Europe", "null": None, "flag": True},
    "expected_output": None,
    "item": {"id": "1", "empty": {}},
}


def value(text: str, scope: Mapping[str, Any] = SCOPE) -> Any:
    return compile_expression(text, NAMES).evaluate(scope)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("output.answer", "Paris"),
        (" output . answer ", "Paris"),
        ("output['answer']", "Paris"),
        ('input["a b"]', 5),
        ("input['']", 0),
        ("output.list[1].k", None),
        ("output.nested[0][1]", 2),
        ("output.answer[0]", "P"),
        ("input.items", [1, 2, 3]),
        ("input.keys", "k"),
        ("expected_output", None),
        ("input.items[-1]", 3),
        ("input.items.0", 1),
        ("input.items[1:]", [2, 3]),
        ("output.answer[:2]", "Pa"),
        ("metadata.continent != 'Antarctica'", True),
        ("metadata.null is none", True),
        ("metadata.nothing is defined", False),
        ("metadata.nothing is undefined", True),
        ("metadata.nothing | default('x')", "x"),
        ("metadata.null | d('x')", None),
        ("metadata.null | d('x', true)", "x"),
        ("input.items | length", 3),
        ("input.items | count", 3),
        ("input | length", 5),
        ("1 + 2 * 3 - 4 / 2", 5.0),
        ("[7 // 2, 7 % 4, 2 ** 10, -1, +1]", [3, 3, 1024, -1, 1]),
        ("'a' + 'b'", "ab"),
        ("[1] + [2]", [1, 2]),
        ("'ab' * 2", "abab"),
        ("2 * [1]", [1, 1]),
        ("'ab' * -1", ""),
        ("'a' ~ 1 ~ none ~ true ~ 1.0 ~ [1.5, 'x']", 'a1nulltrue1[1.5, "x"]'),
        ("1 if metadata.flag else 2", 1),
        ("metadata.flag and not false or 1", True),
        ("'Pa' in output.answer", True),
        ("2 in input.items and 'question' in input", True),
        ("1 < 2 <= 2", True),
        ("{'b': 1, 'a': [2]}", {"b": 1, "a": [2]}),
        ("range(3)", [0, 1, 2]),
        ("range(3, 0, -1) | list", [3, 2, 1]),
        ("output.list | map(attribute='k') | list", [1, None]),
        ("output.list | map(attribute='z', default=0) | list", [0, 0]),
        ("['a', 'b'] | map('upper') | join('-')", "A-B"),
        ("output.list | selectattr('k') | list", [{"k": 1}]),
        ("output.list | rejectattr('k', 'none') | list", [{"k": 1}]),
        ("input.items | select('odd') | list", [1, 3]),
        ("input.items | reject('gt', 1) | list", [1]),
        ("input.items | sum", 6),
        ("[0.1, 0.2, 0.3] | sum", 0.6),
        ("[{'n': 1}, {'n': 2}] | sum(attribute='n')", 3),
        ("[3, 1, 2] | sort", [1, 2, 3]),
        ("['b', 'A'] | sort", ["A", "b"]),
        ("[1, 1, 2] | unique | list", [1, 2]),
        ("[[3, 1, 2] | min, [3, 1] | max, [3, 1] | first, [3, 1] | last]", [1, 3, 3, 1]),
        ("[[1, 2] | reverse | list, 'ab' | reverse]", [[2, 1], "ba"]),
        ("'ab' | list", ["a", "b"]),
        ("{'b': 1, 'a': 2} | items | list", [["a", 2], ["b", 1]]),
        ("{'b': 1, 'a': 2} | dictsort", [["a", 2], ["b", 1]]),
        ("{'b': 1, 'a': 2} | list", ["a", "b"]),
        ("' A b ' | trim | lower", "a b"),
        ("['a b' | title, 'ab' | capitalize, 'ab' | upper]", ["A B", "Ab", "AB"]),
        ("['aXbX' | replace('X', '-'), 'aXbX' | replace('X', '-', 1)]", ["a-b-", "a-bX"]),
        ("['a\\nb' | indent(2), 'a\\nb' | indent('> ', true)]", ["a\n  b", "> a\n> b"]),
        ("'a b c' | wordcount", 3),
        ("'one two three' | truncate(9, leeway=0)", "one..."),
        ("'one two' | wordwrap(4)", "one\ntwo"),
        ("['3' | int, 'x' | int, 'x' | int(5), '0x1f' | int(base=16)]", [3, 0, 5, 31]),
        ("['1.5' | float, 2 | string, -2 | abs]", [1.5, "2", 2]),
        ("[1.25 | round(1), 1.2 | round(method='ceil'), -1.2 | round(0, 'floor')]", [1.2, 2.0, -2.0]),
        ("'%s=%05.1f|%d%%|%-3s|%x' | format('a', 1.25, 3, true, 255)", "a=001.2|3%|true|ff"),
        ("output.list | tojson", '[{"k": 1}, {"k": null}]'),
        ("{'b': '<é>', 'a': 1.0} | tojson", '{"a": 1, "b": "<é>"}'),
        ("{'a': [1]} | tojson(2)", '{\n  "a": [\n    1\n  ]\n}'),
        ("[1.0 is integer, 1.5 is integer, true is integer]", [True, False, False]),
        ("[1 is number, true is number, true is boolean, 'a' is string]", [True, False, True, True]),
        ("[{} is mapping, [] is sequence, 'a' is sequence, {} is sequence]", [True, True, True, False]),
        ("[[] is iterable, 1 is iterable]", [True, False]),
        ("[4 is even, 3 is odd, 9 is divisibleby(3), 2 is in([1, 2])]", [True] * 4),
        ("[1 is eq 1, 1 is ne(2), 1 is lt 2, 2 is ge 2, 1 is le(1), 2 is gt 1]", [True] * 6),
        ("[1 is equalto(1), 1 is lessthan(2), 2 is greaterthan(1)]", [True] * 3),
        ("['a' is lower, 'A' is upper, true is true, false is false]", [True] * 4),
        ("[true, True, none, None, false]", [True, True, None, None, False]),
    ],
)
def test_values(text: str, expected: Any) -> None:
    assert value(text) == expected
    assert type(value(text)) is type(expected)


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("output.nothing", "output.nothing", "`output.nothing` is missing."),
        ("output.nothing.deeper", "output.nothing", "`output.nothing` is missing."),
        ("output.answer.x", "output.answer.x", "`output.answer.x` is missing: `output.answer` is a string."),
        (
            "expected_output.x",
            "expected_output.x",
            "`expected_output.x` is missing: `expected_output` is null.",
        ),
        ("output.list[2]", "output.list[2]", "`output.list[2]` is missing: `output.list` is a list."),
        ("input['x y']", 'input["x y"]', '`input["x y"]` is missing.'),
        ("output.list.k", "output.list.k", "`output.list.k` is missing: `output.list` is a list."),
        (
            "output['nested']['0']",
            'output.nested["0"]',
            '`output.nested["0"]` is missing: `output.nested` is a list.',
        ),
        ("metadata.contnent != 'x'", "metadata.contnent", "`metadata.contnent` is missing."),
        ("metadata.a is undefined and metadata.b", "metadata.b", "`metadata.b` is missing."),
        ("metadata.a.b | default(1)", "metadata.a", "`metadata.a` is missing."),
        ("output.answer.upper ~ ''", "output.answer.upper", None),
        ("1 if metadata.nothing else 2", "metadata.nothing", None),
        ("metadata.nothing or 1", "metadata.nothing", None),
        ("[metadata.nothing]", "metadata.nothing", None),
        ("metadata.nothing | upper", "metadata.nothing", None),
        ("metadata.nothing + 1", "metadata.nothing", None),
        ("1 + metadata.nothing", "metadata.nothing", None),
        ("-metadata.nothing", "metadata.nothing", None),
        ("metadata.nothing == 1", "metadata.nothing", None),
        ("metadata.nothing in [1]", "metadata.nothing", None),
        ("'a' in metadata.nothing", "metadata.nothing", None),
        ("metadata.nothing is even", "metadata.nothing", None),
        ("metadata.nothing[1:]", "metadata.nothing", None),
        ("input[metadata.continent]", None, "`Europe` is missing."),
        ("output.list | map(attribute='z') | list", None, "`z` is missing."),
        ("output.list | sum(attribute='n', start=1)", None, "`n` is missing."),
        ("[] | first", None, "The list is empty, so it has no first element."),
        ("1 if false", None, "The condition of `if` is false, and there is no `else`."),
        ("'a'.__class__", None, "`__class__` is missing."),
    ],
)
def test_missing_keys(text: str, path: str | None, message: str | None) -> None:
    with pytest.raises(MissingKey) as caught:
        value(text)
    assert caught.value.path == path
    assert message is None or caught.value.message == message


def test_a_missing_name() -> None:
    for text in ("output", "output.x", "output ~ ''", "output.x ~ ''"):
        with pytest.raises(MissingKey) as caught:
            compile_expression(text, NAMES).evaluate({"input": 1})
        assert caught.value.path == "output"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("output.answer < 3", "`<` cannot compare a string with a number."),
        ("[1, 'a'] | sort", "`<` cannot compare a string with a number."),
        ("3 in 4", "`in` cannot look inside a number."),
        ("3 in 'a'", "`in` cannot look for a number inside a string."),
        ("1 + 'a'", "`+` is not possible with a number and a string. Join text with `~`."),
        ("none + 1", "`+` is not possible with null and a number."),
        ("{} * 2", "`*` is not possible with an object and a number."),
        ("'%s' % 1", "`%` is not possible with a string and a number."),
        ("-'a'", "`-` is not possible with a string."),
        ("1 / 0", "Division by zero."),
        ("1 % 0", "Division by zero."),
        ("(-8) ** 0.5", "The result of `**` is not a real number."),
        ("1e308 * 10", "The result is not a finite number."),
        ("10.0 ** 400", "The result of `**` is too large."),
        ("9007199254740993", "The result is an integer beyond 2^53-1, which does not survive in JSON."),
        ("{1: 2}", "The keys of an object must be strings."),
        ("5 | length", "`length` is not possible with a number."),
        ("5 | list", "`list` is not possible with a number."),
        ("5 | join", "`join` is not possible with a number."),
        ("5 | items", "`items` is not possible with a number."),
        ("'a' | abs", "`abs` is not possible with a string."),
        ("'a' | round", "`round` is not possible with a string."),
        ("['a'] | sum", "`sum` adds numbers and met a string."),
        (
            "'a' is even",
            "`divisibleby` needs whole numbers and a divisor other than 0, not a string and a number.",
        ),
        (
            "4 is divisibleby(0)",
            "`divisibleby` needs whole numbers and a divisor other than 0, not a number and 0.",
        ),
        ("'%r' | format(1)", "`format` does not know the conversion `%r`."),
        ("'%(a)s' | format(1)", "`format` does not know the conversion `%(`."),
        ("'%d' | format('a')", "`format` cannot print a string as `%d`."),
        ("'%d' | format", "`format` has fewer values than conversions."),
        ("'%d' | format(1, 2)", "`format` has more values than conversions."),
        ("[1] | map(1) | list", "`map` takes the name of a filter."),
        ("5[1:]", "A number cannot be sliced."),
        ("[[1]] | unique | list", "A list cannot be a key."),
        ("1 | round(method='x')", 'The method of `round` is "common", "ceil" or "floor".'),
        ("range('a')", "`range` takes one to three whole numbers."),
        ("range(1, 2, 0)", "The step of `range` must not be 0."),
    ],
)
def test_failures(text: str, reason: str) -> None:
    with pytest.raises(ExpressionFailed) as caught:
        value(text)
    assert caught.value.message == reason


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("output.answer", {"output.answer"}),
        ("output", {"output"}),
        ("output['a b'][0].c", {'output["a b"][0].c'}),
        ("output.a == input.b.c | upper", {"output.a", "input.b.c"}),
        ("output[metadata.key].x", {"output", "metadata.key"}),
        ("output.items[metadata.n]", {"output.items", "metadata.n"}),
        ("output.a[1:metadata.n]", {"output.a", "metadata.n"}),
        ("output.list[-1].k", {"output.list[-1].k"}),
        ("(output.a or input).b", {"output.a", "input"}),
        ("output | tojson", {"output"}),
        ("1 + 2", set()),
        ("[output.a, {'k': input.b}]", {"output.a", "input.b"}),
        ("output.a if metadata.b is defined else item.c", {"output.a", "metadata.b", "item.c"}),
        ("output.a | default(input.b)", {"output.a", "input.b"}),
        ("range(input.n)", {"input.n"}),
        ("output.list | map(attribute='k') | sum", {"output.list"}),
    ],
)
def test_paths(text: str, paths: set[str]) -> None:
    expression = compile_expression(text, NAMES)
    assert expression.paths == paths
    assert frozenset(map(format_path, expression.reads)) == paths


KEYS = st.sampled_from(["a", "b_1", "items", "keys", "not", "__class__", "a b", "é", "", "0", "'", '"'])
DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.sampled_from(["", "a", "ab"]),
    lambda tree: st.lists(tree, max_size=3) | st.dictionaries(KEYS, tree, max_size=4),
    max_leaves=12,
)
STEPS = st.lists(KEYS | st.integers(0, 3), max_size=4)


def outcome(run: Any) -> Any:
    try:
        return run()
    except MissingKey as error:
        return ("missing", error.path, error.message)


@given(
    st.dictionaries(st.sampled_from(["input", "output"]), DATA), st.sampled_from(["input", "output"]), STEPS
)
def test_plain_paths_give_what_jinja_gives(scope: dict[str, Any], name: str, steps: list[str | int]) -> None:
    text = format_path((name, *steps))
    jinja = parse_expression(text, NAMES)
    plain = compile_expression(text, NAMES)
    assert plain.reads == ((name, *steps),) == jinja.reads
    assert outcome(lambda: plain.evaluate(scope)) == outcome(lambda: jinja.value(scope))


@given(st.text(st.sampled_from("output.a[]0'\" _\\n1-"), max_size=12).map("output".__add__))
def test_what_is_taken_for_a_plain_path_is_one_to_jinja_too(text: str) -> None:
    steps = parse_path(text)
    if steps is not None and steps[0] == "output":
        assert parse_expression(text, NAMES).reads == (steps,)


@pytest.mark.parametrize(
    "text", ["not", "true", "none", "output.", "output[", "output[a]", "output[01]", "a b", "1", ""]
)
def test_what_is_no_plain_path(text: str) -> None:
    assert parse_path(text) is None


def test_the_scope_may_be_any_mapping() -> None:
    assert value("output.answer", MappingProxyType(SCOPE)) == "Paris"
    assert value("output.answer | upper", MappingProxyType(SCOPE)) == "PARIS"


def test_the_order_of_keys_and_the_spelling_of_numbers_do_not_matter() -> None:
    texts = [
        "input | list",
        "input | first",
        "input | items | list",
        "input | string",
        "input | join",
        "input ~ ''",
    ]
    texts += ["'xy'[input.b]", "'xy'[:input.b]", "range(input.b)", "'xy' * input.b", "'%x' | format(input.b)"]
    texts += ["1.55 | round(input.b)", "'a\\nb' | indent(input.b)", "[input] | tojson(input.b)"]
    texts += [
        "input.b * 2 == 2",
        "input.b is integer",
        "input | tojson",
        "'%s' | format(input)",
        "input | map('upper')",
    ]
    for text in texts:
        left = value(text, {"input": {"a": [], "b": 1}})
        assert left == value(text, {"input": {"b": 1.0, "a": []}})


def test_results_are_json_data() -> None:
    class Odd:
        pass

    for text in ("input ~ ''", "[input]", "input or 1"):
        with pytest.raises(ExpressionFailed, match="not JSON data"):
            value(text, {"input": Odd()})
    with pytest.raises(ExpressionFailed, match="finite"):
        value("[input]", {"input": math.nan})


def test_plain_paths_need_no_jinja() -> None:
    program = (
        "import sys\n"
        "from evalspec.templates import compile_expression, compile_template\n"
        "assert compile_expression('output.a', ['output']).evaluate({'output': {'a': 1}}) == 1\n"
        "assert compile_template('plain text', []).render({}) == 'plain text'\n"
        "assert 'jinja2' not in sys.modules\n"
        "compile_expression('output.a + 1', ['output'])\n"
        "assert 'jinja2' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_expressions_say_what_they_are() -> None:
    assert repr(compile_expression("output.a", NAMES)) == "Expression('output.a')"
