"""The server as an ASGI application."""

import asyncio
import base64
import json
import math
import struct
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.model_server.behaviours import Behaviour, embeddings, text

__all__ = ["ModelApplication", "Received"]

Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Received:
    """A request: path, headers with lower-case names, and the JSON body."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class _Faults:
    """What the emulator's server sets; connections are never refused here."""

    on_refuse: Callable[[float | None], None] | None = None
    on_accept: Callable[[], None] | None = None


def answered_by_default(request: Received) -> Behaviour:
    """The last user's text after `echo: `, or a vector of each text's length and number of vowels."""
    if request.path == "/v1/embeddings":
        given = request.body["input"]
        texts = [given] if isinstance(given, str) else given
        return embeddings(*([float(len(one)), float(sum(one.count(v) for v in "aeiou"))] for one in texts))
    said = [m["content"] for m in request.body["messages"] if m["role"] == "user"]
    return text(f"echo: {said[-1] if said else ''}")


class ModelApplication:
    """Answers by the script, then by `default`."""

    def __init__(self) -> None:
        self.faults = _Faults()
        self.script: deque[Behaviour] = deque()
        self.default: Callable[[Received], Behaviour] = answered_by_default
        self.requests: list[Received] = []
        self.peak = 0
        self._running = 0
        self._lock = threading.Lock()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        body = b""
        while True:
            event = await receive()
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        request = Received(scope["path"], headers, json.loads(body or b"{}"))
        with self._lock:
            self.requests.append(request)
            behaviour = self.script.popleft() if self.script else self.default(request)
            number = len(self.requests)
        self._running += 1
        self.peak = max(self.peak, self._running)
        try:
            if behaviour.until is not None:
                # Polled, so that a server that stops is not kept by a thread that waits.
                while not behaviour.until.is_set():  # noqa: ASYNC110 - the event is set by another thread
                    await asyncio.sleep(0.002)
            await self._answer(behaviour, request, number, scope, send)
        finally:
            self._running -= 1

    async def _answer(
        self, behaviour: Behaviour, request: Received, number: int, scope: dict[str, Any], send: Send
    ) -> None:
        if behaviour.no_answer:
            _abort(scope)
        elif behaviour.body is not None:
            kind = {"content-type": "application/json"}
            body = behaviour.body
            if behaviour.echo_key:
                tree = json.loads(body)
                tree["error"]["message"] += f": {request.headers.get('authorization')}"
                body = json.dumps(tree).encode()
            await _sent(send, behaviour.status, {**kind, **behaviour.headers}, body)
        elif behaviour.vectors is not None:
            await _sent_json(send, _embeddings(behaviour, request))
        elif request.body.get("stream"):
            await self._stream(behaviour, request, number, scope, send)
        else:
            await _sent_json(send, _completion(behaviour, request, number))

    async def _stream(
        self, behaviour: Behaviour, request: Received, number: int, scope: dict[str, Any], send: Send
    ) -> None:
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for chunk in _chunks(behaviour, request, number):
            data = f"data: {json.dumps(chunk)}\n\n".encode()
            await send({"type": "http.response.body", "body": data, "more_body": True})
        if behaviour.cut == "reset":
            # Given to the network first, so that the beginning arrives.
            await asyncio.sleep(0.05)
            _abort(scope)
            return
        end = b"" if behaviour.cut else b"data: [DONE]\n\n"
        await send({"type": "http.response.body", "body": end})


def _abort(scope: dict[str, Any]) -> None:
    scope["state"]["connection"].transport.abort()


async def _sent(send: Send, code: int, headers: dict[str, str], body: bytes) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": code, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _sent_json(send: Send, tree: Any) -> None:
    await _sent(send, 200, {"content-type": "application/json"}, json.dumps(tree).encode())


def _completion(behaviour: Behaviour, request: Received, number: int) -> dict[str, Any]:
    choice = {"index": 0, "message": behaviour.message, "finish_reason": behaviour.finish_reason}
    tree = {**_head(behaviour, request, number), "object": "chat.completion", "choices": [choice]}
    return tree if behaviour.usage is None else {**tree, "usage": behaviour.usage}


def _head(behaviour: Behaviour, request: Received, number: int) -> dict[str, Any]:
    model = behaviour.model or request.body["model"]
    return {"id": f"chatcmpl-{number}", "created": 1_700_000_000, "model": model}


def _chunks(behaviour: Behaviour, request: Received, number: int) -> Iterator[dict[str, Any]]:
    head = {**_head(behaviour, request, number), "object": "chat.completion.chunk"}
    message = dict(behaviour.message or {})
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    content = message.get("content") or ""
    deltas += [
        {"content": piece} for piece in content.splitlines(keepends=True) or [] for piece in _halves(piece)
    ]
    if message.get("tool_calls"):
        deltas.append({"tool_calls": [{"index": i, **call} for i, call in enumerate(message["tool_calls"])]})
    for delta in deltas:
        yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    if behaviour.cut:
        return
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": behaviour.finish_reason}]}
    if behaviour.usage is not None and (request.body.get("stream_options") or {}).get("include_usage"):
        yield {**head, "choices": [], "usage": behaviour.usage}


def _halves(text: str) -> tuple[str, str]:
    middle = math.ceil(len(text) / 2)
    return text[:middle], text[middle:]


def _embeddings(behaviour: Behaviour, request: Received) -> dict[str, Any]:
    base64_asked = request.body.get("encoding_format") == "base64"
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
            if base64_asked
            else list(vector),
        }
        for index, vector in enumerate(behaviour.vectors or ())
    ]
    usage = {"prompt_tokens": 7, "total_tokens": 7}
    return {"object": "list", "data": data, "model": behaviour.model or request.body["model"], "usage": usage}
