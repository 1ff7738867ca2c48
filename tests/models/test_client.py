"""Asking a model over HTTP: what is sent, what is made of the answer."""

import base64
from typing import Any

import pytest

from evalspec.models import Budget, ModelError, ModelSpec, Tool
from evalspec.models.client import Models
from tests.model_server.behaviours import embeddings, refusal, status, structured, text, tool_calls
from tests.model_server.handle import ModelServer
from tests.models.parts import HELLO, models_of

WEATHER = Tool("weather", "The weather", {"type": "object", "properties": {"city": {"type": "string"}}})

CLOCK = Tool("clock", "The time", {"type": "object", "properties": {}})


async def test_a_question_and_its_answer(model_server: ModelServer) -> None:
    model_server.script(text("Hi!", usage=(12, 3), cached=4, reasoning=2, model="test-model-2026"))
    async with models_of(model_server, parameters={"temperature": 0, "max_tokens": 500, "seed": 7}) as models:
        reply = await models.chat(
            "m", HELLO, use="subject", parameters={"seed": 8, "top_k": 5, "stop": "END"}
        )
    (request,) = model_server.requests
    assert request.path == "/v1/chat/completions"
    assert request.body == {
        "model": "test-model",
        "messages": HELLO,
        "temperature": 0,
        "max_tokens": 500,
        "seed": 8,
        "stop": ["END"],
        "top_k": 5,
        "stream": False,
    }
    assert (reply.text, reply.tool_calls, reply.data, reply.finish_reason) == ("Hi!", (), None, "stop")
    assert (reply.provider, reply.model_requested, reply.model_reported) == (
        "openai",
        "test-model",
        "test-model-2026",
    )
    assert reply.parameters == {"temperature": 0, "max_tokens": 500, "seed": 8, "top_k": 5, "stop": "END"}
    usage = reply.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total) == (12, 3, 15)
    assert (usage.cached_input_tokens, usage.reasoning_tokens) == (4, 2)
    assert (reply.attempts, reply.embedded, reply.first_token_ns) == (1, False, None)
    assert 0 < reply.started_ns <= reply.ended_ns


async def test_every_kind_of_message_reaches_the_server(model_server: ModelServer) -> None:
    pixel = base64.b64encode(b"\x89PNG").decode()
    sound = base64.b64encode(b"RIFF").decode()
    paper = base64.b64encode(b"%PDF").decode()
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look:"},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{pixel}"}},
                {"type": "input_audio", "input_audio": {"data": sound, "format": "wav"}},
                {
                    "type": "file",
                    "file": {"file_data": f"data:application/pdf;base64,{paper}", "filename": "a.pdf"},
                },
            ],
        },
        {
            "role": "assistant",
            "content": "One moment.",
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "cold"},
        {"role": "user", "content": "And?"},
    ]
    async with models_of(model_server) as models:
        await models.chat("m", messages, use="subject", tools=[WEATHER])
    sent = model_server.requests[0].body["messages"]
    assert [message["role"] for message in sent] == ["system", "user", "assistant", "tool", "user"]
    assert sent[0]["content"] == "Be brief."
    parts = sent[1]["content"]
    assert [part["type"] for part in parts] == ["text", "image_url", "image_url", "input_audio", "file"]
    assert parts[1]["image_url"]["url"] == "https://example.com/a.png"
    assert parts[2]["image_url"]["url"] == f"data:image/png;base64,{pixel}"
    assert parts[3]["input_audio"]["format"] == "wav"
    assert parts[3]["input_audio"]["data"].endswith(sound)
    assert parts[4]["file"]["file_data"] == f"data:application/pdf;base64,{paper}"
    assert sent[2]["content"] == "One moment."
    assert sent[2]["tool_calls"] == messages[2]["tool_calls"]
    assert {key: sent[3][key] for key in ("role", "tool_call_id", "content")} == messages[3]


@pytest.mark.parametrize(
    "message",
    [
        {"role": "narrator", "content": "x"},
        {"role": "user", "content": [{"type": "video"}]},
        {"role": "user", "content": ["x"]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png,x"}}]},
        {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "%%%"}}]},
    ],
)
async def test_what_cannot_be_sent_is_unsupported(model_server: ModelServer, message: dict[str, Any]) -> None:
    async with models_of(model_server) as models:
        with pytest.raises(ModelError) as caught:
            await models.chat("m", [message], use="subject")
    assert caught.value.kind == "unsupported"
    assert model_server.requests == []


