"""The `prompt` task with embedded models: what is sent, what the output is, what is recorded."""

from pathlib import Path
from typing import Any

import pytest

from evalspec.models import Budget, ModelError
from evalspec.plan.values import Item
from evalspec.tasks.base import TaskError
from tests.compiler.project import checked, write_spec
from tests.tasks.asking import FRANCE, TRACE, caller, of, prompt_spec, shape

CHAT = {
    "type": "inline",
    "messages": [
        {"role": "system", "content": "Answer in {{ metadata.lang }}."},
        {"role": "user", "content": "{{ input.country }}: {{ input.question }}"},
    ],
}
COUNTRY = {"type": "object", "properties": {"country": {"type": "string"}}, "required": ["country"]}


def rules(*given: dict[str, Any]) -> dict[str, Any]:
    return {"model": "embedded:rules", "rules": list(given)}


def test_a_text_and_its_generation(tmp_path: Path) -> None:
    found = caller(tmp_path, prompt_spec("{{ input.country }}?", parameters={"temperature": 0}))()
    assert found.output == "France?"
    (span,) = found.spans
    assert shape(found.spans) == [("generation", "ask", "call")]
    assert span["traceId"] == TRACE
    assert of(span, "input") == [{"role": "user", "content": "France?"}]
    assert of(span, "output") == "France?"
    assert of(span, "model.name") == "embedded:echo (embedded, not a language model)"
    assert of(span, "model.parameters") == {"temperature": 0}
    assert of(span, "usage_details") == {"input": 2, "output": 1, "total": 3}
    assert of(span, "cost_details") == {"total": 0.0}
    assert of(span, "metadata.evalspec_model") == "answering"
    assert of(span, "prompt.name") is None
    assert span["attributes"]["gen_ai.response.finish_reasons"] == ["stop"]
    assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])


def test_a_chat_with_variables(tmp_path: Path) -> None:
    chat = {
        "type": "inline",
        "messages": [*CHAT["messages"], {"role": "user", "content": "{{ place | upper }} {{ twice }}"}],
    }
    variables = {"place": "input.country", "twice": "input.question ~ input.question"}
    found = caller(tmp_path, prompt_spec(chat, variables=variables, returns="messages"))()
    assert found.output == [
        {"role": "system", "content": "Answer in en."},
        {"role": "user", "content": "France: Its capital?"},
        {"role": "user", "content": "FRANCE Its capital?Its capital?"},
        {"role": "assistant", "content": "FRANCE Its capital?Its capital?"},
    ]


def test_a_placeholder_stands_for_the_past(tmp_path: Path) -> None:
    past = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    chat = {"type": "inline", "messages": [{"placeholder": "input.past"}, CHAT["messages"][1]]}
    call = caller(tmp_path, prompt_spec(chat, returns="messages"))
    item = Item("france", {**FRANCE.input, "past": past}, None, FRANCE.metadata)
    assert [message["content"] for message in call(item).output] == [
        "Hi",
        "Hello",
        "France: Its capital?",
        "France: Its capital?",
    ]
    for wrong in ("Hi", [{"content": "no role"}], ["Hi"]):
        with pytest.raises(TaskError, match="no list of messages with `role` and `content`") as caught:
            call(Item("france", {**FRANCE.input, "past": wrong}, None, FRANCE.metadata))
        assert caught.value.kind == "prompt_failed"


def test_a_tree_that_follows_a_schema(tmp_path: Path) -> None:
    model = rules({"pattern": "France", "answer": {"country": "France"}})
    assert caller(tmp_path, prompt_spec("{{ input.country }}", model, schema=COUNTRY))().output == {
        "country": "France"
    }


def test_returns_says_what_the_output_is(tmp_path: Path) -> None:
    found = caller(tmp_path, prompt_spec("{{ input.country }}", returns="message"))()
    assert found.output == {"role": "assistant", "content": "France", "finish_reason": "stop"}


LOOK = {
    "name": "look",
    "description": "Looks a capital up.",
    "parameters": {"type": "object", "properties": {"country": {"type": "string"}}},
}
TOOLS = """
import asyncio

def look(country):
    return {"capital": {"France": "Paris"}[country]}

async def look_later(country):
    await asyncio.sleep(0)
    return "Paris"

def look_in_two_steps(country):
    return look_later(country)

def fail(country):
    raise LookupError("no such country")

def not_json(country):
    return object()
"""


def called(root: Path, function: str | None, *more: dict[str, Any], **task: Any) -> Any:
    (root / "tools_of_test.py").write_text(TOOLS)
    tool = LOOK if function is None else {**LOOK, "callable": f"tools_of_test:{function}"}
    model = rules(
        *more,
        {"pattern": "(France)", "tool": "look", "arguments": {"country": "\\1"}},
        {"pattern": "Paris", "answer": "It is Paris."},
        {"pattern": "(?s).*", "answer": "I do not know."},
    )
    return caller(root, prompt_spec("{{ input.country }}", model, tools=[tool], **task))


