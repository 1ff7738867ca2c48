"""Asking models on behalf of tasks and evaluators, each request visible as an observation of its call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalspec.kinds.tracing import Recording, observe
from evalspec.models import Embeddings, Message, ModelError, Reply, Tool, Usage, Use
from evalspec.plan.model import PlanPrompt

if TYPE_CHECKING:
    from evalspec.models.client import Models

__all__ = ["Asking", "embed", "generate"]


@dataclass(frozen=True, slots=True)
class Asking:
    """Which model is asked, for what, and how.

    `name` is the model's in the spec; `use` says whose budget pays. `parameters` go before the model's own.
    With a `schema` the answer is a JSON tree that follows it. `prompt` is where the messages came from.
    """

    models: "Models"
    name: str
    use: Use
    label: str
    parameters: Mapping[str, Any] | None = None
    tools: Sequence[Tool] = ()
    schema: Mapping[str, Any] | None = None
    stream: bool = False
    prompt: PlanPrompt | None = None


async def generate(
    asking: Asking, messages: Sequence[Message], shown: Sequence[Mapping[str, Any]] | None = None
) -> Reply:
    """A model's answer, recorded as a generation; `shown` is what is recorded of the messages where they hold
    media. Raises ModelError.
    """
    with observe(asking.label, "generation", input=list(messages if shown is None else shown)) as recording:
        recording.prompt = _hosted(asking.prompt)
        recording.metadata |= {"evalspec_model": asking.name, "evalspec_use": asking.use}
        try:
            reply = await asking.models.chat(
                asking.name,
                messages,
                use=asking.use,
                parameters=asking.parameters,
                tools=asking.tools,
                schema=asking.schema,
                stream=asking.stream,
            )
        except ModelError as error:
            _note_spent(recording, error)
            raise
        _describe(recording, reply)
        recording.output = (
            reply.data if asking.schema is not None and reply.data is not None else _said(reply)
        )
        recording.parameters = reply.parameters
        recording.completion_start_ns = reply.first_token_ns
        recording.finish_reason = reply.finish_reason
    return reply


async def embed(models: "Models", name: str, texts: Sequence[str], *, use: Use, label: str) -> Embeddings:
    """One vector for each text, recorded as an embedding without the vectors. Raises ModelError."""
    with observe(label, "embedding", input=list(texts)) as recording:
        recording.metadata |= {"evalspec_model": name, "evalspec_use": use}
        found = await models.embed(name, texts, use=use)
        _describe(recording, found)
        recording.output = {"vectors": len(found.vectors), "dimensions": len(found.vectors[0])}
    return found


def _note_spent(recording: Recording, error: ModelError) -> None:
    """What was used before a call failed: it was paid for."""
    recording.metadata["attempts"] = error.attempts
    if error.usage.total:
        recording.usage = _usage(error.usage)
        recording.cost = error.cost


def _usage(usage: Usage) -> dict[str, int]:
    return {"input": usage.input_tokens, "output": usage.output_tokens, "total": usage.total}


def _said(reply: Reply) -> Any:
    return reply.as_message() if reply.tool_calls else reply.text


def _describe(recording: Recording, answer: Reply | Embeddings) -> None:
    recording.model = answer.model_reported or answer.model_requested
    recording.usage = _usage(answer.usage)
    recording.cost = answer.cost
    recording.metadata |= {
        "model_requested": f"{answer.provider}:{answer.model_requested}",
        "model_reported": answer.model_reported,
        "attempts": answer.attempts,
    }
    if answer.embedded:
        recording.metadata["embedded"] = "an embedded model of evalspec, not a language model"


def _hosted(prompt: PlanPrompt | None) -> tuple[str, int] | None:
    """Name and version of a prompt in Langfuse, which links a generation to it."""
    if prompt is None or prompt.origin.get("type") != "langfuse":
        return None
    return str(prompt.origin["name"]), int(prompt.origin["version"])
