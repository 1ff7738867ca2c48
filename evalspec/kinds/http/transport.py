"""Sending requests: one pool of connections for a run, and every way to fail as CallFailed. Imports httpx."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import anyio
import httpx

from evalspec.kinds.http.requests import Prepared
from evalspec.kinds.http.secrets import Secrets
from evalspec.kinds.outside import CallFailed

__all__ = ["Transport"]

_MAX_REDIRECTS: Final = 10
_SHOWN: Final = 300
"""Characters of a response in a message."""
_HEAD_BYTES: Final = 4096
_REFUSAL_SECONDS: Final = 10
"""How long what a refusal says is waited for."""
_PASSING: Final = frozenset({408, 409, 425, 429})
_TOO_MANY_REQUESTS: Final = 429
_SERVER_ERRORS: Final = range(500, 600)

# A time limit for the whole call is the caller's. These end what is silent for longer than anything takes.
_TIMEOUT: Final = httpx.Timeout(connect=30.0, read=600.0, write=60.0, pool=None)
# As many calls are under way as the run has concurrency, so there are never more connections than that.
_LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=None)


class Transport:
    """The way to a service, to be closed with `aclose`. Nothing is connected before something is sent."""

    def __init__(self, secrets: Secrets, *, follow_redirects: bool) -> None:
        self._secrets = secrets
        self._follow_redirects = follow_redirects
        self._client: httpx.AsyncClient | None = None

    async def aclose(self) -> None:
        """Close all connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    @asynccontextmanager
    async def send(self, prepared: Prepared, expected: Iterable[range]) -> AsyncIterator[httpx.Response]:
        """The response to a request, its body not read yet; what goes wrong while it is read is said here.

        Raises CallFailed: `http_status` for a status that is not `expected`, `connection_failed`, `timeout`,
        `invalid_request`, `invalid_response`, `too_many_redirects`.
        """
        what = f"{prepared.method} {self._secrets.removed(prepared.url)}"
        try:
            response = await self._response(prepared, what)
            try:
                if not any(response.status_code in statuses for statuses in expected):
                    raise await self._refusal(response, what)
                yield response
            finally:
                await response.aclose()
        except httpx.TimeoutException as error:
            message = f"{what}: no answer in time ({type(error).__name__})"
            raise CallFailed("timeout", message, outage=True, passing=True) from None
        except (httpx.LocalProtocolError, httpx.InvalidURL) as error:
            raise CallFailed("invalid_request", f"{what}: {self._secrets.removed(str(error))}") from None
        except (httpx.DecodingError, httpx.UnsupportedProtocol) as error:
            raise CallFailed("invalid_response", f"{what}: {self._secrets.removed(str(error))}") from None
        except httpx.TransportError as error:
            said = self._secrets.removed(str(error)) or type(error).__name__
            raise CallFailed("connection_failed", f"{what}: {said}", outage=True, passing=True) from None

    async def _response(self, prepared: Prepared, what: str) -> httpx.Response:
        client = self._open()
        headers = {**prepared.headers, **self._secrets.headers}
        request = client.build_request(
            prepared.method, prepared.url, headers=headers, content=prepared.content
        )
        origin = _origin(request.url)
        for _ in range(_MAX_REDIRECTS):
            response = await client.send(request, stream=True)
            if "," in response.headers.get("content-encoding", ""):
                # One in another: a few bytes that become gigabytes before anybody can count them.
                await response.aclose()
                raise CallFailed("invalid_response", f"{what}: the response is compressed more than once")
            if not self._follow_redirects or response.next_request is None:
                return response
            await response.aclose()
            request = response.next_request
            if _origin(request.url) != origin:
                for name in self._secrets.headers:
                    request.headers.pop(name, None)
        raise CallFailed("too_many_redirects", f"{what}: more than {_MAX_REDIRECTS} redirects")

    async def _refusal(self, response: httpx.Response, what: str) -> CallFailed:
        head = b""
        # What the body says is not worth losing the status for, should it break off.
        with suppress(httpx.HTTPError), anyio.move_on_after(_REFUSAL_SECONDS):
            async for chunk in response.aiter_bytes():
                head += chunk
                if len(head) >= _HEAD_BYTES:
                    break
        said = " ".join(self._secrets.removed(head.decode("utf-8", "replace")).split())[:_SHOWN]
        status = response.status_code
        reason = self._secrets.removed(response.reason_phrase)
        message = f"{what}: HTTP {status} {reason}".rstrip()
        return CallFailed(
            "http_status",
            f"{message}: {said}" if said else message,
            status_code=status,
            retry_after=response.headers.get("retry-after"),
            outage=status == _TOO_MANY_REQUESTS or status in _SERVER_ERRORS,
            passing=status in _PASSING or status in _SERVER_ERRORS,
        )

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            # What a server sets for one item must not come back with the next.
            no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
            self._client = httpx.AsyncClient(timeout=_TIMEOUT, limits=_LIMITS, cookies=no_cookies)
        return self._client


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