def test_a_tool_without_a_function_is_the_output(tmp_path: Path) -> None:
    found = called(tmp_path, None)()
    (call,) = found.output["tool_calls"]
    assert call["function"] == {"name": "look", "arguments": '{"country": "France"}'}
    assert found.output["finish_reason"] == "tool_call"
    assert shape(found.spans) == [("generation", "ask", "call")]


@pytest.mark.parametrize("function", ["look", "look_later", "look_in_two_steps"])
def test_tools_are_called_until_the_model_has_answered(tmp_path: Path, function: str) -> None:
    found = called(tmp_path, function)()
    assert found.output == "It is Paris."
    assert shape(found.spans) == [
        ("generation", "ask", "call"),
        ("tool", "look", "call"),
        ("generation", "ask", "call"),
    ]
    tool = found.spans[1]
    assert of(tool, "input") == {"country": "France"}
    assert of(tool, "output") in ("Paris", {"capital": "Paris"})


@pytest.mark.parametrize(
    ("function", "words"), [("fail", "no such country"), ("not_json", "its result is no JSON")]
)
def test_what_goes_wrong_with_a_tool_is_told_to_the_model(tmp_path: Path, function: str, words: str) -> None:
    found = called(tmp_path, function, returns="messages")()
    answer = next(message for message in found.output if message["role"] == "tool")
    assert words in answer["content"]
    assert found.output[-1]["content"] == "I do not know."
    assert (of(found.spans[1], "level"), words in of(found.spans[1], "status_message")) == ("ERROR", True)


def test_a_tool_that_nobody_described(tmp_path: Path) -> None:
    sorry = {"pattern": "there is no tool", "answer": "Sorry."}
    found = called(tmp_path, "look", sorry, {"pattern": "France", "tool": "other"})()
    assert found.output == "Sorry."
    assert of(found.spans[1], "output") == {"error": "there is no tool 'other'"}


def test_a_model_that_does_not_stop_calling_tools(tmp_path: Path) -> None:
    for_ever = {"pattern": "France", "tool": "look", "arguments": {"country": "France"}}
    call = called(tmp_path, "look", {**for_ever, "skip_after_tool": False}, max_steps=3)
    with pytest.raises(TaskError, match="still called tools after 3 answers") as caught:
        call()
    assert caught.value.kind == "too_many_steps"
    assert len([span for span in caught.value.spans if of(span, "type") == "generation"]) == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("prompt", "task", "message"),
    [
        ("{{ input.town }}", {}, "the prompt cannot be made: `input.town` is missing"),
        ("{{ town }}", {"variables": {"town": "input.town"}}, "the variable `town`: `input.town` is missing"),
    ],
)
def test_what_the_item_does_not_have(tmp_path: Path, prompt: str, task: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskError) as caught:
        caller(tmp_path, prompt_spec(prompt, **task))()
    assert (caught.value.kind, str(caught.value)) == ("missing_key", message)
    assert caught.value.spans == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("task", "kind"),
    [
        ({"prompt": "{{ input.country / 2 }}"}, "prompt_failed"),
        ({"prompt": "x", "variables": {"half": "input.country / 2"}}, "expression_failed"),
    ],
)
def test_what_cannot_be_computed(tmp_path: Path, task: dict[str, Any], kind: str) -> None:
    with pytest.raises(TaskError) as caught:
        caller(tmp_path, prompt_spec(**task))()
    assert caught.value.kind == kind


def test_no_rule(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        caller(tmp_path, prompt_spec("{{ input.country }}", rules({"pattern": "Chad", "answer": "?"})))()
    assert (caught.value.kind, caught.value.outage) == ("no_rule", False)
    (span,) = caught.value.spans  # type: ignore[attr-defined]
    assert of(span, "level") == "ERROR"
    assert span["status"]["code"] == 2


def test_an_answer_that_does_not_follow_the_schema(tmp_path: Path) -> None:
    model = rules({"pattern": "France", "answer": {"city": "Paris"}})
    with pytest.raises(ModelError) as caught:
        caller(tmp_path, prompt_spec("{{ input.country }}", model, schema=COUNTRY))()
    assert caught.value.kind == "wrong_schema"


def test_a_budget_that_is_used_up(tmp_path: Path) -> None:
    call = caller(tmp_path, prompt_spec("{{ input.country }}"), budgets={"subject": Budget(requests=0)})
    with pytest.raises(ModelError) as caught:
        call()
    assert caught.value.kind == "budget_exceeded"


def test_the_schema_must_be_one(tmp_path: Path) -> None:
    tree = prompt_spec(
        "{{ input }}", schema={"type": "objekt"}, tools=[{**LOOK, "parameters": {"type": "array"}}]
    )
    (tmp_path / ".evalspec-root").touch()
    found = {(item.code, item.pointer) for item in checked(write_spec(tmp_path, tree))}
    assert found == {
        ("invalid-schema", "/task/tools/0/parameters"),
        ("invalid-schema", "/task/schema/type"),
    }
