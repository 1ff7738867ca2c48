"""One call of a service: the request, its response, and the observation that says what happened."""

import json
import time
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import anyio

from evalspec.kinds.http.checking import origin_of, statuses
from evalspec.kinds.http.requests import Prepared, RequestTemplate
from evalspec.kinds.http.responses import Extractor, text_in
from evalspec.kinds.http.secrets import Secrets
from evalspec.kinds.http.streams import Event, EventExtractor, EventReader, StreamFormat, joined
from evalspec.kinds.loading import Loading
from evalspec.kinds.outside import MAX_RESPONSE, CallFailed
from evalspec.kinds.tracing import Recording, observe

if TYPE_CHECKING:
    import httpx

    from evalspec.kinds.http.transport import Transport

__all__ = ["HttpCaller"]

LONGEST_SECONDS: Final = 600
"""How long a request may take in all where no `timeout` says it. A server that sends a byte now and then is
never silent for long enough."""
_VERSION_SECONDS: Final = 30
_HEAD: Final = 1000
"""Characters of a response that an observation keeps."""


class HttpCaller:
    """Asks the service that a section's fields name, one request for each subject.

    `names` are those that its templates may use. Raises UsageError where a variable with a secret is not
    set. To be closed with `aclose`.
    """

    def __init__(self, fields: Mapping[str, Any], names: Collection[str], loading: Loading) -> None:
        self._fields = fields
        self._secrets = Secrets(fields.get("headers_env", {}), loading.environ)
        self._template = RequestTemplate(fields, names)
        self._expected = statuses(fields["expect_status"])
        self._stream: StreamFormat | None = fields.get("stream")
        extract = fields.get("extract")
        self._extract = Extractor(None if self._stream else extract)
        self._extract_event = EventExtractor(extract if self._stream else None)
        self._host = urlsplit(origin_of(fields["url"])).netloc
        self._transport: Transport | None = None
        self._seconds = LONGEST_SECONDS if loading.timeout is None else None

    async def ask(self, scope: Mapping[str, Any]) -> Any:
        """The result for this data. Raises CallFailed."""
        prepared = self._template.render(scope)
        shown = {"method": prepared.method, "url": self._secrets.removed(prepared.url)}
        with observe(f"{prepared.method} {self._host}", input=shown) as recording:
            try:
                with _limit(self._seconds, f"{prepared.method} {shown['url']}"):
                    return await self._answer(prepared, recording)
            except CallFailed as error:
                recording.status_message = f"{error.kind}: {error}"
                if error.status_code is not None:
                    recording.metadata["status"] = error.status_code
                raise

    async def _answer(self, prepared: Prepared, recording: Recording) -> Any:
        async with self._open().send(prepared, self._expected) as response:
            recording.metadata["status"] = response.status_code
            if self._stream is not None:
                return await self._streamed(response, self._stream, recording)
            text = await self._text(response)
            recording.output = _head(text)
            return self._extract(response.status_code, self._headers(response), text)

    async def version(self) -> str | None:
        """Which version of the service answers now; None where the section does not say how to ask.

        Raises CallFailed.
        """
        asked = self._fields.get("version")
        if asked is None:
            return None
        url = (
            asked["url"]
            if not asked["url"].startswith("/")
            else origin_of(self._fields["url"]) + asked["url"]
        )
        headers = {name: value for name, value in self._template.headers.items() if name != "content-type"}
        prepared = Prepared("GET", url, headers)
        with _limit(_VERSION_SECONDS, f"GET {url}"):
            async with self._open().send(prepared, [range(200, 300)]) as response:
                text = await self._text(response)
        extract = Extractor(asked.get("extract"))
        return _version_text(extract(response.status_code, self._headers(response), text))

    async def aclose(self) -> None:
        """Close all connections."""
        if self._transport is not None:
            await self._transport.aclose()

    def _open(self) -> "Transport":
        if self._transport is None:
            from evalspec.kinds.http.transport import Transport

            self._transport = Transport(
                self._secrets, follow_redirects=self._fields.get("follow_redirects", False)
            )
        return self._transport

    def _headers(self, response: "httpx.Response") -> dict[str, str]:
        return {name.lower(): self._secrets.removed(value) for name, value in response.headers.items()}

    async def _text(self, response: "httpx.Response") -> str | None:
        body = bytearray()
        async for piece in response.aiter_bytes():
            body += piece
            _check_size(len(body))
        text = text_in(bytes(body), response.charset_encoding)
        return None if text is None else self._secrets.removed(text)

    async def _streamed(self, response: "httpx.Response", form: StreamFormat, recording: Recording) -> Any:
        until = self._fields.get("until")
        values: list[Any] = []
        async with aclosing(self._events(response, form)) as events:
            async for event in events:
                if until is not None and event.data == until:
                    break
                value = self._extract_event(event)
                if value is None or value == "":
                    continue
                if recording.completion_start_ns is None:
                    recording.completion_start_ns = time.time_ns()
                values.append(value)
            else:
                if until is not None:
                    message = f"the stream ended before `{until}`"
                    raise CallFailed("incomplete_stream", message, outage=True, passing=True)
        result = joined(values)
        recording.output = _head(result if isinstance(result, str) else None)
        recording.metadata["events"] = len(values)
        return result

    async def _events(self, response: "httpx.Response", form: StreamFormat) -> AsyncGenerator[Event, None]:
        reader = EventReader(form)
        size = 0
        async for piece in response.aiter_bytes():
            size += len(piece)
            _check_size(size)
            for event in reader.feed(piece):
                yield self._clean(event)
        for event in reader.finish():
            yield self._clean(event)

    def _clean(self, event: Event) -> Event:
        removed = self._secrets.removed
        return Event(removed(event.data), removed(event.type), removed(event.id))


@contextmanager
def _limit(seconds: float | None, what: str) -> Iterator[None]:
    """Ends what takes longer. Raises CallFailed `timeout`."""
    try:
        with anyio.fail_after(seconds):
            yield
    except TimeoutError:
        message = f"{what}: no answer within {seconds:g} seconds"
        raise CallFailed("timeout", message, outage=True, passing=True) from None


def _check_size(size: int) -> None:
    if size > MAX_RESPONSE:
        raise CallFailed("too_large", f"the response has more than {MAX_RESPONSE:,} bytes")


def _head(text: str | None) -> str | None:
    if text is None or len(text) <= _HEAD:
        return text
    return f"{text[: _HEAD - 1]}…"


def _version_text(found: Any) -> str:
    text = found if isinstance(found, str) else json.dumps(found, sort_keys=True)
    if not text.strip() or found is None:
        raise CallFailed("missing_version", "the service says no version")
    return " ".join(text.split())[:_HEAD]
