"""Connections to a server within an event loop."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from evalspec.langfuse_io.client import (
    API,
    TRIES,
    Answer,
    answer_of,
    body_headers,
    http_options,
    no_answer,
    object_of,
    pause_before,
)
from evalspec.langfuse_io.settings import LangfuseSettings


class Lines:
    """Connections to a server, as many as requests may be on their way at the same time.

    A client of httpx looks through all its connections several times per request, so each has just one.
    """

    def __init__(
        self, settings: LangfuseSettings, count: int, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.problem: str | None = None
        """What is wrong right now, if anything."""
        self._settings = settings
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        options = http_options(settings)
        self._all = [httpx.AsyncClient(limits=limits, transport=transport, **options) for _ in range(count)]
        # The last one that came back is the first to go: its connection is the least likely to be closed.
        self._free: asyncio.LifoQueue[httpx.AsyncClient] = asyncio.LifoQueue()
        for client in self._all:
            self._free.put_nowait(client)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        gzip: bool = False,
    ) -> Answer:
        """The answer to one request over a free line, without repetition; waits until one is free.

        `body` is JSON, already compressed where `gzip` says so.
        """
        client = await self._free.get()
        try:
            response = await client.request(
                method, API + path, params=params, content=body, headers=body_headers(body, gzip)
            )
            answer = answer_of(response)
        except httpx.HTTPError as error:
            answer = no_answer(error, self._settings)
        finally:
            self._free.put_nowait(client)
        self.problem = answer.explanation() if answer.worth_repeating else None
        return answer

    async def get(self, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The object that the server answers to a GET, which is repeated a few times.

        Raises ServiceUnreachable when the server stays busy or broken, LangfuseRefused when it says no.
        """
        attempt = 0
        while True:
            answer = await self.ask("GET", path, params=params)
            attempt += 1
            if not answer.worth_repeating or attempt == TRIES:
                return object_of(answer, self._settings)
            await asyncio.sleep(pause_before(attempt, answer.retry_after))

    async def close(self) -> None:
        """Close them all."""
        for client in self._all:
            await client.aclose()
