"""Listening on loopback, with a listener that can be made to refuse connections.

uvicorn's protocol does HTTP; its server object is not used, because it cannot stop listening and begin again.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from tests.emulator.app import Application

BACKLOG = 2048


class Server:
    """Serves `application` on `port` and, for the admin endpoints during a refusal, on a second port."""

    def __init__(self, application: Application, host: str = "127.0.0.1", port: int = 0) -> None:
        self._application = application
        self._host = host
        self._config = Config(
            application, lifespan="off", log_config=None, access_log=False, timeout_keep_alive=600
        )
        self._config.load()
        self._state = ServerState()
        self._admin_state = ServerState()
        self._socket = self._bound(port)
        self._admin_socket = self._bound(0)
        self._listener: asyncio.Server | None = None
        self._admin_listener: asyncio.Server | None = None
        self._reopening: asyncio.Task[None] | None = None
        self.port: int = self._socket.getsockname()[1]
        self.base_url = f"http://{host}:{self.port}"
        self.admin_url = f"http://{host}:{self._admin_socket.getsockname()[1]}"

    def _bound(self, port: int) -> socket.socket:
        """A socket that holds the port without listening: connecting to it is refused."""
        # The protocol is named because asyncio turns Nagle's algorithm off only where it is; otherwise every
        # answer would wait 40 ms for an acknowledgement.
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((self._host, port))
        return bound

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._admin_listener = await loop.create_server(
            lambda: self._connection(self._admin_state), sock=self._admin_socket, backlog=BACKLOG
        )
        await self._listen()
        self._application.faults.on_refuse = self.refuse
        self._application.faults.on_accept = self.accept

    async def stop(self) -> None:
        if self._reopening is not None:
            self._reopening.cancel()
        for listener in (self._listener, self._admin_listener):
            if listener is not None:
                listener.close()
        self._socket.close()
        tasks = [*self._state.tasks, *self._admin_state.tasks]
        for task in tasks:
            task.cancel()
        _abort_all(self._state)
        _abort_all(self._admin_state)
        await asyncio.gather(*tasks, return_exceptions=True)

    def refuse(self, seconds: float | None) -> None:
        """Refuse connections and drop those there are, for `seconds` or until `accept`."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            self._socket = self._bound(self.port)
        _abort_all(self._state)
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None
        if seconds is not None:
            self._reopening = asyncio.get_running_loop().create_task(self._accept_after(seconds))

    def accept(self) -> None:
        """Listen again, if connections are being refused."""
        if self._listener is None:
            if self._reopening is not None:
                self._reopening.cancel()
            self._reopening = asyncio.get_running_loop().create_task(self._accept_after(0))

    async def _accept_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._reopening = None
        await self._listen()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            lambda: self._connection(self._state), sock=self._socket, backlog=BACKLOG
        )

    def _connection(self, state: ServerState) -> H11Protocol:
        app_state: dict[str, Any] = {}
        protocol = H11Protocol(self._config, state, app_state)
        # A fault reaches the connection of its request through the ASGI scope.
        app_state["connection"] = protocol
        return protocol


def _abort_all(state: ServerState) -> None:
    for connection in list(state.connections):
        transport = getattr(connection, "transport", None)
        if transport is not None:
            transport.abort()


async def serve(server: Server, stopping: asyncio.Event) -> None:
    """Serve until `stopping` is set. The server must have been started."""
    try:
        await stopping.wait()
    finally:
        await server.stop()


@contextmanager
def served_in_thread(server: Server) -> Iterator[Server]:
    """Run `server` in a thread with a loop of its own."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    stopping = asyncio.Event()

    async def main() -> None:
        await server.start()
        ready.set()
        await serve(server, stopping)

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(main())

    thread = threading.Thread(target=run, name="emulator", daemon=True)
    thread.start()
    try:
        if not ready.wait(10):
            raise RuntimeError("the emulator did not start")
        yield server
    finally:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stopping.set)
        thread.join(10)
        loop.close()
