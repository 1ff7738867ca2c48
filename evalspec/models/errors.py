"""What can go wrong with a model, as one exception with a stable kind."""

from typing import Final, Literal, TypeAlias

from evalspec.diagnostics.errors import EvalspecError
from evalspec.models.messages import Usage

__all__ = ["ErrorKind", "ModelError"]

ErrorKind: TypeAlias = Literal[
    "missing_extra",
    "missing_key",
    "unknown_provider",
    "connection",
    "timeout",
    "rate_limited",
    "server_error",
    "refused",
    "malformed",
    "wrong_schema",
    "truncated",
    "too_large",
    "content_filter",
    "budget_exceeded",
    "no_rule",
    "unsupported",
]

_OUTAGES: Final = frozenset({"connection", "timeout", "rate_limited", "server_error"})


class ModelError(EvalspecError):
    """A model gave no usable answer.

    `kind` is stable: `missing_extra`, `missing_key` and `unknown_provider` (it cannot be asked here);
    `connection`, `timeout`, `rate_limited` and `server_error` (nobody answered); `refused` (another 4xx);
    `malformed` (an answer that cannot be parsed), `wrong_schema` (it does not follow the schema, after all
    repairs), `truncated` (a stream or an answer was cut off), `too_large` (more than 64 MB),
    `content_filter`; `budget_exceeded`; `no_rule`
    (of `embedded:rules`); `unsupported` (the call asks for what this model cannot do).

    `status_code` is the HTTP status, `retry_after` the seconds the provider asked to wait. `outage` says
    that the provider is to blame and not what was asked, so that such a failure is none of the subject's.
    `attempts` is the number of requests that were made, `usage` and `cost` what those used that were
    answered; the cost is None where a price is not known.
    """

    exit_code = 5

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        status_code: int | None = None,
        retry_after: float | None = None,
        outage: bool | None = None,
    ) -> None:
        self.kind: ErrorKind = kind
        self.message = message
        self.status_code = status_code
        self.retry_after = retry_after
        self.outage = kind in _OUTAGES if outage is None else outage
        self.attempts = 0
        self.usage = Usage()
        self.cost: float | None = 0.0
        super().__init__(message)
