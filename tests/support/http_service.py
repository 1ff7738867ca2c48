"""A service on the loopback interface that answers as a test says, also in ways that no server should."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request, as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """One response. `raw` is sent as it is, instead; `drip` is sent over and over, as a body without end."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    drip: bytes | None = None
    reset: bool = False


def as_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"content-type": "application/json", **(headers or {})})


def as_text(
    text: str,
    status: int = 200,
    kind: str = "text/plain; charset=utf-8",
    headers: Mapping[str, str] | None = None,
) -> Reply:
    return Reply(status, text.encode(), {"content-type": kind, **(headers or {})})


Answer = Callable[[Asked], Reply]


class Service:
    """A running service; `answer` may be changed at any time."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self.connections = 0
        self.open = 0
        """Connections that neither side has closed."""
        self.answer: Answer = lambda asked: as_json({"answer": "Paris"})
        self.stopping = threading.Event()

    def all_closed(self) -> bool:
        """Whether everybody closed their connections, now or soon."""
        for _ in range(1000):
            if self.open == 0:
                return True
            time.sleep(0.01)
        return False

    def script(self, *replies: Reply) -> None:
        """Give these, one after the other, and the last of them for ever."""
        rest = list(replies)
        self.answer = lambda asked: rest.pop(0) if len(rest) > 1 else rest[0]


@contextmanager
def http_service() -> Iterator[Service]:
    """A service in a thread of this process."""
    service: Service

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            service.connections += 1
            service.open += 1

        def finish(self) -> None:
            with suppress(OSError):
                super().finish()
            service.open -= 1

        def handle(self) -> None:
            with suppress(ConnectionError):
                super().handle()

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, body)
            service.asked.append(asked)
            self._send(service.answer(asked))

        def _send(self, reply: Reply) -> None:
            if reply.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RD)
                self.connection.close()
            elif reply.drip is not None:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
                self.close_connection = True
                with suppress(OSError):
                    while not service.stopping.wait(0.02):
                        self.wfile.write(reply.drip)
            elif reply.raw is not None:
                self.wfile.write(reply.raw)
                self.close_connection = True
            else:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.status not in (204, 304):
                    self.send_header("content-length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _do

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service = Service(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield service
    finally:
        service.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()
