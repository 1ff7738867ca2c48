"""`llm_judge`: what is wrong with its fields is found when compiling, at its place."""

from collections.abc import Mapping
from typing import Any

import pytest

from evalspec.diagnostics import Severity
from tests.evaluators.judge_parts import resolved

POLITE: Mapping[str, Any] = {"type": "llm_judge", "model": "judge", "criteria": "Is it polite?", "score": "s"}
TONE: Mapping[str, Any] = {"criteria": None, "rubric": "tone", "model": "echo"}
STARS = {"min": 1, "max": 5, "integer": True}
VALUED = {"no": 0, "yes": 1}
EXAMPLE: dict[str, Any] = {"inputs": {"input": "a", "output": "b"}, "verdict": True, "reasoning": "r"}
ASK = {"prompts": {"ask": {"type": "inline", "text": "{{ question }} {{ criteria }}"}}}
PASSED = {"score": None, "scores": {"passed": "p"}}

MISTAKES: list[tuple[dict[str, Any], list[tuple[str, tuple[str | int, ...]]]]] = [
    ({}, []),
    ({"criteria": None}, [("missing-field", ())]),
    ({"rubric": "correctness"}, [("wrong-value", ("criteria",))]),
    ({"criteria": None, "rubric": "corectness"}, [("unknown-rubric", ("rubric",))]),
    ({"criteria": None, "rubric": "correctness", "scale": STARS}, [("wrong-value", ("scale",))]),
    ({**TONE}, [("missing-field", ("rubric",))]),
    ({**TONE, "inputs": {"tone": "metadata.tone"}}, []),
    ({**TONE, "inputs": {"ton": "input"}}, [("unknown-input", ("inputs", "ton"))]),
    ({**TONE, "inputs": {"tone": "input", "input": "input.question"}}, []),
    ({**TONE, "inputs": {"tone": "input", "ouput": "output.text"}}, [("unknown-input", ("inputs", "ouput"))]),
    ({**TONE, "inputs": {"tone": "input", "mood": "input"}}, [("unknown-input", ("inputs", "mood"))]),
    (
        {**TONE, "inputs": {"mood": "input"}},
        [("unknown-input", ("inputs", "mood")), ("missing-field", ("inputs",))],
    ),
    ({**TONE, "prompt": "ask", "inputs": {"tone": "input", "question": "input"}}, []),
    (
        {**TONE, "prompt": "ask", "inputs": {"ton": "input", "question": "input"}},
        [("unknown-input", ("inputs", "ton"))],
    ),
    ({"model": None}, [("missing-field", ())]),
    ({"model": "jugde"}, [("unknown-model", ("model",))]),
    ({"model": "hash"}, [("wrong-value", ("model",))]),
    ({"models": ["echo"]}, [("wrong-value", ("models",))]),
    ({"model": None, "models": []}, [("wrong-value", ("models",))]),
    ({"model": None, "models": ["judge", "judge"]}, [("wrong-value", ("models", 1))]),
    ({"model": None, "models": ["judge", "ech"]}, [("unknown-model", ("models", 1))]),
    ({"model": None, "models": ["judge", "echo"], "min_judges": 3}, [("out-of-range", ("min_judges",))]),
    ({"scale": STARS, "categories": VALUED}, [("wrong-value", ("categories",))]),
    ({"scale": {"min": 5, "max": 1}}, [("invalid-bounds", ("scale", "min"))]),
    ({"scale": {"min": 1.5, "max": 5, "integer": True}}, [("invalid-bounds", ("scale", "min"))]),
    ({"categories": ["only"]}, [("invalid-categories", ("categories",))]),
    ({"categories": {}}, [("invalid-categories", ("categories",))]),
    ({"categories": ["a", "b", "a"]}, [("invalid-categories", ("categories", 2))]),
    ({"combine": "mean"}, [("wrong-value", ("combine",))]),
    ({"categories": ["a", "b"], "combine": "median"}, [("wrong-value", ("combine",))]),
    ({"categories": VALUED, "combine": "median"}, []),
    ({"threshold": 0.5}, [("wrong-value", ("threshold",))]),
    ({"scale": STARS, "threshold": 3}, [("wrong-value", ("threshold",))]),
    ({"scale": STARS, "threshold": 3, **PASSED}, []),
    ({"scale": STARS, "threshold": 6, **PASSED}, [("out-of-range", ("threshold",))]),
    ({"scale": STARS, "threshold": 1, **PASSED}, [("out-of-range", ("threshold",))]),
    ({"scale": STARS, "direction": "lower", "threshold": 1, **PASSED}, []),
    ({"scale": STARS, "direction": "lower", "threshold": 5, **PASSED}, [("out-of-range", ("threshold",))]),
    ({"scale": STARS, "direction": "lower", "threshold": 0, **PASSED}, [("out-of-range", ("threshold",))]),
    ({"scale": STARS, "direction": "none", "threshold": 3, **PASSED}, [("wrong-value", ("threshold",))]),
    ({"scale": STARS, "direction": "none"}, []),
    ({"direction": "lower"}, [("wrong-value", ("direction",))]),
    ({"categories": ["a", "b"], "direction": "higher"}, [("wrong-value", ("direction",))]),
    (
        {"categories": {}, "direction": "lower"},
        [("invalid-categories", ("categories",)), ("wrong-value", ("direction",))],
    ),
    ({"criteria": None, "rubric": "harmlessness", "direction": "higher"}, [("wrong-value", ("direction",))]),
    ({"inputs": {}}, [("wrong-value", ("inputs",))]),
    ({"inputs": {"Output": "output"}}, [("invalid-name", ("inputs", "Output"))]),
    ({"inputs": {"my text": "output"}}, [("invalid-name", ("inputs", "my text"))]),
    ({"inputs": {"scale": "output"}}, [("invalid-name", ("inputs", "scale"))]),
    ({"inputs": {"answer": "outptu.x"}}, [("undefined-name", ("inputs", "answer"))]),
    ({"examples": [EXAMPLE]}, []),
    ({"examples": [{**EXAMPLE, "verdict": "yes"}]}, [("wrong-value", ("examples", 0, "verdict"))]),
    ({"examples": [{**EXAMPLE, "reasoning": None}]}, [("missing-field", ("examples", 0))]),
    ({"examples": [{**EXAMPLE, "reasoning": None}], "reasoning": False}, []),
    (
        {"examples": [EXAMPLE, {**EXAMPLE, "inputs": {"input": "a"}}]},
        [("missing-field", ("examples", 1, "inputs"))],
    ),
    (
        {"examples": [{**EXAMPLE, "inputs": {**EXAMPLE["inputs"], "x": "y"}}]},
        [("unknown-field", ("examples", 0, "inputs", "x"))],
    ),
    ({"scale": STARS, "examples": [{**EXAMPLE, "verdict": 4}]}, []),
    (
        {"scale": STARS, "examples": [{**EXAMPLE, "verdict": 4.5}]},
        [("wrong-value", ("examples", 0, "verdict"))],
    ),
    (
        {"scale": STARS, "examples": [{**EXAMPLE, "verdict": True}]},
        [("wrong-value", ("examples", 0, "verdict"))],
    ),
    ({"model": "echo", "prompt": "ask", "inputs": {"question": "input"}}, []),
    ({"model": "echo", "prompt": "ask", "criteria": None, "inputs": {"question": "input"}}, []),
    ({"model": "echo", "prompt": "ask"}, [("undefined-name", ("text",))]),
    ({"prompt": "aks"}, [("unknown-prompt", ("prompt",))]),
    ({"criteria": "Is <outptu> polite?"}, [("unknown-input", ("criteria",))]),
    ({"criteria": "Is <Output> polite?"}, [("unknown-input", ("criteria",))]),
    ({"criteria": "Is <output> an answer to <question>?"}, [("unknown-input", ("criteria",))]),
    ({"criteria": "Is {{ output }} polite?"}, [("unknown-input", ("criteria",))]),
    ({"criteria": "Does <output> keep {{ name }} and <b>bold</b>, <br> and <x>1</x>?"}, []),
    ({"criteria": "Is <input> < 3 and > 4, or a <- b -> c?"}, []),
    ({"steps": ["Read <output>.", "Read <inptu>."]}, [("unknown-input", ("steps", 1))]),
    (
        {
            "criteria": "Is <answer> polite?",
            "inputs": {"answer": "output", "output": "output", "input": "input"},
        },
        [],
    ),
    (
        {"criteria": "Is <output> polite?", "inputs": {"outptu": "output.a"}, "model": "echo"},
        [("unknown-input", ("inputs", "outptu"))],
    ),
    (
        {"criteria": "Is <output> polite?", "inputs": {"answer": "output.a"}, "model": "echo"},
        [("unknown-input", ("criteria",))],
    ),
    (
        {
            "criteria": "Is <answer> polite?",
            "model": "echo",
            "prompt": "ask",
            "inputs": {"question": "input"},
        },
        [],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), MISTAKES, ids=[str(change) for change, _ in MISTAKES])
