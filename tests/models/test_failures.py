"""What goes wrong with a provider: the kind of error, what is repeated, and that nothing secret is told."""

import gzip
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import anyio
import pytest

from evalspec.models import ModelError, ModelSpec
from evalspec.models.client import Models
from evalspec.models.repeating import REFUSALS
from tests.model_server.behaviours import (
    Behaviour,
    embeddings,
    held,
    malformed,
    reset,
    status,
    text,
    truncated,
)
from tests.model_server.handle import ModelServer
from tests.models.parts import HELLO, Clock, models_of

SECRET = "sk-proj-abcdefgh12345678"


async def failure(models: Models, *, retries: int = 0, stream: bool = False) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await models.chat("m", HELLO, use="subject", retries=retries, stream=stream)
    return caught.value


@pytest.mark.parametrize(
    ("behaviour", "kind", "code", "outage"),
    [
        (status(500), "server_error", 500, True),
        (status(503), "server_error", 503, True),
        (status(408), "timeout", 408, True),
        (status(429), "rate_limited", 429, True),
        (status(429, kind="insufficient_quota"), "refused", 429, True),
        (status(400), "refused", 400, False),
        (status(401), "refused", 401, False),
        (status(404), "refused", 404, False),
        (malformed(), "malformed", None, True),
        (malformed(b"<html>busy</html>"), "malformed", None, True),
        (malformed(b'{"id": "x"}'), "malformed", None, True),
        (reset(), "connection", None, True),
    ],
)
async def test_kinds(
    model_server: ModelServer, behaviour: Behaviour, kind: str, code: int | None, outage: bool
) -> None:
    model_server.script(behaviour)
    async with models_of(model_server) as models:
        error = await failure(models)
    assert (error.kind, error.status_code, error.outage, error.attempts) == (kind, code, outage, 1)


