"""Asking an embedded model: which there are, and their answers in the form every model's answer has."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from evalspec.models.embedded.echo import echo
from evalspec.models.embedded.hashing import hashed_embedding
from evalspec.models.embedded.overlap import overlap_of, verdict
from evalspec.models.embedded.rules import answer_by_rule
from evalspec.models.errors import ModelError
from evalspec.models.messages import (
    Embeddings,
    Message,
    Reply,
    Usage,
    conversation_text,
    last_user_text,
)
from evalspec.models.spec import ModelSpec

__all__ = ["CHAT_MODELS", "EMBEDDING_MODELS", "embedded_chat", "embedded_embeddings"]

CHAT_MODELS: Final = ("echo", "overlap", "rules")
EMBEDDING_MODELS: Final = ("hash",)


def embedded_chat(
    spec: ModelSpec,
    messages: Sequence[Message],
    parameters: Mapping[str, Any],
    schema: Mapping[str, Any] | None,
) -> Reply:
    """The answer of an embedded model; usage is in words, the cost zero. Its `data` is not validated."""
    started = time.time_ns()
    call = None
    text = last_user_text(messages)
    if spec.model == "echo":
        answer = text if schema is None else echo(text, schema)
    elif spec.model == "overlap":
        answer = f"{overlap_of(text).f1:.2f}" if schema is None else verdict(text, schema)
    elif spec.model == "rules":
        answer, call = answer_by_rule(spec.rules, messages)
        if schema is not None and isinstance(answer, str):
            answer = _parsed(answer)
    else:
        raise _unknown(spec, CHAT_MODELS, "answers")
    spoken = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    return Reply(
        text=spoken,
        tool_calls=() if call is None else (call,),
        data=answer if schema is not None and call is None else None,
        finish_reason="stop" if call is None else "tool_call",
        provider=spec.provider,
        model_requested=spec.model,
        model_reported=spec.label,
        parameters=dict(parameters),
        usage=Usage(_words(conversation_text(messages)), _words(spoken)),
        cost=0.0,
        started_ns=started,
        ended_ns=time.time_ns(),
        embedded=True,
    )


def embedded_embeddings(spec: ModelSpec, texts: Sequence[str]) -> Embeddings:
    """The vectors of an embedded model."""
    if spec.model not in EMBEDDING_MODELS:
        raise _unknown(spec, EMBEDDING_MODELS, "embeddings")
    started = time.time_ns()
    return Embeddings(
        vectors=[hashed_embedding(text) for text in texts],
        model_requested=spec.model,
        model_reported=spec.label,
        usage=Usage(sum(_words(text) for text in texts), 0),
        cost=0.0,
        started_ns=started,
        ended_ns=time.time_ns(),
        embedded=True,
        provider=spec.provider,
        parameters=dict(spec.parameters),
    )


def _parsed(text: str) -> Any:
    """The JSON tree that a rule's text is; other text is a JSON value itself, which a schema may allow."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _unknown(spec: ModelSpec, known: Sequence[str], what: str) -> ModelError:
    models = ", ".join(f"embedded:{name}" for name in known)
    return ModelError("unsupported", f"embedded:{spec.model} gives no {what}; there is {models}")


def _words(text: str) -> int:
    return len(text.split())
