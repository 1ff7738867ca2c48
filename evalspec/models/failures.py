"""What pydantic-ai raises, as a ModelError. Imports pydantic-ai."""

from collections.abc import Mapping
from typing import Any

from pydantic_ai import exceptions as ai

from evalspec.models.answer_size import too_large
from evalspec.models.errors import ErrorKind, ModelError
from evalspec.models.secrets import Redactor

__all__ = ["model_error", "schema_refused"]


def model_error(error: Exception, redact: Redactor, *, streaming: bool = False) -> ModelError:
    """The ModelError for what a request raised; `streaming` says that a stream had been opened.

    Messages are the provider's own words where it said something, without what is secret.
    """
    if large := too_large(error):
        return ModelError("too_large", str(large))
    kind, outage = _kind_of(error, streaming)
    return ModelError(
        kind,
        redact(_said_by(error)),
        status_code=getattr(error, "status_code", None),
        retry_after=getattr(error, "retry_after", None),
        outage=outage,
    )


def schema_refused(error: Exception) -> bool:
    """Whether a provider refused a request for the schema of its answer, and not for anything else."""
    if not isinstance(error, ai.ModelRequestRejectedError):
        return False
    special = ai.ModelContextWindowExceededError | ai.ModelAuthenticationError | ai.ModelNotFoundError
    said = _said_by(error).lower()
    return not isinstance(error, special) and any(
        word in said for word in ("schema", "response_format", "structured")
    )


def _kind_of(error: Exception, streaming: bool) -> tuple[ErrorKind, bool | None]:
    """The kind of a failure, and whether it is an outage where the kind does not say."""
    match error:
        case ai.ModelQuotaExceededError():
            # Waiting does not help, but neither is the subject to blame.
            return "refused", True
        case ai.ModelRateLimitError():
            return "rate_limited", None
        case ai.ModelUnavailableError() | ai.ModelServerError():
            return "server_error", None
        case ai.ModelTimeoutError() | ai.ModelRequestTimeout():
            return "timeout", None
        case ai.ModelConnectionError():
            return ("truncated", True) if streaming else ("connection", None)
        case ai.ContentFilterError():
            return "content_filter", None
        case ai.ModelHTTPError(status_code=status):
            return ("timeout", None) if status == 408 else ("refused", None)
        case ai.ModelRequestRejectedError():
            return "refused", None
        case ai.UserError():
            return "unsupported", None
        case ai.ModelAPIError() if streaming and error.__cause__ is None:
            # The stream ended before the model had said why it stopped.
            return "truncated", True
        case _:
            return "malformed", True


def _said_by(error: Exception) -> str:
    body: Any = getattr(error, "body", None)
    status = getattr(error, "status_code", None)
    said = _message_in(body) or (str(body) if isinstance(body, str) and body else "")
    if status is not None:
        return f"HTTP {status}: {said}" if said else f"HTTP {status}"
    cause = error.__cause__
    if said:
        return said
    text = getattr(error, "message", None) or str(error) or type(error).__name__
    detail = str(cause.__cause__ or cause) if cause is not None else ""
    return f"{text.rstrip('.')}: {detail}" if detail and detail.rstrip(".") not in text else text


def _message_in(body: Any) -> str:
    """The provider's words in the shapes that error bodies have."""
    if not isinstance(body, Mapping):
        return ""
    inner = body.get("error", body)
    if isinstance(inner, Mapping):
        return str(inner.get("message") or inner.get("detail") or "")
    return str(inner) if isinstance(inner, str) else str(body.get("message") or "")
