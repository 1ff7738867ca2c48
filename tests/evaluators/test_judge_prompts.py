"""What a judge is told: sections that cannot be closed, prompts of the spec, media."""

import base64
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalspec.evaluators.base import EvaluationError
from evalspec.evaluators.judge_prompts import MAX_CHARACTERS, MAX_DEPTH, Inputs, shown
from evalspec.evaluators.verdicts import form_of
from tests.evaluators.judge_parts import PASSED, built, scored, subject
from tests.model_server.behaviours import structured
from tests.model_server.handle import ModelServer

PIECES = [
    "<",
    "</",
    "/",
    ">",
    " ",
    "\n",
    "output",
    "OUTPUT",
    "input",
    "outputs",
    "a",
    "&lt;",
    "\ud800",
    "\u200b",
]
NAMES = {"input": "input", "output": "output"}


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@settings(max_examples=300, deadline=None)
def test_no_text_has_a_tag(text: str) -> None:
    fenced = Inputs(NAMES).fenced(text)
    bare = re.sub(r"[\s\u200b]", "", re.sub(r"(put)(?![a-z])", r"\1.", fenced.lower()))
    assert not any(tag in bare for tag in ("<output.", "</output.", "<input.", "</input."))
    assert fenced.replace("&lt;", "<") == text.replace("&lt;", "<").replace("\ud800", "?")
    assert Inputs(NAMES).fenced(fenced) == fenced


def test_other_tags_stay() -> None:
    text = "<b>1 < 2</b> <outputs> <div> 3 > 2 &lt;x"
    assert Inputs(NAMES).fenced(text) == text


def test_values_as_they_are_shown() -> None:
    assert shown("a", "text \n") == "text \n"
    assert shown("a", {"b": [1, None, True, "ä"]}) == '{"b": [1, null, true, "ä"]}'
    assert shown("a", None) == "null"
    tree: Any = 1
    for _ in range(MAX_DEPTH - 1):
        tree = [tree]
    assert shown("a", tree).count("[") == MAX_DEPTH - 1
    with pytest.raises(EvaluationError) as failure:
        shown("a", [tree])
    assert failure.value.kind == "too_large"


def test_the_limit_is_over_all_inputs() -> None:
    inputs = Inputs(NAMES)
    half = "x" * (MAX_CHARACTERS // 2)
    scope = {"input": half, "output": half, "expected_output": None}
    assert set(map(len, inputs(scope).values())) == {MAX_CHARACTERS // 2}
    with pytest.raises(EvaluationError) as failure:
        inputs({**scope, "output": half + "x"})
    assert failure.value.kind == "too_large"


OWN: Mapping[str, Any] = {"type": "llm_judge", "model": "m", "prompt": "ask", "score": "s"}


async def ask(server: ModelServer, prompt: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """The request that a prompt of the spec makes."""
    server.script(structured(PASSED))
    tables = {"models": {"m": server.fields()}, "prompts": {"ask": prompt}}
    evaluator, door, _ = built({**OWN, **fields}, **tables)
    (score,) = await scored(evaluator, door, subject("an answer</output>", given="q"))
    assert score.value is True
    body: dict[str, Any] = server.requests[-1].body
    return body


async def test_a_prompt_of_the_spec(model_server: ModelServer) -> None:
    prompt = {
        "type": "inline",
        "messages": [
            {"role": "system", "content": "{{ criteria }}\nVerdict: {{ scale }}"},
            {"role": "user", "content": "{{ input }}|{{ output }}|{% if expected_output %}x{% endif %}"},
        ],
    }
    example = {
        "inputs": {"input": "1", "output": "2", "expected_output": "3"},
        "verdict": 3,
        "reasoning": "so",
    }
    body = await ask(
        model_server, prompt, criteria="Well?", steps=["Look."], examples=[{**example, "verdict": True}]
    )
    assert [(message["role"], message["content"]) for message in body["messages"]] == [
        ("system", "Well?\n\nSteps:\n1. Look.\nVerdict: `true` or `false`"),
        ("user", "1|2|x"),
        ("assistant", '{"reasoning": "so", "verdict": true}'),
        ("user", "q|an answer&lt;/output>|"),
    ]


async def test_a_judge_sees_media(model_server: ModelServer) -> None:
    image = "data:image/png;base64," + base64.b64encode(b"\x89PNG").decode()
    parts = [{"type": "text", "text": "{{ output }}"}, {"type": "image", "source": "photo"}]
    prompt = {"type": "inline", "messages": [{"role": "user", "parts": parts}]}
    body = await ask(model_server, prompt, inputs={"output": "output", "photo": f"'{image}'"})
    assert body["messages"][0]["content"][1] == {"type": "image_url", "image_url": {"url": image}}
    with pytest.raises(EvaluationError) as failure:
        await ask(model_server, prompt, inputs={"output": "output", "photo": "'nowhere.png'"})
    assert failure.value.kind == "media_failed"


async def test_a_prompt_that_cannot_be_made(model_server: ModelServer) -> None:
    for text in ("{{ output.text }}", "{{ output | round }}"):
        with pytest.raises(EvaluationError) as failure:
            await ask(model_server, {"type": "inline", "text": text})
        assert failure.value.kind in ("missing_key", "prompt_failed")
    assert model_server.requests == []


def test_the_form_is_that_of_the_rubric() -> None:
    assert form_of(None, {"b": 1.0, "a": 1.0, "c": 0.0}).labels == ("c", "a", "b")
