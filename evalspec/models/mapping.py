"""Messages, tools and answers between OpenAI's chat format and pydantic-ai's. Imports pydantic-ai."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_ai.messages import (
    BinaryContent,
    ImageUrl,
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    ModelResponsePart,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserContent,
    UserPromptPart,
)
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.usage import RequestUsage

from evalspec.models.errors import ModelError
from evalspec.models.messages import Message, Tool, ToolCall, Usage, text_of

__all__ = ["finish_reason_of", "model_messages", "text_from", "tool_calls_of", "tool_definitions", "usage_of"]


def model_messages(messages: Sequence[Message]) -> list[ModelMessage]:
    """The conversation as pydantic-ai has it: what stands between two answers is one request.

    Raises ModelError(unsupported) for a role or a part that there is not.
    """
    mapped: list[ModelMessage] = []
    names: dict[str, str] = {}
    for message in messages:
        if message.get("role") == "assistant":
            mapped.append(ModelResponse(parts=_answer_parts(message, names)))
            continue
        part = _request_part(message, names)
        last = mapped[-1] if mapped else None
        if isinstance(last, ModelRequest):
            last.parts = [*last.parts, part]
        else:
            mapped.append(ModelRequest(parts=[part]))
    return mapped


def _request_part(message: Message, names: Mapping[str, str]) -> ModelRequestPart:
    role, content = message.get("role"), message.get("content")
    if role in ("system", "developer"):
        return SystemPromptPart(text_of(content))
    if role == "user":
        if isinstance(content, list):
            return UserPromptPart([_user_content(part) for part in content])
        return UserPromptPart(str(content or ""))
    if role == "tool":
        identifier = str(message.get("tool_call_id"))
        name = names.get(identifier) or str(message.get("name") or "tool")
        return ToolReturnPart(tool_name=name, content=text_of(content), tool_call_id=identifier)
    raise ModelError("unsupported", f"there is no role `{role}`; there are system, user, assistant and tool")


def _answer_parts(message: Message, names: dict[str, str]) -> list[ModelResponsePart]:
    text = text_of(message.get("content"))
    parts: list[ModelResponsePart] = [TextPart(text)] if text else []
    for call in message.get("tool_calls") or ():
        function = call["function"]
        names[call["id"]] = function["name"]
        parts.append(ToolCallPart(function["name"], function["arguments"], tool_call_id=call["id"]))
    return parts


def _user_content(part: Any) -> UserContent:
    kind = part.get("type") if isinstance(part, Mapping) else None
    if kind == "text":
        return str(part.get("text", ""))
    if kind == "image_url":
        url = str(part["image_url"]["url"])
        return _from_data_url(url) if url.startswith("data:") else ImageUrl(url=url)
    if kind == "input_audio":
        audio = part["input_audio"]
        return BinaryContent(_decoded(audio["data"]), media_type=f"audio/{audio.get('format', 'wav')}")
    if kind == "file":
        return _from_data_url(str(part["file"].get("file_data", "")))
    known = "text, image_url, input_audio and file"
    raise ModelError("unsupported", f"a part of a message is of type `{kind}`; there are {known}")


def _from_data_url(url: str) -> BinaryContent:
    """The bytes of `data:<media type>;base64,<data>` (RFC 2397)."""
    head, comma, data = url.partition(",")
    media_type = head.removeprefix("data:").removesuffix(";base64")
    if not (comma and head.startswith("data:") and head.endswith(";base64") and media_type):
        raise ModelError(
            "unsupported", "a file in a message must be a URL like `data:application/pdf;base64,…`"
        )
    return BinaryContent(_decoded(data), media_type=media_type)


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ModelError("unsupported", f"the data in a part of a message is no base64: {error}") from None


def tool_definitions(tools: Sequence[Tool]) -> list[ToolDefinition]:
    """The tools as pydantic-ai has them; their schemas are sent as they are, without strict mode."""
    return [
        ToolDefinition(
            name=tool.name,
            description=tool.description,
            parameters_json_schema=dict(tool.parameters),
            strict=False,
        )
        for tool in tools
    ]


def text_from(response: ModelResponse) -> str:
    """All that the model said, without its reasoning."""
    return "".join(part.content for part in response.parts if isinstance(part, TextPart))


def tool_calls_of(response: ModelResponse) -> tuple[ToolCall, ...]:
    """The tools that the model wants called, in order."""
    return tuple(
        ToolCall.from_text(part.tool_call_id, part.tool_name, part.args)
        if isinstance(part.args, str)
        else ToolCall(part.tool_call_id, part.tool_name, dict(part.args or {}))
        for part in response.parts
        if isinstance(part, ToolCallPart)
    )


def usage_of(usage: RequestUsage) -> Usage:
    """The tokens of one request."""
    return Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_input_tokens=usage.cache_read_tokens,
        reasoning_tokens=usage.details.get("reasoning_tokens", 0),
    )


def finish_reason_of(response: ModelResponse) -> str | None:
    """Why the model stopped, in OpenTelemetry's words, which are pydantic-ai's."""
    return response.finish_reason
