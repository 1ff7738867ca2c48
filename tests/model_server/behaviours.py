"""What the server can be told to do with a request; used with `ModelServer.script`."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = [
    "Behaviour",
    "embeddings",
    "held",
    "malformed",
    "refusal",
    "reset",
    "status",
    "structured",
    "text",
    "tool_calls",
    "truncated",
]

Usage = tuple[int, int]


@dataclass(frozen=True)
class Behaviour:
    """An answer to one request, or what comes instead.

    `message` is the assistant's; `cut` ends a stream early, by closing the body in order or by resetting the
    connection; `until` holds the request back until the event is set.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    message: Mapping[str, Any] | None = None
    finish_reason: str | None = "stop"
    usage: Mapping[str, Any] | None = None
    model: str | None = None
    vectors: Sequence[Sequence[float]] | None = None
    cut: Literal["closed", "reset"] | None = None
    no_answer: bool = False
    echo_key: bool = False
    until: threading.Event | None = None


def text(
    content: str,
    *,
    finish_reason: str | None = "stop",
    usage: Usage | None = (10, 5),
    cached: int = 0,
    reasoning: int = 0,
    model: str | None = None,
    until: threading.Event | None = None,
) -> Behaviour:
    """The model says `content`; `usage` is input and output tokens, None for an answer without any."""
    return Behaviour(
        message={"role": "assistant", "content": content},
        finish_reason=finish_reason,
        usage=_usage(usage, cached, reasoning),
        model=model,
        until=until,
    )


def structured(tree: Any, **more: Any) -> Behaviour:
    """The model says a JSON tree."""
    return text(json.dumps(tree), **more)


def tool_calls(*calls: tuple[str, Any], content: str | None = None) -> Behaviour:
    """The model wants tools called: pairs of a name and arguments, which are text where they are no tree."""
    made = [
        {
            "id": f"call_{index}",
            "type": "function",
            "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
        }
        for index, (name, given) in enumerate(calls)
    ]
    message = {"role": "assistant", "content": content, "tool_calls": made}
    return Behaviour(message=message, finish_reason="tool_calls", usage=_usage((10, 5), 0, 0))


def refusal(words: str) -> Behaviour:
    """The model declines to give structured output."""
    return Behaviour(
        message={"role": "assistant", "content": None, "refusal": words}, usage=_usage((10, 5), 0, 0)
    )


def embeddings(*vectors: Sequence[float]) -> Behaviour:
    """These vectors, whatever the texts."""
    return Behaviour(vectors=vectors)


def status(
    code: int,
    message: str = "no",
    *,
    retry_after: str | None = None,
    kind: str | None = None,
    echo_key: bool = False,
) -> Behaviour:
    """An HTTP error as OpenAI words them; with `echo_key` the message repeats the Authorization header."""
    headers = {} if retry_after is None else {"retry-after": retry_after}
    body = json.dumps({"error": {"message": message, "type": kind or "error", "code": kind, "param": None}})
    return Behaviour(status=code, headers=headers, body=body.encode(), echo_key=echo_key)


def malformed(body: bytes = b'{"id": "x", "choices": [') -> Behaviour:
    """200, and a body that is no JSON."""
    return Behaviour(body=body)


def truncated(content: str, how: Literal["closed", "reset"]) -> Behaviour:
    """A stream that ends before the model has said why it stopped."""
    return Behaviour(message={"role": "assistant", "content": content}, cut=how)


def reset() -> Behaviour:
    """The connection is reset, without an answer."""
    return Behaviour(no_answer=True)


def held(until: threading.Event, content: str = "late") -> Behaviour:
    """An answer that comes when `until` is set."""
    return text(content, until=until)


def _usage(usage: Usage | None, cached: int, reasoning: int) -> dict[str, Any] | None:
    if usage is None:
        return None
    given, made = usage
    return {
        "prompt_tokens": given,
        "completion_tokens": made,
        "total_tokens": given + made,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }
