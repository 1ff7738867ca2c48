import inspect
from typing import Any

import anyio
import pytest

from evalspec.checking.patterns import BadPattern, compile_pattern
from evalspec.evaluators import EVALUATORS, levenshtein
from evalspec.evaluators.base import EvaluationError, Subject
from evalspec.kinds.loading import Loading
from evalspec.plan.values import Item


def kind_of_failure(call: Any, *arguments: Any, **keywords: Any) -> str:
    with pytest.raises(EvaluationError) as caught:
        call(*arguments, **keywords)
    return caught.value.kind


@pytest.mark.parametrize(
    ("fields", "output", "expected", "value"),
    [
        ({}, "It is Paris.", "Paris", True),
        ({}, "It is paris.", "Paris", False),
        ({"ignore_case": True}, "It is PARIS.", "paris", True),
        ({"ignore_case": True}, "STRASSE", "straße", True),
        ({}, "a b", ["a", "b"], True),
        ({}, "a", ["a", "b"], False),
        ({"match": "any"}, "a", ["a", "b"], True),
        ({"match": "any"}, "c", ["a", "b"], False),
        ({"text": "please"}, "yes please", None, True),
        ({"text": ["please", "thanks"], "match": "any"}, "thanks!", None, True),
        ({"text": ["please", "thanks"]}, "thanks!", None, False),
        ({"text": ["PLEASE"], "ignore_case": True}, "please", None, True),
    ],
)
def test_contains(judge: Any, fields: Any, output: Any, expected: Any, value: Any) -> None:
    assert judge("contains", **fields)(output, expected).value is value


@pytest.mark.parametrize(
    ("output", "expected", "kind"),
    [
        (3, "3", "not_text"),
        ("3", 3, "not_text"),
        ("3", ["3", 3], "not_text"),
        ("3", [], "empty_expected"),
        ("3", "", "empty_expected"),
        ("3", ["3", ""], "empty_expected"),
        ("3", None, "missing_expected"),
    ],
)
def test_contains_fails_rather_than_guesses(judge: Any, output: Any, expected: Any, kind: str) -> None:
    assert kind_of_failure(judge("contains"), output, expected) == kind


def test_contains_checks_its_fields(resolve: Any) -> None:
    _, problems = resolve("contains", text=["a", ""])
    assert [problem.at for problem in problems] == [("text",)]
    _, problems = resolve("contains", text=[])
    assert [problem.at for problem in problems] == [("text",)]
    _, problems = resolve("contains", text="a", expected="metadata.words")
    assert [(problem.at, problem.key) for problem in problems] == [(("text",), True)]
    one, _ = resolve("contains", expected="expected_output")
    other, _ = resolve("contains")
    assert one.identity == other.identity == {}
    kind = EVALUATORS["contains"]
    assert kind.reads(kind.fields(score="s", text=["a"])) == ("output",)
    assert kind.reads(kind.fields(score="s")) == ("output", "expected_output")


@pytest.mark.parametrize(
    ("fields", "output", "value"),
    [
        ({"pattern": "b+"}, "abbc", True),
        ({"pattern": "b+", "full_match": True}, "abbc", False),
        ({"pattern": "a|ab", "full_match": True}, "ab", True),
        ({"pattern": "B", "ignore_case": True}, "abc", True),
        ({"pattern": "^b"}, "a\nb", False),
        ({"pattern": "^b$", "multi_line": True}, "a\nb\nc", True),
        ({"pattern": "a|^b", "multi_line": True, "full_match": True}, "b", True),
        ({"pattern": "a.c"}, "a\nc", False),
        ({"pattern": "a.c", "dot_all": True}, "a\nc", True),
        ({"pattern": r"^\pL+$"}, "Zoë", True),
        ({"pattern": "(?i)É"}, "né", True),
        ({"pattern": "(a+)+$"}, "a" * 50_000 + "b", False),
    ],
)
def test_regex(judge: Any, fields: Any, output: str, value: bool) -> None:
    assert judge("regex", **fields)(output).value is value


def test_regex_needs_text(judge: Any) -> None:
    assert kind_of_failure(judge("regex", pattern="1"), 1) == "not_text"
    assert kind_of_failure(judge("regex", pattern="1", value="output.a"), {}) == "missing_key"


