"""Structured output over HTTP: what is asked for, what is accepted, and how it is repaired."""

from typing import Any

import pytest

from evalspec.models import ModelError, Tool
from tests.model_server.behaviours import refusal, status, structured, text, tool_calls
from tests.model_server.handle import ModelServer
from tests.models.parts import HELLO, models_of

VERDICT = {
    "type": "object",
    "properties": {"reasoning": {"type": "string"}, "score": {"type": "integer", "minimum": 1, "maximum": 5}},
    "required": ["reasoning", "score"],
    "additionalProperties": False,
}
GOOD = {"reasoning": "as expected", "score": 4}


async def test_the_provider_is_asked_to_keep_to_the_schema(model_server: ModelServer) -> None:
    model_server.script(structured(GOOD))
    async with models_of(model_server) as models:
        reply = await models.chat("m", HELLO, use="judge", schema=VERDICT, schema_name="verdict")
    asked = model_server.requests[0].body["response_format"]
    assert asked["type"] == "json_schema"
    assert asked["json_schema"]["name"] == "verdict"
    assert asked["json_schema"]["schema"]["required"] == ["reasoning", "score"]
    assert (reply.data, reply.attempts) == (GOOD, 1)


@pytest.mark.parametrize("names", [["why", "label"], ["label", "why"]])
async def test_properties_are_asked_for_in_their_order(model_server: ModelServer, names: list[str]) -> None:
    schema = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        "required": ["label", "why"],
        "additionalProperties": False,
    }
    model_server.script(structured({"label": "", "why": ""}))
    async with models_of(model_server) as models:
        await models.chat("m", HELLO, use="judge", schema=schema)
    asked = model_server.requests[0].body["response_format"]["json_schema"]
    assert list(asked["schema"]["properties"]) == names


@pytest.mark.parametrize("said", ['```json\n{"n": 1}\n```', '\n```\n{"n": 1}\n```\n', ' {"n": 1} '])
async def test_a_fence_around_the_answer_does_no_harm(model_server: ModelServer, said: str) -> None:
    model_server.script(text(said))
    async with models_of(model_server) as models:
        reply = await models.chat("m", HELLO, use="judge", schema={"type": "object"})
    assert (reply.data, reply.attempts) == ({"n": 1}, 1)


async def test_a_wrong_answer_is_asked_for_again(model_server: ModelServer) -> None:
    model_server.script(
        text("Four stars!", usage=(10, 2)),
        structured({"score": 9, "reasoning": ""}, usage=(20, 3)),
        structured(GOOD),
    )
    async with models_of(model_server) as models:
        reply = await models.chat("m", HELLO, use="judge", schema=VERDICT)
    assert (reply.data, reply.attempts) == (GOOD, 3)
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (40, 10)
    conversation = model_server.requests[2].body["messages"]
    assert [message["role"] for message in conversation] == ["user", "assistant", "user", "assistant", "user"]
    assert conversation[1]["content"] == "Four stars!"
    assert "is no JSON" in conversation[2]["content"]
    assert "9 is greater than the maximum of 5 (at /score)" in conversation[4]["content"]


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ("no", "malformed", "no JSON"),
        ('{"score": NaN, "reasoning": ""}', "malformed", "NaN"),
        ('{"reasoning": "x"}', "wrong_schema", "'score' is a required property"),
        ("[]", "wrong_schema", "at the top"),
    ],
)
async def test_after_all_repairs_it_is_an_error(
    model_server: ModelServer, said: str, kind: str, words: str
) -> None:
    model_server.answer_with(lambda request: text(said))
    async with models_of(model_server) as models:
        with pytest.raises(ModelError, match=words) as caught:
            await models.chat("m", HELLO, use="judge", schema=VERDICT, repairs=1)
    assert (caught.value.kind, caught.value.outage, caught.value.attempts) == (kind, False, 2)
    assert models.totals()["judge"]["m"]["input_tokens"] == 20


async def test_an_answer_that_is_too_long_is_not_repaired(model_server: ModelServer) -> None:
    model_server.script(text('{"reasoning": "and so on', finish_reason="length"))
    async with models_of(model_server) as models:
        with pytest.raises(ModelError) as caught:
            await models.chat("m", HELLO, use="judge", schema=VERDICT)
    assert (caught.value.kind, caught.value.outage, caught.value.attempts) == ("truncated", False, 1)


