"""Templates: what they render, and what they cannot be made to do."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from evalspec.templates import ExpressionFailed, MissingKey, Template, compile_expression, compile_template
from evalspec.templates.limits import MAX_OUTPUT, running

NAMES = ("input", "output", "expected_output", "metadata", "item")
SCOPE: dict[str, Any] = {
    "input": {"question": "Why?", "items": [1, 2, 3]},
    "output": {"b": True, "a": None, "n": 2.0, "text": "<b>&</b>"},
    "expected_output": [],
}


def render(text: str, **options: Any) -> str:
    return compile_template(text, NAMES).render(SCOPE, **options)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain\n", "plain\n"),
        ("a\r\nb", "a\nb"),
        ("Q: {{ input.question }}\n", "Q: Why?\n"),
        ("{{ output.text }}", "<b>&</b>"),
        ("{{ output }}", '{"a": null, "b": true, "n": 2, "text": "<b>&</b>"}'),
        ("{{ output.b }} {{ output.a }} {{ output.n }} {{ 0.5 }} {{ [1.0] }}", "true null 2 0.5 [1]"),
        (
            "{% for x in input.items %}{{ loop.index }}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}",
            "11,22,33",
        ),
        ("{% for x in input.items %}{{ loop.cycle('a', 'b') }}{% endfor %}", "aba"),
        ("{% for x in input.items if x > 1 %}{{ x }}/{{ loop.length }} {% endfor %}", "2/2 3/2 "),
        ("{% for x in expected_output %}x{% else %}none{% endfor %}", "none"),
        ("{% for k, v in output | items %}{{ k }}={{ v }};{% endfor %}", "a=null;b=true;n=2;text=<b>&</b>;"),
        ("{% for k in output %}{{ k }}{% endfor %}", "abntext"),
        ("{% for c in 'ab' %}{{ c }}.{% endfor %}", "a.b."),
        ("{% set x = input.question %}{{ x }}{% if true %}{% set x = 1 %}{% endif %}{{ x }}", "Why?1"),
        ("{% set x %}a{{ input.question }}{% endset %}{{ x | upper }}", "AWHY?"),
        ("{% filter upper %}a{{ input.question }}{% endfilter %}", "AWHY?"),
        ("{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}", "12"),
        ("{% raw %}{{ x }}{% endraw %}{# {{ x }} #}", "{{ x }}"),
        ("{%- if true -%}  x  {%- endif -%}", "x"),
        ("{% if output.c is defined %}c{% elif output.b %}b{% else %}-{% endif %}", "b"),
        ("{{ 'x' if false }}|{{ ('x' if false) ~ 'y' }}", "|y"),
        ("{{ output.c | default('-') }}", "-"),
        ("{} %} }} #}", "{} %} }} #}"),
        ("{{ '{{' }}", "{{"),
        ("{{ range(3) }}{% for i in range(2) %}{{ i }}{% endfor %}", "[0, 1, 2]01"),
    ],
)
def test_renders(text: str, expected: str) -> None:
    assert render(text) == expected


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{{ output.c }}", "output.c"),
        ("{{ metadata }}", "metadata"),
        ("{% if output.c %}{% endif %}", "output.c"),
        ("{% for x in output.c %}{% endfor %}", "output.c"),
        ("{% set x = output.c %}{{ x }}", "output.c"),
        ("{{ [output.c] }}", "output.c"),
    ],
)
def test_missing_keys(text: str, path: str) -> None:
    with pytest.raises(MissingKey) as caught:
        render(text)
    assert caught.value.path == path


def test_paths() -> None:
    text = "{{ input.question }}{% for x in input.items %}{{ x.y }}{{ output[x] }}{% endfor %}"
    text += "{% set a = item.b %}"
    assert compile_template(text, NAMES).paths == {"input.question", "input.items", "output", "item.b"}
    assert repr(compile_template("a", NAMES)) == "Template('a')"


DOUBLING = "{% set a = a ~ a %}" * 40
PAIRS = "{% set a = [a, a] %}" * 40


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ 'x' * 10**9 }}", "more than 1,000,000 characters"),
        ("{{ 10**9 * 'x' }}", "more than 1,000,000 characters"),
        ("{{ [1] * 10**9 }}", "more than 100,000 elements"),
        ("{{ 10 ** 1000000 }}", "too large"),
        ("{{ 10 ** -1000000 }}", "too large"),
        ("{{ (2 ** 1000) * (2 ** 1000) }}", "too large"),
        ("{{ range(10**9) }}", "at most 100,000 numbers"),
        ("{{ range(10**30) }}", "at most 100,000 numbers"),
        ("{{ range(0, 10**9, 3) }}", "at most 100,000 numbers"),
        (
            "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
            "1,000,000 steps",
        ),
        ("{% for i in range(100000) %}{{ input.question * 100 }}{% endfor %}", "renders more than"),
        ("{% set a = 'x' * 1000 %}" + DOUBLING + "{{ a | length }}", "16,000,000 characters"),
        (
            "{% set a = 'x' * 1000 %}" + DOUBLING.replace("~", "+") + "{{ a | length }}",
            "1,000,000 characters",
        ),
        ("{% set a = [1] %}" + DOUBLING.replace("~", "+") + "{{ a | length }}", "100,000 elements"),
        ("{% set a = [1] %}" + PAIRS + "{{ a }}", "1,000,000 steps"),
        ("{% set a = [1] %}" + PAIRS + "{{ a | tojson }}", "1,000,000 steps"),
        ("{% set a = ['x' * 1000000] * 1000 %}{{ a | string | length }}", "16,000,000 characters"),
        ("{% set a = ['x' * 1000000] * 1000 %}{{ a | join | length }}", "16,000,000 characters"),
        (
            "{% set a = ['x' * 100000] * 1000 %}{{ a | map('upper') | list | length }}",
            "16,000,000 characters",
        ),
        ("{% set a = ['a'] * 100000 %}{{ a | join('x' * 100000) | length }}", "16,000,000 characters"),
        ("{{ ('x' * 10000) | replace('x', 'y' * 10000) | length }}", "16,000,000 characters"),
        ("{{ ('x' * 10000) | replace('', 'y' * 10000) | length }}", "16,000,000 characters"),
        ("{{ ('x\n' * 100000) | indent(1000) | length }}", "16,000,000 characters"),
        ("{{ 'x' | indent(10**9) }}", "whole number from 0 to 1000"),
        ("{{ 'x' | indent('y' * 10000) }}", "at most 1,000 characters"),
        ("{{ '%1000000000d' | format(1) }}", "widths up to 1,000"),
        ("{{ '%.1000000000f' | format(1) }}", "widths up to 1,000"),
        ("{{ ('ab' * 100000) | wordwrap(1, wrapstring='x' * 100000) | length }}", "16,000,000 characters"),
        ("{{ 'x' | wordwrap(0) }}", "whole number from 1"),
        ("{{ 1 | round(10**9) }}", "whole number from -30 to 30"),
        ("{{ 1 | round(-10**9, 'ceil') }}", "whole number from -30 to 30"),
        ("{{ [1] | tojson(10**9) }}", "whole number from 0 to 16"),
        (
            "{% for i in range(100) %}{% set x %}{{ 'a' * 1000000 }}{% endset %}{% endfor %}",
            "16,000,000 characters",
        ),
        ("{% for i in range(100) %}{{ input.items * 10000 }}{% endfor %}", "renders more than"),
        ("{% for x in 5 %}{% endfor %}", "A number cannot be looped over."),
        ("{% for x in none %}{% endfor %}", "Null cannot be looped over."),
        ("{% for a, b in input.items %}{% endfor %}", "A number cannot be taken apart"),
        ("{{ 'abcd' | truncate(1) }}", "length >= 3"),
    ],
)
def test_is_bounded(text: str, words: str) -> None:
    with pytest.raises(ExpressionFailed) as caught:
        render(text)
    assert words in caught.value.message
    assert caught.value.message.endswith(".")


def test_nesting_is_bounded() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    for text in ("{{ input }}", "{{ input | tojson }}"):
        with pytest.raises(ExpressionFailed, match="nested"):
            compile_template(text, NAMES).render({"input": deep})


def test_the_output_is_bounded() -> None:
    assert render("abc", max_output=3) == "abc"
    assert render("{{ input.question }}", max_output=4) == "Why?"
    for text in ("abcd", "{{ input.question }}"):
        with pytest.raises(ExpressionFailed, match="more than 3 characters"):
            render(text, max_output=3)
    with pytest.raises(ExpressionFailed, match=f"{MAX_OUTPUT:,}"):
        compile_template("{{ input }}" * 2, NAMES).render({"input": "x" * MAX_OUTPUT})


@pytest.mark.parametrize(
    "text",
    [
        "{{ input.__class__ }}",
        "{{ input['__class__'] }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ [].append }}",
        "{{ 'a'.format }}",
        "{{ {}.items }}",
        "{{ (1).real }}",
        "{{ range(1).start }}",
        "{% for x in input.items %}{{ loop.__init__ }}{% endfor %}",
        "{% for x in input.items %}{{ loop._iterable }}{% endfor %}",
        "{{ input.items | map(attribute='__class__') | list }}",
        "{{ input.items | sort(attribute='__class__') }}",
        "{{ input.items | sum(attribute='real') }}",
        "{{ input.items | selectattr('__class__') | list }}",
        "{{ input.items | join(attribute='__class__') }}",
        "{{ input.items | unique(attribute='__class__') | list }}",
        "{{ input.items | max(attribute='__class__') }}",
    ],
)
def test_no_python_is_reachable(text: str) -> None:
    with pytest.raises(MissingKey):
        render(text)


@pytest.mark.parametrize(
    "text",
    [
        "{% for x in input.items %}{{ loop }}{% endfor %}",
        "{% for x in input.items %}{{ loop.cycle }}{% endfor %}",
        "{% for x in input.items %}{% set y = loop %}{{ [y] }}{% endfor %}",
    ],
)
def test_no_object_is_printed(text: str) -> None:
    with pytest.raises(ExpressionFailed, match="not JSON data"):
        render(text)


def test_evaluations_do_not_share_their_budget() -> None:
    template = compile_template("{% for i in range(6000) %}{{ i }}{% endfor %}", NAMES)
    sizes = [len(template.render({})) for _ in range(5)]
    assert len(set(sizes)) == 1
    with pytest.raises(LookupError):
        running.get()


def test_a_failed_evaluation_leaves_nothing_behind() -> None:
    with pytest.raises(ExpressionFailed):
        render("{{ 1 / 0 }}")
    with pytest.raises(LookupError):
        running.get()


def test_compiled_objects_are_used_by_threads_at_once() -> None:
    def work(number: int) -> tuple[str, Any]:
        template: Template = compile_template(
            "{{ input.n }}{% for i in range(9) %}{{ i }}{% endfor %}", NAMES
        )
        scope = {"input": {"n": number}}
        return template.render(scope), compile_expression("input.n + 1", NAMES).evaluate(scope)

    with ThreadPoolExecutor(8) as pool:
        for number, (text, value) in enumerate(pool.map(work, range(50))):
            assert (text, value) == (f"{number}012345678", number + 1)