@pytest.mark.parametrize(
    ("pattern", "words", "offset", "length"),
    [
        ("a(?=b)", "`(?=` is not supported", 1, 3),
        ("(?<!a)b", "`(?<!` is not supported", 0, 4),
        (r"(a)x\1", "a back-reference is not supported", 4, 2),
        ("x**", "one repetition cannot follow another", 1, 2),
        ("[a", "never closed", 0, 2),
        (r"a\y", "no such escape", 1, 2),
        ("[z-a]", "the wrong way round", 1, 3),
    ],
)
def test_wrong_patterns_say_where(resolve: Any, pattern: str, words: str, offset: int, length: int) -> None:
    _, (problem,) = resolve("regex", pattern=pattern)
    assert (problem.code, problem.at) == ("invalid-regex", ("pattern",))
    assert words in problem.message
    assert (problem.offset, problem.length) == (offset, length)


def test_an_added_group_cannot_be_closed_from_inside() -> None:
    with pytest.raises(BadPattern):
        compile_pattern("a)(b", multi_line=True)


def test_nothing_is_printed_for_a_wrong_pattern(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadPattern):
        compile_pattern("(a")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("fields", "output", "expected", "value"),
    [
        ({}, "kitten", "sitting", 1 - 3 / 7),
        ({}, "", "", 1.0),
        ({}, "abc", "", 0.0),
        ({}, "ABC", "abc", 0.0),
        ({"ignore_case": True}, "ABC", "abc", 1.0),
        ({}, "Zoë", "Zoe", 1 - 1 / 3),
    ],
)
def test_levenshtein(judge: Any, fields: Any, output: str, expected: str, value: float) -> None:
    assert judge("levenshtein", **fields)(output, expected).value == pytest.approx(value)


def test_levenshtein_fails_rather_than_guesses(judge: Any) -> None:
    assert kind_of_failure(judge("levenshtein"), 1, "1") == "not_text"
    assert kind_of_failure(judge("levenshtein"), "1", None) == "missing_expected"
    assert kind_of_failure(judge("levenshtein"), "x" * 200_001, "x") == "too_large"


def test_long_texts_are_compared_elsewhere(loading: Loading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levenshtein, "_QUICK", 10)
    fields = {"value": "output", "expected": "expected_output", "ignore_case": False}
    evaluator = EVALUATORS["levenshtein"].build(fields, loading)
    result = evaluator(Subject(Item("1", None, "sitting"), "kitten"))
    assert inspect.isawaitable(result)

    async def wait() -> Any:
        return await result

    (score,) = anyio.run(wait)
    assert score.value == pytest.approx(1 - 3 / 7)


@pytest.mark.parametrize(
    ("fields", "output", "expected", "value"),
    [
        ({"absolute": 0.5}, 10.5, 10, True),
        ({"absolute": 0.5}, 10.6, 10, False),
        ({"absolute": 0}, 1, 1.0, True),
        ({"relative": 0.1}, 110, 100, True),
        ({"relative": 0.1}, 100, 111.2, False),
        ({"relative": 0.1}, -95, -100, True),
        ({"relative": 0.1, "absolute": 1}, 0.9, 0, True),
        ({"absolute": 0, "parse_text": True}, " 1.5e1 ", 15, True),
        ({"absolute": 0, "parse_text": True}, "-.5", "-0.5", True),
    ],
)
def test_numeric_close(judge: Any, fields: Any, output: Any, expected: Any, value: bool) -> None:
    assert judge("numeric_close", **fields)(output, expected).value is value


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({}, "1"),
        ({}, True),
        ({}, None),
        ({}, [1]),
        ({"parse_text": True}, "1,000"),
        ({"parse_text": True}, "1_000"),
        ({"parse_text": True}, "nan"),
        ({"parse_text": True}, "12 EUR"),
        ({"parse_text": True}, "1e999"),
        ({"parse_text": True}, "٣"),
    ],
)
def test_what_is_no_number(judge: Any, fields: Any, output: Any) -> None:
    assert kind_of_failure(judge("numeric_close", absolute=1, **fields), output, 1) == "not_a_number"


def test_numeric_close_needs_a_tolerance(resolve: Any) -> None:
    _, (problem,) = resolve("numeric_close")
    assert problem.code == "missing-field"
