"""Failures: what they say, who is to blame, what is tried again and when."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from evalspec.evaluators.base import EvaluationError
from evalspec.kinds.outside import CallFailed
from evalspec.kinds.wording import MAX_MESSAGE
from evalspec.runner.failures import failure_of, is_outage, is_worth_another_try
from evalspec.runner.retrying import Backoff, retry_after_of
from evalspec.tasks.base import TaskError


class RateLimitError(Exception):
    """As clients of models name it."""

    def __init__(self, status_code: int = 429, headers: dict[str, str] | None = None) -> None:
        super().__init__("slow down")
        self.status_code = status_code
        self.response = httpx.Response(status_code, headers=headers)


def http_error(status: int, **headers: str) -> httpx.HTTPStatusError:
    request = httpx.Request("GET", "http://provider.test/")
    response = httpx.Response(status, headers=headers, request=request)
    return httpx.HTTPStatusError("no", request=request, response=response)


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "outage", "again"),
    [
        (ValueError("x"), False, True),
        (KeyError("x"), False, True),
        (ConnectionResetError(), True, True),
        (httpx.ConnectError("x"), True, True),
        (httpx.ReadTimeout("x"), True, True),
        (http_error(503), True, True),
        (http_error(429), True, True),
        (http_error(500), True, True),
        (http_error(408), False, True),
        (http_error(400), False, False),
        (http_error(401), False, False),
        (http_error(422), False, False),
        (RateLimitError(), True, True),
        (RateLimitError(400), False, False),
        (caused(RuntimeError("the model failed"), httpx.ConnectError("x")), True, True),
        (caused(RuntimeError("the model failed"), ValueError("x")), False, True),
        (TaskError("no_output", "x"), False, False),
        (EvaluationError("missing_key", "x"), False, False),
        (CallFailed("http_status", "x", status_code=503, outage=True, passing=True), True, True),
        (CallFailed("exit_status", "x", passing=True), False, True),
        (CallFailed("invalid_json", "x"), False, False),
        (RecursionError(), False, False),
        (MemoryError(), False, False),
        (SystemExit(1), False, False),
        (KeyboardInterrupt(), False, False),
    ],
)
def test_who_is_to_blame_and_what_is_tried_again(error: BaseException, outage: bool, again: bool) -> None:
    assert is_outage(error) is outage
    assert is_worth_another_try(error) is again


def test_messages_are_one_line_of_a_bounded_length() -> None:
    assert failure_of(ValueError("one\n  two\ud800")).message == "one two?"
    assert failure_of(ValueError()).message == "ValueError"
    long = failure_of(ValueError("x" * 10_000)).message
    assert len(long) == MAX_MESSAGE
    assert long.endswith("x…")


def test_errors_whose_text_cannot_be_had() -> None:
    class Bad(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

        @property
        def response(self) -> Any:
            raise RuntimeError("no response")

    assert failure_of(Bad()).message == "Bad"
    assert not is_outage(Bad())
    assert retry_after_of(Bad()) is None


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (ValueError(), None),
        (http_error(429), None),
        (http_error(429, **{"Retry-After": "7"}), 7.0),
        (http_error(429, **{"retry-after": "1.5"}), 1.5),
        (http_error(429, **{"Retry-After": "soon"}), None),
        (http_error(429, **{"Retry-After": "-3"}), 0.0),
        (http_error(429, **{"Retry-After": "nan"}), None),
        (RateLimitError(headers={"Retry-After": "2"}), 2.0),
    ],
)
def test_retry_after(error: BaseException, seconds: float | None) -> None:
    assert retry_after_of(error) == seconds


@pytest.mark.parametrize("value", [4, 4.0, "4", timedelta(seconds=4)])
def test_retry_after_as_an_attribute(value: Any) -> None:
    error = ValueError()
    error.retry_after = value  # type: ignore[attr-defined]  # as some clients have it
    assert retry_after_of(error) == 4.0


def test_retry_after_as_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    seconds = retry_after_of(http_error(503, **{"Retry-After": soon}))
    assert seconds is not None
    assert 90 < seconds <= 100
    assert retry_after_of(http_error(503, **{"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"})) == 0.0


def test_the_wait_grows_up_to_a_bound() -> None:
    backoff = Backoff(initial=0.5, maximum=3.0, jitter=0.0)
    assert [backoff.delay(n, None) for n in (1, 2, 3, 4, 50)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_the_wait_is_spread() -> None:
    backoff = Backoff(initial=0.0, jitter=1.0, rng=random.Random(7))
    waits = [backoff.delay(1, ValueError()) for _ in range(100)]
    assert len(set(waits)) == 100
    assert all(wait is not None and 0.0 <= wait <= 1.0 for wait in waits)


def test_a_server_is_not_asked_before_it_wants_to_be() -> None:
    backoff = Backoff(initial=0.1, jitter=1.0)
    for _ in range(20):
        wait = backoff.delay(1, http_error(429, **{"Retry-After": "20"}))
        assert wait is not None
        assert 20.0 <= wait <= 21.0
    assert backoff.delay(1, http_error(429, **{"Retry-After": "3600"})) is None