def test_mistakes(changes: dict[str, Any], expected: list[tuple[str, tuple[str | int, ...]]]) -> None:
    _, problems, _ = resolved({**POLITE, **changes}, **ASK)
    assert [(problem.code, problem.at) for problem in problems] == expected


def test_several_mistakes_are_told_at_once() -> None:
    fields = {**POLITE, "criteria": None, "rubric": "x" * 20, "model": "nobody", "inputs": {"a": "outptu"}}
    _, problems, _ = resolved(fields)
    assert [problem.code for problem in problems] == ["unknown-rubric", "undefined-name", "unknown-model"]


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({}, ["", "passed"]),
        ({"scale": STARS, "samples": 3}, ["", "value", "agreement"]),
        ({"categories": ["a", "b"]}, ["", "label"]),
        ({"categories": VALUED, "threshold": 1, **PASSED}, ["", "label", "value", "passed"]),
        ({"criteria": None, "rubric": "factuality"}, ["", "label", "value"]),
        (
            {"criteria": None, "rubric": "helpfulness", "model": None, "models": ["judge", "echo"]},
            ["", "value", "agreement"],
        ),
    ],
)
def test_what_it_yields_is_known_when_compiling(changes: dict[str, Any], keys: list[str]) -> None:
    found, problems, _ = resolved({**POLITE, **changes})
    assert problems == []
    assert found.yields is not None
    assert list(found.yields) == keys


