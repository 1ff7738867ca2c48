"""What one request to a provider's model takes and gives; loads no client."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalspec.models.messages import Tool, ToolCall, Usage

__all__ = ["Answer", "Question", "SchemaRefused", "Vectors"]


class SchemaRefused(Exception):
    """The provider takes no such schema; the same can be asked for in words. The message has no secrets."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is the same in every request of one call: all but the conversation."""

    parameters: Mapping[str, Any]
    tools: Sequence[Tool]
    tool_choice: str | None
    schema: Mapping[str, Any] | None
    schema_name: str
    stream: bool


@dataclass(slots=True)
class Answer:
    """What came back from one request; `parameters` are those that were sent."""

    text: str
    tool_calls: tuple[ToolCall, ...]
    finish_reason: str | None
    model_reported: str | None
    usage: Usage
    parameters: dict[str, Any]
    first_token_ns: int | None
    refusal: str | None


@dataclass(slots=True)
class Vectors:
    """The vectors of one request."""

    vectors: list[list[float]]
    model_reported: str | None
    usage: Usage