async def test_a_refused_schema_is_asked_for_in_words_from_then_on(model_server: ModelServer) -> None:
    model_server.script(
        status(400, "Invalid schema for response_format 'result'"), structured(GOOD), structured(GOOD)
    )
    async with models_of(model_server) as models:
        reply = await models.chat("m", HELLO, use="judge", schema=VERDICT)
        await models.chat("m", HELLO, use="judge", schema=VERDICT)
        model_server.script(structured({}))
        await models.chat("m", HELLO, use="judge", schema={"type": "object"})
    assert (reply.data, reply.attempts) == (GOOD, 2)
    kinds = [request.body["response_format"]["type"] for request in model_server.requests]
    assert kinds == ["json_schema", "json_object", "json_object", "json_schema"]
    instructions = model_server.requests[1].body["messages"][0]
    assert instructions["role"] == "system"
    assert '"maximum": 5' in instructions["content"]


async def test_another_refusal_is_no_matter_of_the_schema(model_server: ModelServer) -> None:
    model_server.script(status(400, "You said a bad word"))
    async with models_of(model_server) as models:
        with pytest.raises(ModelError, match="bad word"):
            await models.chat("m", HELLO, use="judge", schema=VERDICT)
    assert len(model_server.requests) == 1


async def test_a_schema_refused_in_every_form(model_server: ModelServer) -> None:
    model_server.answer_with(lambda request: status(400, "no response_format here"))
    async with models_of(model_server) as models:
        with pytest.raises(ModelError, match="no structured output: HTTP 400: no response_format") as caught:
            await models.chat("m", HELLO, use="judge", schema=VERDICT)
    assert (caught.value.kind, caught.value.attempts) == ("refused", 2)


@pytest.mark.parametrize(
    ("schema", "said", "data"),
    [
        ({"enum": ["good", "bad"]}, {"value": "bad"}, "bad"),
        ({"type": "array", "items": {"type": "integer"}}, {"value": [1, 2]}, [1, 2]),
        ({"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}}, {"value": 3}, 3),
    ],
)
async def test_what_is_no_object_is_wrapped_in_one(
    model_server: ModelServer, schema: dict[str, Any], said: Any, data: Any
) -> None:
    model_server.script(structured(data), structured(said))
    async with models_of(model_server) as models:
        reply = await models.chat("m", HELLO, use="judge", schema=schema)
    asked = model_server.requests[0].body["response_format"]["json_schema"]["schema"]
    assert (asked["type"], asked["required"]) == ("object", ["value"])
    assert (reply.data, reply.attempts) == (data, 2)


async def test_a_tool_call_comes_before_structured_output(model_server: ModelServer) -> None:
    model_server.script(tool_calls(("look", {})))
    tool = Tool("look", "", {"type": "object", "properties": {}})
    async with models_of(model_server) as models:
        reply = await models.chat("m", HELLO, use="judge", schema=VERDICT, tools=[tool])
    assert (reply.data, reply.tool_calls[0].name) == (None, "look")


async def test_a_refusal_to_answer_is_not_repaired(model_server: ModelServer) -> None:
    model_server.script(refusal("I will not judge this."))
    async with models_of(model_server) as models:
        with pytest.raises(ModelError, match="I will not judge this") as caught:
            await models.chat("m", HELLO, use="judge", schema=VERDICT)
    assert (caught.value.kind, caught.value.attempts) == ("content_filter", 1)


@pytest.mark.parametrize(
    "schema", [{"type": "strange"}, {"$ref": "#/nowhere"}, {"$ref": "http://127.0.0.1:9/x"}]
)
async def test_a_wrong_schema_is_unsupported(model_server: ModelServer, schema: dict[str, Any]) -> None:
    model_server.answer_with(lambda request: structured({"value": 1}))
    async with models_of(model_server) as models:
        with pytest.raises(ModelError) as caught:
            await models.chat("m", HELLO, use="judge", schema=schema)
    assert caught.value.kind == "unsupported"
