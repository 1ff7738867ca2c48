"""Mistakes in the text of expressions and templates: what is said, and where."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalspec.templates import (
    FILTERS,
    TESTS,
    EvaluationError,
    Expression,
    Template,
    TemplateError,
    TemplateProblem,
    compile_expression,
    compile_template,
    position,
)
from evalspec.templates.limits import MAX_EXPRESSION, MAX_TEMPLATE
from evalspec.templates.sandbox import STEPS_FILTER, sandbox

NAMES = ("input", "output", "expected_output", "metadata", "item")
Compile = Callable[[str, tuple[str, ...]], Expression | Template]


def problems(compiler: Compile, text: str) -> tuple[TemplateProblem, ...]:
    with pytest.raises(TemplateError) as caught:
        compiler(text, NAMES)
    error = caught.value
    assert (error.code, error.message, error.offset, error.length, error.suggestion) == (
        error.problems[0].code,
        error.problems[0].message,
        error.problems[0].offset,
        error.problems[0].length,
        error.problems[0].suggestion,
    )
    for problem in error.problems:
        assert problem.message.endswith(".")
        assert 0 <= problem.offset <= problem.offset + problem.length <= len(text)
        assert problem.length > 0 or problem.offset == len(text.rstrip())
    return error.problems


def shown(text: str, problem: TemplateProblem) -> str:
    return text[problem.offset : problem.offset + problem.length]


@pytest.mark.parametrize(
    ("text", "code", "marked", "offset", "suggestion"),
    [
        ("nope", "undefined-name", "nope", 0, None),
        ("ouptut.answer", "undefined-name", "ouptut", 0, "output"),
        ("Output.answer", "undefined-name", "Output", 0, "output"),
        ("1 + ouptut.a", "undefined-name", "ouptut", 4, "output"),
        ("input.ouptut + (ouptut)", "undefined-name", "ouptut", 16, "output"),
        ("'ouptut' ~ ouptut", "undefined-name", "ouptut", 11, "output"),
        ("input[ouptut]", "undefined-name", "ouptut", 6, "output"),
        ("\n\n  ouptut", "undefined-name", "ouptut", 4, "output"),
        ("\r\n\r\n ouptut == 1", "undefined-name", "ouptut", 5, "output"),
        ("'é😀' ~ ouptut", "undefined-name", "ouptut", 7, "output"),
        ("null", "undefined-name", "null", 0, "none"),
        ("input == null", "undefined-name", "null", 9, "none"),
        ("loop.index", "undefined-name", "loop", 0, None),
        ("range", "undefined-name", "range", 0, None),
        ("rang(3)", "undefined-name", "rang", 0, "range"),
        ("__result", "undefined-name", "__result", 0, None),
        ("output | lenght", "unknown-filter", "lenght", 9, "length"),
        ("output|attr('x')", "unknown-filter", "attr", 7, None),
        ("output | __steps", "unknown-filter", "__steps", 9, None),
        ("[1] | map('uper')", "unknown-filter", "uper", 11, "upper"),
        ("output is strng", "unknown-test", "strng", 10, "string"),
        ("output is  not   strng", "unknown-test", "strng", 17, "string"),
        ("output is callable", "unknown-test", "callable", 10, None),
        ("[1] | select('od')", "unknown-test", "od", 14, "odd"),
        ("[1] | selectattr('a', 'evn')", "unknown-test", "evn", 23, "even"),
        ("", "expression-syntax", "", 0, None),
        ("   ", "expression-syntax", "", 0, None),
        ("output ~", "expression-syntax", "", 8, None),
        ("(output", "expression-syntax", "", 7, None),
        ("output)", "expression-syntax", ")", 6, None),
        ("output]", "expression-syntax", "]", 6, None),
        ("(output]", "expression-syntax", "]", 7, None),
        ("output input", "expression-syntax", "input", 7, None),
        ("output = 'x'", "expression-syntax", "=", 7, "=="),
        ("output === 'x'", "expression-syntax", "===", 7, "=="),
        ("output && input", "expression-syntax", "&&", 7, "and"),
        ("output || input", "expression-syntax", "||", 7, "or"),
        ("!output", "expression-syntax", "!", 0, "not"),
        ("output ? 1 : 2", "expression-syntax", "?", 7, "… if … else …"),
        ("output.", "expression-syntax", ".", 6, None),
        ("output..x", "expression-syntax", ".", 7, None),
        ("output. é", "expression-syntax", "", 0, None),
        ("'abc", "expression-syntax", "'", 0, None),
        ("$x", "expression-syntax", "$", 0, None),
        ("{{ output }}", "expression-syntax", "{{ output }}", 0, "output"),
        (" {{output.a}} ", "expression-syntax", "{{output.a}}", 1, "output.a"),
        ("output }} x", "expression-syntax", "}}", 7, None),
        ("output.answer.upper()", "expression-syntax", ".", 13, None),
        ("input.items()", "expression-syntax", ".", 5, None),
        ("output()", "expression-syntax", "(", 6, None),
        ("9" * 5_000, "expression-syntax", "9" * 5_000, 0, None),
        ("(" * 3_000 + ")" * 3_000, "expression-syntax", "(" * 3_000 + ")" * 3_000, 0, None),
        ("1" + "+1" * 3_000, "expression-syntax", "1" + "+1" * 3_000, 0, None),
        ("not " * 3_000 + "1", "expression-syntax", "not " * 3_000 + "1", 0, None),
        ("1" * (MAX_EXPRESSION + 3), "expression-syntax", "111", MAX_EXPRESSION, None),
    ],
)
def test_expressions(text: str, code: str, marked: str, offset: int, suggestion: str | None) -> None:
    if text == "output. é":
        compile_expression(text, NAMES)  # names may have any letter
        return
    found = problems(compile_expression, text)
    assert len(found) == 1
    assert (found[0].code, shown(text, found[0]), found[0].offset) == (code, marked, offset)
    assert found[0].suggestion == suggestion


@pytest.mark.parametrize(
    ("text", "code", "marked", "offset"),
    [
        ("Hello {{ nmae }}", "undefined-name", "nmae", 9),
        ("a\r\nb\r\n{{ nmae }}", "undefined-name", "nmae", 9),
        ("{%- set q = 1 -%}  x  {%- if nmae -%} {%- endif -%}", "undefined-name", "nmae", 29),
        ("{{ x }}{% set x = 1 %}", "undefined-name", "x", 3),
        ("{% with a=1 %}{{ a }}{% endwith %}{{ a }}", "undefined-name", "a", 37),
        ("{% for a in input %}{% endfor %}{{ a }}", "undefined-name", "a", 35),
        ("{% for a in input %}{% set b = 1 %}{% endfor %}{{ b }}", "undefined-name", "b", 50),
        ("{% for a in input %}{% else %}{{ loop }}{% endfor %}", "undefined-name", "loop", 33),
        ("{% for a in a %}{% endfor %}", "undefined-name", "a", 12),
        ("{# {{ nmae }} #}{% raw %}{{ nmae }}{% endraw %}{{ nmae }}", "undefined-name", "nmae", 50),
        ("{% filter uper %}{% endfilter %}", "unknown-filter", "uper", 10),
        ("{{ input is strng }}", "unknown-test", "strng", 12),
        ("{{ input", "template-syntax", "", 8),
        ("{{ }}", "template-syntax", "}}", 3),
        ("{{ input }", "template-syntax", "}", 9),
        ("{% if input %}x", "template-syntax", "", 15),
        ("{% endif %}", "template-syntax", "endif", 3),
        ("{% foo %}", "template-syntax", "foo", 3),
        ("{% if %}", "template-syntax", "%}", 6),
        ("a {# x", "template-syntax", "{#", 2),
        ("a {% include 'x' %}", "template-syntax", "include", 5),
        ("{% import 'x' as y %}", "template-syntax", "import", 3),
        ("{% from 'x' import y %}", "template-syntax", "from", 3),
        ("{% extends 'x' %}", "template-syntax", "extends", 3),
        ("{% block a %}{% endblock %}", "template-syntax", "block", 3),
        ("{% macro m() %}{% endmacro %}", "template-syntax", "macro", 3),
        ("{% call range() %}{% endcall %}", "template-syntax", "call", 3),
        ("{% autoescape true %}{% endautoescape %}", "template-syntax", "autoescape", 3),
        ("{% for x in input recursive %}{% endfor %}", "template-syntax", "for", 3),
        ("{% set input.x = 1 %}", "template-syntax", "input", 7),
        ("{% set a = 1 %}{{ a() }}", "template-syntax", "(", 19),
        ("x" * (MAX_TEMPLATE + 1), "template-syntax", "x", MAX_TEMPLATE),
        ("{% if 1 %}" * 2_000 + "{% endif %}" * 2_000, "template-syntax", None, 0),
    ],
)
def test_templates(text: str, code: str, marked: str | None, offset: int) -> None:
    found = problems(compile_template, text)
    assert (found[0].code, found[0].offset) == (code, offset)
    assert marked is None or shown(text, found[0]) == marked


def test_all_mistakes_are_told_in_the_order_of_the_text() -> None:
    found = problems(compile_expression, "inptu.x if ouptut is evn else item | upr")
    assert [(problem.code, problem.offset, problem.suggestion) for problem in found] == [
        ("undefined-name", 0, "input"),
        ("undefined-name", 11, "output"),
        ("unknown-test", 21, "even"),
        ("unknown-filter", 37, "upper"),
    ]
    found = problems(compile_template, "{{ a }}{% for b in c %}{{ b | d(e) }}{% endfor %}")
    assert [problem.offset for problem in found] == [3, 19, 32]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ouptut", "There is no name `ouptut` here."),
        ("(1", "The text ends where `)` is expected."),
        ("1 |", "The text ends where a name is expected."),
        ("1 | 2", "Expected a name, got a number."),
        ("1 +", "The text ends where a value is expected."),
        ("1 2", "The expression ends before this."),
        ("a $ b", "Unexpected char `$`."),
        ("output.x.items()", "Data has no methods like `items()`. Use the filter: `| items`."),
        ("output.x.strip()", "Data has no methods like `strip()`. Use the filter: `| trim`."),
        ("output.x.foo()", "Data has no methods like `foo()`."),
        ("foo(1)", "There is no function `foo`; only `range(...)` can be called."),
    ],
)
def test_wording(text: str, message: str) -> None:
    assert problems(compile_expression, text)[0].message == message


def test_names_without_any() -> None:
    with pytest.raises(TemplateError, match="there are none"):
        compile_expression("a", ())


def test_the_vocabulary_is_what_the_sandbox_has() -> None:
    assert set(sandbox().filters) == FILTERS | {STEPS_FILTER}
    assert set(sandbox().tests) == TESTS
    assert set(sandbox().globals) == {"range"}


def test_position() -> None:
    text = "ab\ncd\r\né\rx"
    assert [position(text, offset) for offset in (0, 2, 3, 7, 9, 10)] == [
        (1, 1),
        (1, 3),
        (2, 1),
        (3, 1),
        (4, 1),
        (4, 2),
    ]


SIGNS = [
    *"()[]{}.,|~+-*/%=!<>:'\"\\ \n01",
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "-%}",
    "\r\n",
    "é",
    "\0",
    "9" * 400,
]
WORDS = "input output x if else endif for in endfor set is not defined upper range loop and __class__"
WORDS += " macro include raw endraw with filter"
FRAGMENTS = st.lists(st.sampled_from([*SIGNS, *WORDS.split()]), max_size=14)


@given(FRAGMENTS, st.sampled_from(["", " "]))
def test_any_text_compiles_or_is_a_template_error(parts: list[str], between: str) -> None:
    scope: dict[str, object] = {"input": {"x": [1, "a"]}, "output": None}
    text = between.join(parts)
    for compiler in (compile_expression, compile_template):
        said = _tried(compiler, text, scope)
        assert all(message.endswith(".") and 0 <= start <= end <= len(text) for message, start, end in said)


def _tried(compiler: Compile, text: str, scope: dict[str, object]) -> list[tuple[str, int, int]]:
    try:
        compiled = compiler(text, ("input", "output"))
        if isinstance(compiled, Expression):
            compiled.evaluate(scope)
        else:
            compiled.render(scope)
    except TemplateError as error:
        return [(found.message, found.offset, found.offset + found.length) for found in error.problems]
    except EvaluationError as error:
        return [(error.message, 0, 0)]
    return []
