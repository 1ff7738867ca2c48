"""The client that scorers of autoevals get: OpenAI's in form, our models in fact. Imports autoevals."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, NoReturn

import autoevals
from autoevals.oai import LLMClient
from autoevals.string import EmbeddingSimilarity

from evalspec.evaluators.base import EvaluationError
from evalspec.kinds.generations import Asking, embed, generate
from evalspec.models.client import Models

__all__ = ["make_scorer"]

_PARAMETERS: Final = frozenset({"temperature", "max_tokens"})


class _NeverRaised(Exception):
    """What autoevals repeats a request for; ours are repeated by our models."""


class _KeepsNothing(dict[Any, Any]):
    """The cache of embeddings that autoevals has for the whole process. It grows without a bound and knows a
    client by an address that another one may get later.
    """

    def __setitem__(self, key: Any, value: Any) -> None:
        return


class _Client(LLMClient):  # type: ignore[misc]  # it has no types
    """A client that needs no package of OpenAI's; whatever model is named, ours are asked."""

    def __init__(self, models: Models, label: str, model: str | None, embeddings: str | None) -> None:
        self.openai: Any = None
        self.complete = partial(_complete, models, label, model)
        self.embed = partial(_embed, models, label, embeddings)
        self.moderation = _refuse
        self.RateLimitError = _NeverRaised
        self.is_async = True
        self._is_wrapped = False


def make_scorer(
    name: str, arguments: Mapping[str, Any], models: Models, model: str | None, embeddings: str | None
) -> Any:
    """The scorer `name` with a client that asks these models. AttributeError and TypeError where there is no
    such scorer, or it takes other arguments.
    """
    EmbeddingSimilarity._CACHE = _KeepsNothing()
    named = {"name": name} if name == "LLMClassifier" else {}
    return getattr(autoevals, name)(**named, **arguments, client=_Client(models, name, model, embeddings))


async def _complete(models: Models, label: str, name: str | None, **request: Any) -> dict[str, Any]:
    """An answer in the form of OpenAI's chat completions. A forced call of the one function there is becomes
    a structured answer, which every model can be held to.
    """
    if name is None:
        raise EvaluationError("evaluation_failed", "the scorer asks a model, and there is no `model`")
    tools = request.get("tools") or []
    forced = tools[0]["function"] if len(tools) == 1 and request.get("tool_choice") else None
    parameters = {key: request[key] for key in _PARAMETERS if request.get(key) is not None}
    asking = Asking(
        models,
        name,
        "judge",
        label,
        parameters=parameters,
        schema=None if forced is None else forced["parameters"],
    )
    reply = await generate(asking, request["messages"])
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if forced is not None:
        function = {"name": forced["name"], "arguments": json.dumps(reply.data)}
        message["tool_calls"] = [{"id": "1", "type": "function", "function": function}]
    return {"choices": [{"index": 0, "message": message, "finish_reason": reply.finish_reason}]}


async def _embed(models: Models, label: str, name: str | None, **request: Any) -> dict[str, Any]:
    if name is None:
        raise EvaluationError("evaluation_failed", "the scorer asks for embeddings: there is no `embeddings`")
    found = await embed(models, name, [request["input"]], use="judge", label=label)
    return {"data": [{"embedding": found.vectors[0]}]}


def _refuse(**request: Any) -> NoReturn:
    raise EvaluationError("evaluation_failed", "the scorer asks for moderation, which is no model")
