"""Requests and replies as the handlers see them, and the server's ways of refusing."""

import base64
import binascii
import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

import orjson

from tests.emulator.settings import Contract

MEBIBYTE = 1024 * 1024
JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"
GONE_MESSAGE = (
    "This endpoint is not available on deployments running in Langfuse v4 events_only mode. "
    "Learn more about Langfuse v4 at: https://langfuse.com/docs/v4"
)


@dataclass(frozen=True)
class Reply:
    """`content_type` None sends no such header: the server's framework refuses bodies that way."""

    status: int
    body: bytes
    content_type: str | None = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """Raised by a handler to answer with something else than success."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def json_reply(content: object, status: int = 200) -> Reply:
    return Reply(status, orjson.dumps(content))


def html_page(status: int) -> Reply:
    """Where no endpoint is, the server's web application answers."""
    return Reply(status, b"<!DOCTYPE html><html><body>Langfuse</body></html>", HTML_TYPE)


def plain_refusal(status: int, text: str) -> Refusal:
    return Refusal(Reply(status, text.encode(), None))


def error_refusal(status: int, message: str, error: str) -> Refusal:
    return Refusal(json_reply({"message": message, "error": error}, status))


def not_found(message: str) -> Refusal:
    return error_refusal(404, message, "LangfuseNotFoundError")


def invalid(*issues: Mapping[str, Any]) -> Refusal:
    """The 400 of a request whose parameters or body do not fit, one issue each."""
    return Refusal(
        json_reply({"message": "Invalid request data", "error": [dict(issue) for issue in issues]}, 400)
    )


def too_big(path: str, maximum: int) -> dict[str, Any]:
    return {
        "origin": "number",
        "code": "too_big",
        "maximum": maximum,
        "inclusive": True,
        "path": [path],
        "message": f"Too big: expected number to be <={maximum}",
    }


def wrong_type(path: list[str | int], expected: str, received: str) -> dict[str, Any]:
    message = f"Invalid input: expected {expected}, received {received}"
    return {"expected": expected, "code": "invalid_type", "path": path, "message": message}


def custom_issue(path: list[str | int], message: str) -> dict[str, Any]:
    return {"code": "custom", "path": path, "message": message}


@dataclass(frozen=True)
class Call:
    """One request: decoded path segments in `params`, the last value of each query key in `query`."""

    method: str
    path: str
    params: Mapping[str, str]
    query_string: str
    headers: Mapping[str, str]
    body: bytes
    received: int
    contract: Contract

    @cached_property
    def query(self) -> dict[str, str]:
        parsed = parse_qs(self.query_string, keep_blank_values=True)
        return {key: values[-1] for key, values in parsed.items()}

    def json(self) -> Any:
        """The body. The server inflates nothing here: a compressed body is refused, as was measured."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise plain_refusal(400, "Invalid JSON") from None

    def inflated(self) -> bytes:
        """The body of an endpoint that does accept gzip."""
        if self.headers.get("content-encoding") != "gzip":
            return self.body
        try:
            return gzip.decompress(self.body)
        except (OSError, EOFError, zlib.error):
            raise Refusal(json_reply({"error": "Failed to decompress the request body"}, 400)) from None

    def number(self, name: str, default: int, maximum: int) -> int:
        text = self.query.get(name)
        if text is None or text == "":
            return default
        try:
            value = int(text)
        except ValueError:
            raise invalid(wrong_type([name], "number", "NaN")) from None
        if value > maximum:
            raise invalid(too_big(name, maximum))
        if value < 1 and name in ("limit", "page"):
            raise invalid(
                {
                    "origin": "number",
                    "code": "too_small",
                    "minimum": 1,
                    "inclusive": True,
                    "path": [name],
                    "message": "Too small: expected number to be >=1",
                }
            )
        return value

    def listed(self, name: str) -> list[str] | None:
        """The values of a comma-separated filter, None when it is absent."""
        text = self.query.get(name)
        return None if text is None else [part for part in text.split(",") if part]


def authorized(headers: Mapping[str, str], public_key: str, secret_key: str) -> Reply | None:
    """None when the keys are right. The wording is that of the server's source; a 401 was not recorded."""
    header = headers.get("authorization")
    if header is None:
        message = "No authorization header"
    else:
        scheme, _, credentials = header.partition(" ")
        try:
            given = base64.b64decode(credentials, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            given = ""
        if scheme.lower() == "basic" and given == f"{public_key}:{secret_key}":
            return None
        message = "Invalid credentials. Confirm that you've configured the correct host."
    return json_reply({"message": message, "error": "UnauthorizedError"}, 401)


def encode_cursor(*parts: int | str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def decode_cursor(text: str) -> list[int | str]:
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, orjson.JSONDecodeError, ValueError):
        raise invalid(custom_issue(["cursor"], "Invalid cursor format")) from None
    if not isinstance(parts, list):
        raise invalid(custom_issue(["cursor"], "Invalid cursor format"))
    return parts


def page_meta(page: int, limit: int, total: int) -> dict[str, int]:
    return {"page": page, "limit": limit, "totalItems": total, "totalPages": -(-total // limit)}


def as_printed(number: float) -> float | int:
    """JavaScript prints 1.0 as 1."""
    return int(number) if number == int(number) and abs(number) < 2**53 else number
