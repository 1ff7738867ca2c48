"""What goes wrong when something outside of this process is asked: a service, a program."""

import json
from typing import Any, Final, NoReturn

__all__ = ["MAX_RESPONSE", "CallFailed", "parse_json"]

MAX_RESPONSE: Final = 10_000_000
"""Bytes of an answer, at most; what is more is refused, not cut."""


class CallFailed(Exception):
    """Something outside of this process gave no usable answer.

    `kind` is a stable name, such as `http_status` or `exit_status`. `status_code` is the HTTP status where
    there is one, `retry_after` what a server said about when to come back, as it stood in the header.
    `outage` says that whoever was asked did not serve, so that the failure is none of the subject's, and
    `passing` that the same call may succeed later.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        status_code: int | None = None,
        retry_after: str | None = None,
        outage: bool = False,
        passing: bool = False,
    ) -> None:
        self.kind = kind
        self.status_code = status_code
        self.retry_after = retry_after
        self.outage = outage
        self.passing = passing
        super().__init__(message)


def parse_json(text: str, what: str) -> Any:
    """The JSON tree in a text. CallFailed `invalid_json`."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise CallFailed("invalid_json", f"{what} is nested too deeply") from None
    except ValueError as error:
        reason = f"{error}" if text.strip() else "it is empty"
        raise CallFailed("invalid_json", f"{what} is not JSON: {reason}") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
