"""HTTP to a Langfuse server: one request, what became of it, and when to ask again.

`SyncClient` asks a few times and then raises, for commands that need an answer now; the publisher has its
own way of asking.
"""

import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from evalspec.diagnostics.errors import ServiceRefused, ServiceUnreachable
from evalspec.langfuse_io.settings import LangfuseSettings

API = "/api/public"
INGESTION_VERSION = "4"
SDK_VERSION = "5.0.4"
"""The SDK whose wire format is spoken here; the server decides by it how spans are read."""

TRIES = 5
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 4.0
_MESSAGE_LENGTH = 500
_NAP = 0.2


class LangfuseRefused(ServiceRefused):
    """The server answered and said no. `status` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        self.status = status
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: an HTTP status with a body, or (`status` 0) the reason why nothing did.

    `retry_after` is the number of seconds the server asked to wait, `date` the time on the server's clock.
    """

    status: int
    body: bytes = b""
    reason: str = ""
    retry_after: float | None = None
    date: datetime | None = None

    @property
    def fine(self) -> bool:
        """Whether the server accepted the request, at least in parts (207)."""
        return 200 <= self.status < 300

    @property
    def worth_repeating(self) -> bool:
        """Whether the same request may succeed later: nothing came back, the server is busy, or it is
        broken."""
        return self.status == 0 or self.status in (408, 425, 429) or self.status >= 500

    @property
    def keys_refused(self) -> bool:
        """Whether the keys are wrong or may not do this."""
        return self.status in (401, 403)

    def json(self) -> Any:
        """The body as a tree; None where it is not JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    def explanation(self) -> str:
        """One line that says what the server said."""
        if self.status == 0:
            return self.reason
        said = _server_message(self.json(), self.body)
        return f"HTTP {self.status}: {said}" if said else f"HTTP {self.status}"


def _server_message(content: Any, body: bytes) -> str:
    """The server's own words, from the shapes its error bodies have."""
    if isinstance(content, dict):
        message = str(content.get("message") or "")
        error = content.get("error")
        if isinstance(error, list):
            issues = [
                f"{'.'.join(str(part) for part in issue.get('path') or ())}: {issue.get('message')}".lstrip(
                    ": "
                )
                for issue in error
                if isinstance(issue, dict)
            ]
            message = "; ".join(dict.fromkeys([message, *issues]))
        elif isinstance(error, str) and error and " " in error:
            message = error
    elif isinstance(content, str):
        message = content
    else:
        message = (
            body[:_MESSAGE_LENGTH].decode("utf-8", "replace") if body[:1] not in (b"<", b"{", b"[") else ""
        )
    return " ".join(message.split())[:_MESSAGE_LENGTH]


def pause_before(attempt: int, retry_after: float | None = None) -> float:
    """Seconds to wait before attempt number `attempt` (the first repetition is 1).

    Exponential with full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/),
    and never before the server wants to be asked again.
    """
    ceiling = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1))
    pause = random.uniform(ceiling / 4, ceiling)
    return pause if retry_after is None else max(pause, retry_after)


def http_headers() -> dict[str, str]:
    """Headers of every request."""
    return {
        "x-langfuse-sdk-name": "python",
        "x-langfuse-sdk-version": SDK_VERSION,
        "x-langfuse-ingestion-version": INGESTION_VERSION,
        "accept": "application/json",
    }


def http_options(settings: LangfuseSettings) -> dict[str, Any]:
    """Options that httpx's two clients take; proxies and certificates come from the environment as httpx
    reads it."""
    return {
        "base_url": settings.base_url,
        "auth": httpx.BasicAuth(settings.public_key, settings.secret_key),
        "headers": http_headers(),
        "timeout": httpx.Timeout(settings.timeout, connect=min(5.0, settings.timeout)),
        "follow_redirects": False,
        # Reading the certificates takes longer than many a request.
        "verify": _tls() if settings.base_url.startswith("https:") else False,
    }


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def answer_of(response: httpx.Response) -> Answer:
    """The parts of a response that matter here."""
    return Answer(
        response.status_code,
        response.content,
        retry_after=_retry_after(response.headers),
        date=_http_date(response.headers.get("date")),
    )