async def test_tools_are_called(model_server: ModelServer) -> None:
    model_server.script(tool_calls(("weather", {"city": "Oslo"}), ("weather", "{broken"), ("weather", "[1]")))
    async with models_of(model_server) as models:
        reply = await models.chat("m", HELLO, use="subject", tools=[WEATHER, CLOCK], tool_choice="weather")
    body = model_server.requests[0].body
    function = {"name": "weather", "description": "The weather", "parameters": dict(WEATHER.parameters)}
    assert body["tools"][0] == {"type": "function", "function": function}
    assert body["tool_choice"] == {"type": "function", "function": {"name": "weather"}}
    assert reply.finish_reason == "tool_call"
    first, broken, no_object = reply.tool_calls
    assert (first.id, first.arguments, first.invalid_arguments) == ("call_0", {"city": "Oslo"}, None)
    assert (broken.arguments, broken.invalid_arguments) == ({}, "{broken")
    assert no_object.invalid_arguments == "[1]"
    calls = reply.as_message()["tool_calls"]
    assert [call["function"]["arguments"] for call in calls] == ['{"city": "Oslo"}', "{broken", "[1]"]


@pytest.mark.parametrize("choice", ["auto", "none", "required"])
async def test_tool_choice(model_server: ModelServer, choice: str) -> None:
    async with models_of(model_server) as models:
        await models.chat("m", HELLO, use="subject", tools=[WEATHER], tool_choice=choice)
    assert model_server.requests[0].body["tool_choice"] == choice


async def test_a_stream_tells_when_the_first_token_came(model_server: ModelServer) -> None:
    model_server.script(text("one\ntwo\nthree", model="other"), tool_calls(("weather", {"city": "Oslo"})))
    async with models_of(model_server) as models:
        reply = await models.chat("m", HELLO, use="subject", stream=True)
        called = await models.chat("m", HELLO, use="subject", stream=True, tools=[WEATHER])
    assert model_server.requests[0].body["stream"] is True
    assert (reply.text, reply.finish_reason, reply.model_reported) == ("one\ntwo\nthree", "stop", "other")
    assert reply.usage.total == 15
    assert reply.first_token_ns is not None
    assert reply.started_ns <= reply.first_token_ns <= reply.ended_ns
    assert called.tool_calls[0].arguments == {"city": "Oslo"}
    assert called.finish_reason == "tool_call"


async def test_a_reasoning_model_is_sent_no_sampling(model_server: ModelServer) -> None:
    parameters = {"temperature": 0, "seed": 1, "max_tokens": 9, "reasoning_effort": "low"}
    async with models_of(model_server, model="openai:gpt-5-mini", parameters=parameters) as models:
        reply = await models.chat("m", HELLO, use="subject")
    body = model_server.requests[0].body
    assert "temperature" not in body
    assert body["max_completion_tokens"] == 9
    assert body["reasoning_effort"] == "low"
    assert reply.parameters == {"seed": 1, "max_tokens": 9, "reasoning_effort": "low"}


@pytest.mark.parametrize("name", ["timeout", "extra_headers", "max_retries"])
async def test_what_is_not_a_parameter_is_refused(model_server: ModelServer, name: str) -> None:
    async with models_of(model_server, parameters={name: 1}) as models:
        with pytest.raises(ModelError, match=f"`{name}`") as caught:
            await models.chat("m", HELLO, use="subject")
    assert caught.value.kind == "unsupported"


async def test_the_key_goes_where_it_belongs(model_server: ModelServer) -> None:
    environ = {"OPENAI_API_KEY": "sk-openai-secret", "GATEWAY": "sk-gateway"}
    async with models_of(model_server, environ=environ) as models:
        await models.chat("m", HELLO, use="subject")
    async with models_of(model_server, environ=environ, api_key_env="GATEWAY") as models:
        await models.chat("m", HELLO, use="subject")
    sent = [request.headers["authorization"] for request in model_server.requests]
    assert sent == ["Bearer unused", "Bearer sk-gateway"]


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"model": "openai:gpt-5"}, "missing_key", "OPENAI_API_KEY"),
        (
            {"model": "openai:x", "api_key_env": "MINE", "base_url": "http://127.0.0.1:1"},
            "missing_key",
            "MINE",
        ),
        ({"model": "nobody:x"}, "unknown_provider", "nobody"),
        ({"model": "anthropic:claude"}, "missing_extra", "anthropic"),
        ({"model": "deepseek:x"}, "missing_key", "DEEPSEEK_API_KEY"),
    ],
)
async def test_a_model_that_cannot_be_asked_here(fields: dict[str, Any], kind: str, words: str) -> None:
    async with Models({"m": ModelSpec.from_fields("m", fields)}, {}) as models:
        with pytest.raises(ModelError, match=words) as caught:
            await models.chat("m", HELLO, use="subject")
    assert caught.value.kind == kind
    assert not caught.value.outage


async def test_another_provider_that_speaks_the_same_api(model_server: ModelServer) -> None:
    fields = {"model": "ollama:llama3", "base_url": model_server.base_url, "parameters": {"top_k": 3}}
    async with Models({"m": ModelSpec.from_fields("m", fields)}, {}) as models:
        reply = await models.chat("m", HELLO, use="subject")
    assert (reply.text, reply.provider) == ("echo: hello", "ollama")
    assert model_server.requests[0].body["top_k"] == 3