@pytest.mark.parametrize("provider", ["openai", "ollama"])
@pytest.mark.parametrize("stream", [False, True])
async def test_answers_without_end_are_broken_off(
    model_server: ModelServer, provider: str, stream: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalspec.models.answer_size.MAX_ANSWER", 50_000)
    large, small = text("word " * 20_000), text("word " * 100)
    async with models_of(model_server, model=f"{provider}:test-model") as models:
        model_server.script(large, small, status(400, "x" * 60_000), large)
        error = await failure(models, retries=2, stream=stream)
        assert (error.kind, error.outage, error.attempts) == ("too_large", False, 1)
        assert str(error) == "the answer has more than 50,000 bytes"
        reply = await models.chat("m", HELLO, use="subject", stream=stream)
        assert reply.text == "word " * 100
        assert (await failure(models, retries=2, stream=stream)).kind == "too_large"
        schema = {"type": "object"}
        with pytest.raises(ModelError) as caught:
            await models.chat("m", HELLO, use="subject", schema=schema, retries=2)
        assert caught.value.kind == "too_large"
    assert len(model_server.requests) == 4


async def test_vectors_without_end_are_broken_off(
    model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalspec.models.answer_size.MAX_ANSWER", 50_000)
    model_server.script(embeddings([0.5] * 20_000), embeddings([0.5, 1.0]))
    async with models_of(model_server) as models:
        with pytest.raises(ModelError) as caught:
            await models.embed("m", ["a text"])
        assert (caught.value.kind, caught.value.outage) == ("too_large", False)
        assert (await models.embed("m", ["a text"])).vectors == [[0.5, 1.0]]


async def test_compressed_answers_count_unpacked(
    model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalspec.models.answer_size.MAX_ANSWER", 50_000)
    packed = gzip.compress(b'{"id": "' + b"x" * 10_000_000 + b'"}')
    assert len(packed) < 50_000
    model_server.script(
        Behaviour(body=packed, headers={"content-encoding": "gzip"}),
        Behaviour(body=gzip.compress(packed), headers={"content-encoding": "gzip, gzip"}),
    )
    async with models_of(model_server) as models:
        assert str(await failure(models)) == "the answer has more than 50,000 bytes"
        error = await failure(models)
    assert (error.kind, str(error)) == ("too_large", "the answer is compressed more than once")


async def test_the_providers_words_are_told(model_server: ModelServer) -> None:
    model_server.script(status(400, "The model `x` does\nnot like you"))
    async with models_of(model_server) as models:
        assert str(await failure(models)) == "HTTP 400: The model `x` does not like you"


async def test_nobody_listens() -> None:
    spec = ModelSpec.from_fields("m", {"model": "openai:x", "base_url": "http://127.0.0.1:9/v1"})
    async with Models({"m": spec}, {}) as models:
        assert (await failure(models)).kind == "connection"


@pytest.mark.parametrize("how", ["closed", "reset"])
async def test_a_stream_that_breaks_off_is_asked_for_again(model_server: ModelServer, how: str) -> None:
    cut = truncated("one\ntwo", "closed" if how == "closed" else "reset")
    model_server.script(cut, cut, text("whole"))
    async with models_of(model_server) as models:
        error = await failure(models, stream=True)
        assert (error.kind, error.outage) == ("truncated", True)
        reply = await models.chat("m", HELLO, use="subject", stream=True)
    assert (reply.text, reply.attempts) == ("whole", 2)


async def test_broken_servers_are_asked_again_with_growing_pauses(model_server: ModelServer) -> None:
    clock = Clock()
    model_server.script(status(500), reset(), malformed(), text("at last"))
    async with models_of(model_server, clock) as models:
        reply = await models.chat("m", HELLO, use="subject", retries=3)
    assert (reply.text, reply.attempts) == ("at last", 4)
    # The tests' chance adds nothing to them.
    assert clock.slept == [0.5, 1.0, 2.0]
    assert models.totals()["subject"]["m"]["requests"] == 4


async def test_pauses_do_not_grow_for_ever(model_server: ModelServer) -> None:
    clock = Clock()
    model_server.script(*[status(500)] * 9)
    async with models_of(model_server, clock) as models:
        error = await failure(models, retries=8)
    assert clock.slept == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert error.attempts == 9


async def test_a_broken_server_may_say_how_long_too(model_server: ModelServer) -> None:
    clock = Clock()
    model_server.script(status(503, retry_after="9"), status(503, retry_after="900"))
    async with models_of(model_server, clock) as models:
        await models.chat("m", HELLO, use="subject")
    assert clock.slept == [9.0, 30.0]


async def test_a_refusal_is_not_repeated(model_server: ModelServer) -> None:
    model_server.script(status(400), status(401))
    async with models_of(model_server) as models:
        for _ in range(2):
            assert (await failure(models, retries=5)).attempts == 1


async def test_retry_after_holds_back_everybody(model_server: ModelServer) -> None:
    clock = Clock()
    model_server.script(status(429, retry_after="7"), text("one"), text("two"))
    async with models_of(model_server, clock) as models:
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(lambda: models.chat("m", HELLO, use="subject"))
        assert len(model_server.requests) == 3
    assert clock.slept == [7.0]


async def test_retry_after_may_be_a_date(model_server: ModelServer) -> None:
    clock = Clock()
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    model_server.script(status(429, retry_after=date), status(429, retry_after=date))
    async with models_of(model_server, clock) as models:
        error = await failure(models)
        assert error.retry_after is not None
        assert 3000 < error.retry_after <= 3600
        assert (await models.chat("m", HELLO, use="subject")).attempts == 2
    # Two minutes are the most that is waited, for the first refusal and for the second.
    assert clock.slept == [120.0, 120.0]


async def test_without_retry_after_a_429_waits_like_a_broken_server(model_server: ModelServer) -> None:
    clock = Clock()
    model_server.script(*[status(429)] * 4)
    async with models_of(model_server, clock) as models:
        reply = await models.chat("m", HELLO, use="subject", retries=1)
    assert (reply.attempts, clock.slept) == (5, [0.5, 1.0, 2.0, 4.0])


async def test_a_429_is_not_repeated_for_ever(model_server: ModelServer) -> None:
    model_server.answer_with(lambda request: status(429, retry_after="1"))
    async with models_of(model_server) as models:
        assert (await failure(models, retries=1)).attempts == 1 + REFUSALS
        assert (await failure(models, retries=0)).attempts == 1


async def test_an_error_tells_no_key(model_server: ModelServer) -> None:
    environ = {"GATEWAY": SECRET, "OTHER_API_KEY": "another-secret"}
    model_server.script(
        status(401, "bad", echo_key=True),
        status(500, f"key={SECRET}, other=another-secret"),
        malformed(f'{{"id": 1, "model": "{SECRET}"}}'.encode()),
        status(400, f"schema {SECRET}"),
        status(400, f"schema {SECRET}"),
    )
    async with models_of(model_server, environ=environ, api_key_env="GATEWAY") as models:
        errors = [await failure(models) for _ in range(3)]
        with pytest.raises(ModelError) as caught:
            await models.chat("m", HELLO, use="judge", schema={"type": "object"})
        errors.append(caught.value)
    assert model_server.requests[0].headers["authorization"] == f"Bearer {SECRET}"
    for error in errors:
        assert SECRET not in str(error)
        assert "another-secret" not in str(error)
        assert error.__cause__ is None
    assert "[redacted]" in str(errors[0])


async def test_a_key_nobody_named_is_not_told_either(model_server: ModelServer) -> None:
    model_server.script(status(401, "you sent Bearer abcdefghijkl and Basic dXNlcjpwYXNz"))
    async with models_of(model_server) as models:
        said = str(await failure(models))
    assert said == "HTTP 401: you sent Bearer [redacted] and Basic [redacted]"


async def test_a_slow_answer_is_a_timeout(model_server: ModelServer) -> None:
    never = threading.Event()
    model_server.answer_with(lambda request: held(never))
    async with models_of(model_server, timeout=0.2) as models:
        error = await failure(models)
        with pytest.raises(ModelError) as caught:
            await models.embed("m", ["x"], retries=0)
    assert (error.kind, error.outage, caught.value.kind) == ("timeout", True, "timeout")


async def test_cancellation_passes_through_and_gives_the_place_back(model_server: ModelServer) -> None:
    never = threading.Event()
    model_server.script(held(never))
    async with models_of(model_server, concurrency=1) as models:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(lambda: models.chat("m", HELLO, use="subject"))
                while not model_server.requests:  # noqa: ASYNC110 - the server is in another thread
                    await anyio.sleep(0.005)
                scope.cancel()
        assert scope.cancelled_caught
        assert (await models.chat("m", HELLO, use="subject")).text == "echo: hello"


async def test_no_more_than_may_are_asked_at_a_time(model_server: ModelServer) -> None:
    release = threading.Event()
    model_server.answer_with(lambda request: held(release))
    async with models_of(model_server, concurrency=3) as models, anyio.create_task_group() as group:
        for _ in range(9):
            group.start_soon(lambda: models.chat("m", HELLO, use="subject"))
        while len(model_server.requests) < 3:  # noqa: ASYNC110 - the server is in another thread
            await anyio.sleep(0.005)
        release.set()
    assert len(model_server.requests) == 9
    assert model_server.peak == 3


async def test_requests_a_minute(model_server: ModelServer) -> None:
    clock = Clock()
    async with models_of(model_server, clock, requests_per_minute=2, tokens_per_minute=10_000) as models:
        for _ in range(5):
            await models.chat("m", HELLO, use="subject")
    assert clock.slept == [60.0, 60.0]


async def test_tokens_a_minute_are_those_that_were_used(model_server: ModelServer) -> None:
    clock = Clock()
    model_server.script(text("long", usage=(900, 100)), text("short", usage=None))
    async with models_of(model_server, clock, tokens_per_minute=1000) as models:
        await models.chat("m", HELLO, use="subject")
        # The estimate was a few tokens, the truth is the whole limit.
        await models.chat("m", HELLO, use="subject")
        assert clock.slept == [60.0]
        # Where none were counted, the estimate stands: 11 characters with the role, 990 tokens of an answer.
        await models.chat("m", HELLO, use="subject", parameters={"max_tokens": 990})
        await models.chat("m", HELLO, use="subject", parameters={"max_tokens": 990})
    assert clock.slept == [60.0, 60.0]


async def test_models_can_be_asked_again_after_closing(model_server: ModelServer) -> None:
    models = models_of(model_server)
    for _ in range(2):
        await models.chat("m", HELLO, use="subject")
        await models.aclose()
    assert len(model_server.requests) == 2
