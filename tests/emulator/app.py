"""The ASGI application: reads a request, lets a fault have it or a handler answer it, and sends the answer.

ASGI is spoken directly: a framework's request and response objects would cost more than the handlers do.
"""

import asyncio
import os
from collections import Counter, deque
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import unquote

import orjson

from tests.emulator import otlp
from tests.emulator.faults import Fault, FaultBoard, parse_rules
from tests.emulator.store import Store
from tests.emulator.wire import Call, Refusal, Reply, authorized, html_page, json_reply, plain_refusal

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

ADMIN = "/__emulator__/"
PUBLIC_PATHS = ("/api/public/health", "/api/public/ready")
KEPT_TRAFFIC = 20_000


class Application:
    """`faults` may be set from outside before the server starts."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.faults = FaultBoard()
        self.requests: Counter[str] = Counter()
        self.bytes_received = 0
        self.traffic: deque[dict[str, Any]] = deque(maxlen=KEPT_TRAFFIC)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _read(receive)
        call = Call(
            method=scope["method"],
            path=(scope.get("raw_path") or scope["path"].encode()).decode("latin-1"),
            params={},
            query_string=scope["query_string"].decode("latin-1"),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            body=body,
            received=self.store.clock.now(),
            contract=self.store.settings.contract,
        )
        if call.path.startswith(ADMIN):
            await _send(send, self._administer(call))
            return
        self.bytes_received += len(body)
        fault = self.faults.pick(call.method, unquote(call.path))
        if fault is None:
            reply = self._answer(call)
            self._note(call, reply.status)
            self._keep(call, reply)
            await _send(send, reply)
        else:
            await self._fail(call, fault, scope["state"]["connection"], send)

    async def _fail(self, call: Call, fault: Fault, connection: Any, send: Send) -> None:
        rule = fault.rule
        self._note(call, rule.status if rule.action == "status" else rule.action)
        if rule.stored and rule.action not in ("slow", "cut"):
            self._answer(call)
        if rule.action == "status":
            headers = {} if rule.retry_after is None else {"retry-after": rule.retry_after}
            await _send(send, Reply(rule.status, b'{"message": "emulated failure"}', headers=headers))
        elif rule.action == "slow":
            await asyncio.sleep(rule.delay)
            await _send(send, self._answer(call))
        elif rule.action == "cut":
            await _send_half(send, self._answer(call))
            await _hang_up(connection, connection.transport.close)
        else:
            if rule.action == "hang":
                await asyncio.sleep(86_400 if fault.remaining is None else fault.remaining)
            await _hang_up(connection, connection.transport.abort)

    def _answer(self, call: Call) -> Reply:
        settings = self.store.settings
        if not call.path.startswith("/api/public/"):
            return _web_application(call)
        if call.path not in PUBLIC_PATHS:
            refused = authorized(call.headers, settings.public_key, settings.secret_key)
            if refused is not None:
                return refused
        found = self.store.router.find(call.method, call.path)
        if found is None:
            if self.store.router.knows(call.path):
                return json_reply({"message": "Method not allowed", "error": "MethodNotAllowedError"}, 405)
            return html_page(404)
        route, params = found
        try:
            if complaint := route.too_long(len(call.body)):
                raise plain_refusal(413, complaint)
            return route.handler(_with_params(call, params))
        except Refusal as refusal:
            return refusal.reply

    def _note(self, call: Call, outcome: int | str) -> None:
        found = self.store.router.find(call.method, call.path)
        path = found[0].template if found else call.path
        self.requests[f"{call.method} {path} {outcome}"] += 1

    def _keep(self, call: Call, reply: Reply) -> None:
        if self.store.settings.record:
            self.traffic.append(
                {
                    "client": call.headers.get("x-langfuse-sdk-version", ""),
                    "method": call.method,
                    "path": call.path,
                    "query": call.query,
                    "request": _json_or_none(call.body),
                    "spans": _spans_or_none(call),
                    "status": reply.status,
                    "response": _json_or_none(reply.body),
                }
            )

    def _administer(self, call: Call) -> Reply:
        """The endpoints for tests. They need no keys and never meet a fault."""
        command = (call.method, call.path.removeprefix(ADMIN))
        match command:
            case ("GET", "counters"):
                counters = self.store.counters()
                return json_reply(
                    counters
                    | {"bytes": self.bytes_received, "requests": dict(self.requests), "pid": os.getpid()}
                )
            case ("GET", "dump"):
                return json_reply(self.store.dump())
            case ("GET", "traffic"):
                return json_reply(list(self.traffic))
            case ("GET", "settings"):
                shown = asdict(self.store.settings)
                del shown["secret_key"]
                return json_reply(shown | {"now": self.store.clock.now()})
            case ("POST", "reset"):
                self.store.database.clear()
                self.faults.set([])
                self.requests.clear()
                self.traffic.clear()
                self.bytes_received = 0
            case ("POST", "advance"):
                self.store.clock.advance(float(call.json()["seconds"]))
            case ("POST", "merge"):
                self.store.merge()
            case ("GET", "faults"):
                pass
            case ("POST", "faults"):
                try:
                    self.faults.set(parse_rules(call.json()))
                except ValueError as error:
                    return json_reply({"message": str(error)}, 422)
            case ("DELETE", "faults"):
                self.faults.set([])
            case _:
                return json_reply({"message": f"no such command: {' '.join(command)}"}, 404)
        return json_reply({"faults": self.faults.report()})


async def _hang_up(connection: Any, close: Callable[[], None]) -> None:
    """Close, and wait for it: uvicorn reports an unfinished answer only while there is a connection."""
    close()
    for _ in range(1000):
        await asyncio.sleep(0.001)
        if connection.cycle.disconnected:
            return


def _with_params(call: Call, params: dict[str, str]) -> Call:
    return replace(call, params=params)


def _web_application(call: Call) -> Reply:
    if call.path == "/api/auth/csrf":
        return json_reply({"csrfToken": os.urandom(32).hex()})
    return html_page(200 if call.path in ("/", "/auth/sign-in") else 404)


def _json_or_none(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _spans_or_none(call: Call) -> list[dict[str, Any]] | None:
    if not call.path.endswith("/otel/v1/traces"):
        return None
    try:
        spans = otlp.decode(call.inflated(), call.headers.get("content-type", ""))
        return [{"name": span.name, "attributes": span.attributes} for span in spans]
    except (otlp.NotOtlp, Refusal):
        return None


async def _read(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _head(reply: Reply) -> Message:
    headers = [(b"content-length", str(len(reply.body)).encode())]
    if reply.content_type is not None:
        headers.append((b"content-type", reply.content_type.encode()))
    headers.extend((name.encode(), value.encode()) for name, value in reply.headers.items())
    return {"type": "http.response.start", "status": reply.status, "headers": headers}


async def _send(send: Send, reply: Reply) -> None:
    await send(_head(reply))
    await send({"type": "http.response.body", "body": reply.body})


async def _send_half(send: Send, reply: Reply) -> None:
    """The whole head, so that the client knows how much is missing."""
    await send(_head(reply))
    await send({"type": "http.response.body", "body": reply.body[: len(reply.body) // 2], "more_body": True})