async def test_an_unknown_name_is_an_error() -> None:
    async with Models({}, {}) as models:
        with pytest.raises(ModelError, match="no model `m`"):
            await models.chat("m", HELLO, use="subject")
    with pytest.raises(ModelError) as caught:
        ModelSpec.from_fields("m", {"model": "gpt-5"})
    assert caught.value.kind == "unknown_provider"


async def test_refusals_and_filters_are_no_answers(model_server: ModelServer) -> None:
    model_server.script(refusal("I cannot."), text("", finish_reason="content_filter"))
    model_server.script(text("Half an", finish_reason="content_filter"))
    async with models_of(model_server) as models:
        for words in ("I cannot.", "content filter"):
            with pytest.raises(ModelError, match=words) as caught:
                await models.chat("m", HELLO, use="subject")
            assert caught.value.kind == "content_filter"
            assert not caught.value.outage
        reply = await models.chat("m", HELLO, use="subject")
    assert (reply.text, reply.finish_reason) == ("Half an", "content_filter")


@pytest.mark.parametrize(
    ("said", "told"), [("length", "length"), ("stop", "stop"), ("tool_calls", "tool_call")]
)
async def test_finish_reasons_are_opentelemetrys(model_server: ModelServer, said: str, told: str) -> None:
    model_server.script(text("x", finish_reason=said))
    async with models_of(model_server) as models:
        assert (await models.chat("m", HELLO, use="subject")).finish_reason == told


async def test_embeddings(model_server: ModelServer) -> None:
    async with models_of(model_server, parameters={"dimensions": 2}) as models:
        found = await models.embed("m", ["abc", "eau"])
        many = await models.embed("m", ["x" * n for n in range(300)], use="subject")
    assert found.vectors == [[3.0, 1.0], [3.0, 3.0]]
    assert (found.model_requested, found.model_reported, found.usage.input_tokens) == (
        "test-model",
        "test-model",
        7,
    )
    assert model_server.requests[0].body["dimensions"] == 2
    assert [vector[0] for vector in many.vectors] == list(range(300))
    assert (many.attempts, many.usage.input_tokens) == (2, 14)
    assert models.totals()["subject"]["m"]["requests"] == 2


async def test_embeddings_that_are_not_as_many(model_server: ModelServer) -> None:
    model_server.script(embeddings([1.0]), status(503), embeddings([1.0], [2.0]))
    async with models_of(model_server) as models:
        with pytest.raises(ModelError) as caught:
            await models.embed("m", ["a", "b"], retries=0)
        assert caught.value.kind == "malformed"
        assert (await models.embed("m", ["a", "b"])).attempts == 2
    async with models_of(model_server, parameters={"temperature": 0}) as models:
        with pytest.raises(ModelError, match="temperature"):
            await models.embed("m", ["a"])


async def test_what_was_spent_is_told_by_use(model_server: ModelServer) -> None:
    model_server.script(structured({}, usage=(1_000_000, 2_000_000), cached=400_000))
    price = {"input": 0.25, "output": 2.0, "cached_input": 0.025}
    async with models_of(model_server, price=price) as models:
        reply = await models.chat("m", HELLO, use="judge")
        await models.chat("m", HELLO, use="subject")
    # 0.6 * 0.25 + 0.4 * 0.025 + 2 * 2.0
    assert reply.cost == pytest.approx(4.16)
    totals = models.totals()
    assert totals["judge"]["m"]["cost"] == reply.cost
    assert totals["subject"]["m"] == {
        "requests": 1,
        "input_tokens": 10,
        "output_tokens": 5,
        "cost": pytest.approx((10 * 0.25 + 5 * 2.0) / 1e6),
        "unpriced": 0,
    }


@pytest.mark.parametrize(
    ("budget", "answered"),
    [(Budget(requests=2), 2), (Budget(tokens=30), 2), (Budget(tokens=31), 3), (Budget(cost=0.00002), 2)],
)
async def test_a_budget_ends(model_server: ModelServer, budget: Budget, answered: int) -> None:
    # 15 tokens and 0.000015 USD for each.
    price = {"input": 1.0, "output": 1.0}
    async with models_of(model_server, budgets={"judge": budget}, price=price) as models:
        for _ in range(answered):
            await models.chat("m", HELLO, use="judge")
        with pytest.raises(ModelError, match="for the judge is spent") as caught:
            await models.chat("m", HELLO, use="judge")
        assert (caught.value.kind, caught.value.outage) == ("budget_exceeded", False)
        await models.chat("m", HELLO, use="subject")
    assert len(model_server.requests) == answered + 1
