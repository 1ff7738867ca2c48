"""What user code raised, as failures; which of them a provider is to blame for, and which are worth another
try.

Errors of clients are known by their names and attributes, so that none of the clients has to be there.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from evalspec.evaluators.base import EvaluationError
from evalspec.journal.records import Failure
from evalspec.kinds.outside import CallFailed
from evalspec.kinds.wording import message_of
from evalspec.models.errors import ModelError
from evalspec.tasks.base import PartFailed, TaskError

_MAX_CAUSES = 5
_FIRST_SERVER_ERROR = 500
_LAST_SERVER_ERROR = 599
_TOO_MANY_REQUESTS = 429
_PASSING_REFUSALS = frozenset({408, 409, 425, _TOO_MANY_REQUESTS})

# Connections that fail or time out: httpx, requests, aiohttp, urllib3; openai, anthropic and their like;
# grpc.
_OUTAGE_NAMES = frozenset(
    {
        "APIConnectionError",
        "APITimeoutError",
        "ClientConnectionError",
        "ConnectError",
        "ConnectTimeout",
        "ConnectTimeoutError",
        "DeadlineExceeded",
        "EndpointConnectionError",
        "InternalServerError",
        "NetworkError",
        "OverloadedError",
        "PoolTimeout",
        "RateLimitError",
        "ReadError",
        "ReadTimeout",
        "ReadTimeoutError",
        "RemoteProtocolError",
        "ResourceExhausted",
        "ServerTimeoutError",
        "ServiceUnavailable",
        "ServiceUnavailableError",
        "ThrottlingException",
        "TooManyRequests",
        "WriteError",
        "WriteTimeout",
    }
)


def failure_of(error: BaseException) -> Failure:
    """The failure that an exception is."""
    if isinstance(error, PartFailed):
        return replace(failure_of(error.cause), message=message_of(error), outage=is_outage(error))
    known = TaskError | EvaluationError | ModelError | CallFailed
    kind = error.kind if isinstance(error, known) else "exception"
    return Failure(kind, type(error).__name__, message_of(error), is_outage(error))


def timeout_failure(seconds: float, *, abandoned: bool = False) -> Failure:
    """The failure of a call that took too long; an abandoned one goes on in its thread."""
    more = "; its thread cannot be stopped and was abandoned" if abandoned else ""
    return Failure("timeout", "TimeoutError", f"no result within {seconds:g} s{more}")


def is_outage(error: BaseException) -> bool:
    """Whether a provider failed to serve, rather than the subject to answer."""
    if isinstance(error, ModelError | CallFailed):
        return error.outage
    if isinstance(error, PartFailed):
        return error.instrument or is_outage(error.cause)
    for cause in _causes(error):
        status = status_code_of(cause)
        if status is not None:
            return status == _TOO_MANY_REQUESTS or _FIRST_SERVER_ERROR <= status <= _LAST_SERVER_ERROR
        if isinstance(cause, ConnectionError):
            return True
        if any(base.__name__ in _OUTAGE_NAMES for base in type(cause).__mro__):
            return True
    return False


def is_worth_another_try(error: BaseException) -> bool:
    """Whether the same call may succeed later.

    Anything may that user code raises, except what says itself that it will not: refusals by a server (4xx),
    reasons that a kind gives, exhaustion of memory or stack, and what is meant to end a program.
    """
    if isinstance(error, PartFailed):
        return is_worth_another_try(error.cause)
    if not isinstance(error, Exception) or isinstance(
        error, TaskError | EvaluationError | MemoryError | RecursionError
    ):
        return False
    if isinstance(error, ModelError):
        # The client has asked again itself, as often as it makes sense within a call.
        return error.outage
    if isinstance(error, CallFailed):
        return error.passing
    status = status_code_of(error)
    return status is None or not 400 <= status < _FIRST_SERVER_ERROR or status in _PASSING_REFUSALS


def status_code_of(error: BaseException) -> int | None:
    """The HTTP status of a client's exception."""
    for holder in (error, _attribute(error, "response")):
        status = _attribute(holder, "status_code")
        if isinstance(status, int) and not isinstance(status, bool):
            return status
    return None


def _attribute(holder: Any, name: str) -> Any:
    try:
        return getattr(holder, name, None)
    except Exception:  # noqa: BLE001 - some clients raise on reading a property of an error without a response
        return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and what it was raised from."""
    cause: BaseException | None = error
    for _ in range(_MAX_CAUSES):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