def no_answer(error: httpx.HTTPError, settings: LangfuseSettings) -> Answer:
    """An answer that says why there is none; it names the host and no more of the address."""
    if isinstance(error, httpx.TimeoutException):
        reason = f"{settings.host} did not answer within {settings.timeout:g} s"
    elif isinstance(error, httpx.ConnectError):
        reason = f"cannot connect to {settings.host}"
    else:
        reason = f"the connection to {settings.host} failed ({type(error).__name__})"
    return Answer(0, reason=reason)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """RFC 9110, section 10.2.3: seconds or a date."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        moment = _http_date(text)
    return None if moment is None else max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _http_date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def body_headers(body: bytes | None, gzip: bool) -> dict[str, str]:
    """Headers that say what a body is."""
    if body is None:
        return {}
    headers = {"content-type": "application/json"}
    return headers | {"content-encoding": "gzip"} if gzip else headers


class SyncClient:
    """Requests that are repeated a few times and then raise.

    ServiceUnreachable when nothing answers or the server stays broken, LangfuseRefused when it says no. Once
    `time_is_up` nothing is asked or repeated any more.
    """

    def __init__(
        self,
        settings: LangfuseSettings,
        tries: int = TRIES,
        time_is_up: Callable[[], bool] = lambda: False,
    ) -> None:
        self.settings = settings
        self._tries = tries
        self._time_is_up = time_is_up
        self._http = httpx.Client(**http_options(settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def ask(
        self, method: str, path: str, params: Mapping[str, Any] | None = None, content: Any = None
    ) -> Answer:
        """The answer to a request, repeated while that is worth it; a refusal is an answer like others."""
        body = None if content is None else orjson.dumps(content)
        answer = self._once(method, path, params, body)
        for attempt in range(1, self._tries):
            if not answer.worth_repeating or not self._wait(pause_before(attempt, answer.retry_after)):
                break
            answer = self._once(method, path, params, body)
        return answer

    def _wait(self, seconds: float) -> bool:
        """Wait; False when time is up before."""
        while seconds > 0 and not self._time_is_up():
            time.sleep(min(seconds, _NAP))
            seconds -= _NAP
        return not self._time_is_up()

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The object that the server answers to a GET."""
        return object_of(self.ask("GET", path, params), self.settings)

    def post(self, path: str, content: Any) -> dict[str, Any]:
        """The object that the server answers to a POST of a tree."""
        return object_of(self.ask("POST", path, content=content), self.settings)

    def accepted(self, answer: Answer) -> Answer:
        """`answer` if the server accepted the request; raises otherwise."""
        return accepted(answer, self.settings)

    def _once(self, method: str, path: str, params: Mapping[str, Any] | None, body: bytes | None) -> Answer:
        if self._time_is_up():
            return Answer(0, reason=f"time was up before {self.settings.host} was asked")
        try:
            response = self._http.request(
                method, API + path, params=params, content=body, headers=body_headers(body, False)
            )
        except httpx.HTTPError as error:
            return no_answer(error, self.settings)
        return answer_of(response)


def accepted(answer: Answer, settings: LangfuseSettings) -> Answer:
    """`answer` if the server accepted the request.

    Raises ServiceUnreachable where the same request may succeed later, LangfuseRefused where it will not.
    """
    if answer.fine:
        return answer
    if answer.worth_repeating:
        raise ServiceUnreachable(f"Langfuse is not available: {answer.explanation()}")
    raise refusal(answer, settings)


def object_of(answer: Answer, settings: LangfuseSettings) -> dict[str, Any]:
    """The object that the server answered. Raises as `accepted` does."""
    content = accepted(answer, settings).json()
    if not isinstance(content, dict):
        raise LangfuseRefused(f"{settings.host} does not answer as a Langfuse server does", answer.status)
    return content


def refusal(answer: Answer, settings: LangfuseSettings) -> LangfuseRefused:
    """The exception for an answer that says no."""
    if answer.keys_refused:
        return LangfuseRefused(
            f"{settings.host} refused the keys in LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY "
            f"({answer.explanation()})",
            answer.status,
        )
    return LangfuseRefused(f"{settings.host} refused the request: {answer.explanation()}", answer.status)