def test_the_paths_that_are_read() -> None:
    found, _, _ = resolved({**POLITE, "inputs": {"a": "output.text", "b": "metadata.docs[0]"}})
    assert found.reads == ("metadata.docs[0]", "output.text")
    rubric = {**POLITE, "criteria": None, "rubric": "faithfulness", "inputs": {"context": "metadata.docs"}}
    assert resolved(rubric)[0].reads == ("metadata.docs", "output")


def test_what_a_misspelt_name_was_meant_to_be() -> None:
    def suggested(**changes: Any) -> list[tuple[str | None, Severity, int | None]]:
        _, problems, _ = resolved({**POLITE, "model": "echo", **changes})
        return [(one.suggestion, one.severity, one.offset) for one in problems]

    assert suggested(criteria="Is <outptu> polite?") == [("<output>", Severity.ERROR, 3)]
    assert suggested(criteria="Is <mood> right?") == [(None, Severity.WARNING, 3)]
    assert suggested(criteria="Is {{outptu}} polite?") == [("<output>", Severity.WARNING, 3)]
    assert suggested(**TONE, inputs={"ton": "input"}) == [("tone", Severity.ERROR, None)]
    assert suggested(criteria="Is <output> so?", inputs={"outptu": "output"}) == [
        ("output", Severity.ERROR, None)
    ]


OWN = {"criteria": None, "rubric": "own", "model": "echo"}


@pytest.mark.parametrize(
    ("rubric", "inputs", "expected"),
    [
        ({"criteria": "Is <output> so?"}, None, []),
        ({"criteria": "Is <output> so?"}, {"answer": "output"}, [("missing-field", ("inputs",))]),
        ({"criteria": "Is <output> so?"}, {"outptu": "output"}, [("unknown-input", ("inputs", "outptu"))]),
        ({"criteria": "Is <answer> so?", "inputs": ["answer"]}, {"answer": "output"}, []),
    ],
)
def test_the_names_in_a_rubric_of_the_spec(
    rubric: dict[str, Any],
    inputs: dict[str, str] | None,
    expected: list[tuple[str, tuple[str | int, ...]]],
) -> None:
    table = {"rubrics": {"own": rubric}}
    _, problems, _ = resolved({**POLITE, **OWN, "inputs": inputs}, **table)
    assert [(problem.code, problem.at) for problem in problems] == expected


SHOWN = "<output>{{ output }}</output> <input>{{ input }}</input>"


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({}, None),
        ({"criteria": None, "rubric": "correctness"}, None),
        ({"criteria": None, "rubric": "faithfulness", "inputs": {"context": "metadata.docs"}}, None),
        ({"criteria": None, "rubric": "toxicity"}, "of <expected_output>, <context> and <input>"),
        ({"criteria": None, "rubric": "toxicity", "inputs": {"input": "input"}}, None),
        (
            {**TONE, "model": "judge", "inputs": {"tone": "input"}},
            "of <expected_output>, <context> and <input>",
        ),
        ({"criteria": None, "rubric": "context_relevance", "inputs": {"context": "input"}}, "no <output>"),
        ({"inputs": {"answer": "output"}}, "no <output>"),
        ({"prompt": "bare", "inputs": {"output": "output", "input": "input"}}, "no <output>"),
        ({"prompt": "tagged"}, None),
        ({"model": None, "models": ["echo", "judge"], "inputs": {"answer": "output"}}, "no <output>"),
    ],
)
def test_whether_the_embedded_judge_can_judge(changes: dict[str, Any], lacks: str | None) -> None:
    prompts = {
        "bare": {"type": "inline", "text": "{{ output }} {{ input }}"},
        "tagged": {"type": "inline", "text": SHOWN},
    }
    _, problems, _ = resolved({**POLITE, "model": "judge", **changes}, prompts=prompts)
    at = ("models", 1) if "models" in changes else ("model",)
    assert [(one.code, one.at) for one in problems] == ([] if lacks is None else [("wrong-value", at)])
    assert all(str(lacks) in problem.message for problem in problems)
