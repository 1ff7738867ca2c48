"""What goes to a model and what comes back: OpenAI's chat format, which Langfuse shows as it is.

A message is `{"role": "system" | "user" | "assistant" | "tool", "content": text or parts}`; an assistant's
may have `tool_calls`, a tool's names the call it answers in `tool_call_id`. A part is one of
`{"type": "text", "text": …}`, `{"type": "image_url", "image_url": {"url": an https or data URL}}`,
`{"type": "input_audio", "input_audio": {"data": base64, "format": "wav"}}` and
`{"type": "file", "file": {"file_data": a data URL, "filename": …}}`.
(https://platform.openai.com/docs/api-reference/chat/create)
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

__all__ = [
    "Embeddings",
    "Message",
    "Reply",
    "Tool",
    "ToolCall",
    "Usage",
    "conversation_text",
    "last_user_text",
    "text_of",
]

Message: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that a model may ask to have called; `parameters` is the JSON schema of its arguments."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to have a tool called.

    Where what it wrote is no JSON object, `arguments` is empty and `invalid_arguments` is the text.
    """

    id: str
    name: str
    arguments: dict[str, Any]
    invalid_arguments: str | None = None

    @classmethod
    def from_text(cls, identifier: str, name: str, text: str) -> "ToolCall":
        """The call whose arguments a model wrote as `text`; no text is no arguments."""
        try:
            arguments = json.loads(text) if text.strip() else {}
        except ValueError:
            arguments = None
        if isinstance(arguments, dict):
            return cls(identifier, name, arguments)
        return cls(identifier, name, {}, text)

    def as_tree(self) -> dict[str, Any]:
        """The call as it stands in an assistant's message."""
        text = self.invalid_arguments
        if text is None:
            text = json.dumps(self.arguments, ensure_ascii=False)
        return {"id": self.id, "type": "function", "function": {"name": self.name, "arguments": text}}


@dataclass(slots=True)
class Usage:
    """Tokens; those read from a cache are part of the input, those of reasoning part of the output."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def total(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    def add(self, other: "Usage") -> None:
        """Count another request in."""
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cached_input_tokens += other.cached_input_tokens
        self.reasoning_tokens += other.reasoning_tokens


@dataclass(slots=True)
class Reply:
    """A model's answer.

    `data` is the structured output as a JSON tree, None unless a schema was given. `finish_reason` is in
    OpenTelemetry's words: `stop`, `length`, `content_filter`, `tool_call`, `error`. `parameters` are those
    that were sent: a parameter that the model does not take is left out. `usage` and `cost` (USD, None
    where it is not known) are of all requests that were made, `attempts` in number, repetitions and repairs
    included. Times are nanoseconds since 1970, `first_token_ns` is known of streamed answers only;
    `started_ns` is the start of the first request, after any waiting for a limit. `embedded` says that no
    language model answered.
    """

    text: str
    tool_calls: tuple[ToolCall, ...]
    data: Any
    finish_reason: str | None
    provider: str
    model_requested: str
    model_reported: str | None
    parameters: dict[str, Any]
    usage: Usage
    cost: float | None
    started_ns: int
    ended_ns: int
    first_token_ns: int | None = None
    attempts: int = 1
    embedded: bool = False

    def as_message(self) -> Message:
        """The answer as the assistant's message of a conversation that goes on."""
        message: Message = {"role": "assistant", "content": self.text}
        if self.tool_calls:
            message["tool_calls"] = [call.as_tree() for call in self.tool_calls]
        return message


@dataclass(slots=True)
class Embeddings:
    """One vector for each text, in order. Times, usage, cost and `embedded` are as in `Reply`."""

    vectors: list[list[float]]
    model_requested: str
    model_reported: str | None
    usage: Usage
    cost: float | None
    started_ns: int
    ended_ns: int
    embedded: bool = False
    provider: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    attempts: int = 1


def text_of(content: Any) -> str:
    """The text of a message's content: of its text parts, a line each, where it has parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(
            str(part.get("text", ""))
            for part in content
            if isinstance(part, Mapping) and part.get("type") == "text"
        )
    return ""


def last_user_text(messages: Sequence[Message]) -> str:
    """The text of the last message of the user; empty where there is none."""
    for message in reversed(messages):
        if message.get("role") == "user":
            return text_of(message.get("content"))
    return ""


def conversation_text(messages: Sequence[Message]) -> str:
    """A whole conversation as text, each message after `role: `."""
    return "\n".join(f"{message.get('role')}: {text_of(message.get('content'))}" for message in messages)
