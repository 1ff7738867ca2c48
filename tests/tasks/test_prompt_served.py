"""The `prompt` task over HTTP: streams, tools, and everything that a provider can do wrong."""

import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from evalspec.models import ModelError
from evalspec.runner.failures import failure_of, is_worth_another_try
from tests.model_server.behaviours import (
    Behaviour,
    held,
    malformed,
    reset,
    status,
    structured,
    text,
    tool_calls,
    truncated,
)
from tests.model_server.handle import ModelServer
from tests.tasks.asking import caller, of, prompt_spec, shape

COUNTRY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
PRICE = {"input": 1.0, "output": 2.0}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "test")


def asked(root: Path, server: ModelServer, model: dict[str, Any] | None = None, **task: Any) -> Any:
    return caller(root, prompt_spec("{{ input.country }}?", server.fields(**(model or {})), **task))


def test_the_request_and_what_is_recorded_of_it(tmp_path: Path, model_server: ModelServer) -> None:
    model_server.script(text("Paris", usage=(1000, 500), model="test-model-2026-01-01"))
    model = {"parameters": {"temperature": 1, "seed": 7}, "price": PRICE}
    found = asked(tmp_path, model_server, model, parameters={"temperature": 0})()
    assert found.output == "Paris"
    (request,) = model_server.requests
    assert request.body["messages"] == [{"role": "user", "content": "France?"}]
    assert (request.body["temperature"], request.body["seed"]) == (0, 7)
    (span,) = found.spans
    assert of(span, "model.name") == "test-model-2026-01-01"
    assert of(span, "metadata.model_requested") == "openai:test-model"
    assert of(span, "metadata.model_reported") == "test-model-2026-01-01"
    assert of(span, "usage_details") == {"input": 1000, "output": 500, "total": 1500}
    # 1,000 tokens at 1 USD and 500 at 2 USD per million.
    assert of(span, "cost_details") == {"total": pytest.approx(0.002)}
    assert of(span, "completion_start_time") is None


def test_a_stream_tells_the_time_to_the_first_token(tmp_path: Path, model_server: ModelServer) -> None:
    model_server.script(text("Paris it is"))
    found = asked(tmp_path, model_server, stream=True)()
    assert found.output == "Paris it is"
    assert model_server.requests[0].body["stream"] is True
    (span,) = found.spans
    first = of(span, "completion_start_time")
    assert first.endswith("+00:00")
    assert int(span["startTimeUnixNano"]) <= _nanoseconds(first) + 1000
    assert _nanoseconds(first) <= int(span["endTimeUnixNano"])


def _nanoseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1e6) * 1000


def test_tools_go_to_the_model_and_back(tmp_path: Path, model_server: ModelServer) -> None:
    (tmp_path / "served_tools.py").write_text("def look(country):\n    return 'Paris of ' + country\n")
    tool = {"name": "look", "parameters": {"type": "object"}, "callable": "served_tools:look"}
    model_server.script(tool_calls(("look", {"country": "France"}), ("look", "no JSON")), text("Paris"))
    found = asked(tmp_path, model_server, tools=[tool])()
    assert found.output == "Paris"
    assert shape(found.spans) == [
        ("generation", "ask", "call"),
        ("tool", "look", "call"),
        ("tool", "look", "call"),
        ("generation", "ask", "call"),
    ]
    first, second = model_server.requests
    assert first.body["tools"][0]["function"]["name"] == "look"
    answers = [message for message in second.body["messages"] if message["role"] == "tool"]
    assert [message["tool_call_id"] for message in answers] == ["call_0", "call_1"]
    assert answers[0]["content"] == "Paris of France"
    assert "the arguments are no JSON object" in answers[1]["content"]


def test_what_follows_the_schema_after_a_repair(tmp_path: Path, model_server: ModelServer) -> None:
    model_server.script(structured({"town": "Paris"}), structured({"city": "Paris"}))
    found = asked(tmp_path, model_server, schema=COUNTRY)()
    assert found.output == {"city": "Paris"}
    assert len(model_server.requests) == 2
    (span,) = found.spans
    assert of(span, "output") == {"city": "Paris"}
    assert of(span, "metadata.attempts") == 2


def test_waiting_as_long_as_the_server_asks(tmp_path: Path, model_server: ModelServer) -> None:
    model_server.script(status(429, retry_after="7"), status(500), text("Paris"))
    found = asked(tmp_path, model_server)()
    assert found.output == "Paris"
    assert of(found.spans[0], "metadata.attempts") == 3


FAILURES: list[tuple[str, list[Behaviour], dict[str, Any], str, bool]] = [
    ("429", [status(429)] * 11, {}, "rate_limited", True),
    ("500", [status(500)] * 3, {}, "server_error", True),
    ("connections reset", [reset()] * 3, {}, "connection", True),
    ("a refusal", [status(400, "no such parameter")], {}, "refused", False),
    ("no JSON", [malformed()] * 3, {}, "malformed", True),
    ("a stream cut off", [truncated("Par", "closed")] * 3, {"stream": True}, "truncated", True),
    ("a stream reset", [truncated("Par", "reset")] * 3, {"stream": True}, "truncated", True),
    ("another schema", [structured({"town": "Paris"})] * 3, {"schema": COUNTRY}, "wrong_schema", False),
    ("an answer that is no JSON", [text("Paris")] * 3, {"schema": COUNTRY}, "malformed", False),
    ("the length", [text('{"ci', finish_reason="length")], {"schema": COUNTRY}, "truncated", False),
]


@pytest.mark.parametrize(
    ("behaviours", "task", "kind", "outage"),
    [case[1:] for case in FAILURES],
    ids=[case[0] for case in FAILURES],
)
def test_failures_have_a_kind_and_say_who_is_to_blame(
    tmp_path: Path,
    model_server: ModelServer,
    behaviours: list[Behaviour],
    task: dict[str, Any],
    kind: str,
    outage: bool,
) -> None:
    model_server.script(*behaviours)
    with pytest.raises(ModelError) as caught:
        asked(tmp_path, model_server, **task)()
    failure = failure_of(caught.value)
    assert (failure.kind, failure.outage) == (kind, outage), failure.message
    assert is_worth_another_try(caught.value) is outage
    assert len(model_server.requests) == len(behaviours)
    (span,) = caught.value.spans  # type: ignore[attr-defined]
    assert of(span, "level") == "ERROR"
    assert of(span, "input") == [{"role": "user", "content": "France?"}]
    assert of(span, "metadata.evalspec_model") == "answering"


def test_a_server_that_takes_too_long(tmp_path: Path, model_server: ModelServer) -> None:
    until = threading.Event()
    model_server.script(*[held(until)] * 3)
    try:
        with pytest.raises(ModelError) as caught:
            asked(tmp_path, model_server, {"timeout": "100ms"})()
    finally:
        until.set()
    assert (caught.value.kind, caught.value.outage) == ("timeout", True)


def test_a_key_that_is_not_there(
    tmp_path: Path, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GATEWAY_KEY", raising=False)
    with pytest.raises(ModelError, match="GATEWAY_KEY") as caught:
        asked(tmp_path, model_server, {"api_key_env": "GATEWAY_KEY"})()
    assert (caught.value.kind, model_server.requests) == ("missing_key", [])
