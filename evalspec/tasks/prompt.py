"""`prompt`: a prompt sent to a model."""

import warnings
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from evalspec.kinds.fields import meanings
from evalspec.kinds.loading import Loading
from evalspec.kinds.prompting import PromptRenderer
from evalspec.kinds.resolving import Resolved, Resolving
from evalspec.models import Reply
from evalspec.plan.values import Item
from evalspec.tasks.answering import Answering, rendered
from evalspec.tasks.base import TaskFields, TaskKind
from evalspec.tasks.tools import ToolFields, check_schema, resolve_tools
from evalspec.tasks.variables import Variables, check_variables, task_names, task_scope

__all__ = ["KIND", "PromptTaskFields"]

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", 'Field name "schema"', UserWarning)

    class PromptTaskFields(TaskFields):
        """A prompt from `[prompts]`, sent to a model from `[models]`.

            [task]
            type = "prompt"
            prompt = "answer"
            model = "answering"
            parameters = { temperature = 0 }

        The output is the text of the answer; with a `schema` it is the JSON tree that follows it. With
        `tools` that have a `callable` these are called until the model has answered; without, the output is
        the assistant's message with its `tool_calls`. Every request is a generation below the item's trace,
        with the model that answered, parameters, usage, cost and times.

        An item fails with the kind of the model's failure (`rate_limited`, `timeout`, `refused`,
        `wrong_schema`, …), with `missing_key` where the prompt needs what the item does not have, and with
        `too_many_steps`.
        """

        type: Literal["prompt"] = "prompt"
        prompt: str = Field(description="Name of the prompt, from `[prompts]`.", examples=["answer"])
        model: str = Field(description="Name of the model, from `[models]`.", examples=["answering"])
        variables: dict[str, str] = Field(
            default_factory=dict,
            description="Further names for the prompt: an expression over `input`, `expected_output`, "
            "`metadata` and `item` for each.",
            examples=[{"question": "input.question"}],
        )
        parameters: dict[str, Any] = Field(
            default_factory=dict,
            description="Parameters of the request, before those of the model.",
            examples=[{"temperature": 0}],
        )
        schema: dict[str, Any] | None = Field(  # type: ignore[assignment]  # pydantic's own `schema` is deprecated
            None,
            description="JSON Schema that the answer has to follow; it is asked for again when it does not.",
            examples=[{"type": "object", "properties": {"country": {"type": "string"}}}],
        )
        tools: list[ToolFields] = Field(default_factory=list, description="Tools that the model may call.")
        max_steps: int = Field(
            10, ge=1, le=100, description="Answers of the model, at most, while it has tools called."
        )
        stream: bool = Field(
            False, description="Whether the answer is streamed, which tells the time to the first token."
        )
        returns: Literal["answer", "message", "messages"] = Field(
            "answer",
            description="What the output is.",
            json_schema_extra=meanings(
                answer="The text, or the tree where there is a schema; the message where it calls tools.",
                message="The assistant's message: `role`, `content`, `tool_calls`, and `finish_reason`.",
                messages="All messages of the conversation, the prompt's included.",
            ),
        )


class _PromptTask:
    blocking = False
    observes = True

    def __init__(self, fields: dict[str, Any], loading: Loading) -> None:
        prompt = loading.prompts[fields["prompt"]]
        names = task_names(loading)
        self._variables = Variables(fields.get("variables", {}), names)
        self._renderer = PromptRenderer(prompt, names | self._variables.names, loading.media)
        self._answering = Answering(fields, loading)
        self._returns: str = fields["returns"]
        self._structured = "schema" in fields

    async def __call__(self, item: Item, trial: int) -> Any:
        prompt = await rendered(self._renderer, self._variables.added_to(task_scope(item)))
        reply, said = await self._answering.answer(prompt.messages, prompt.shown)
        return self._output(reply, [*prompt.shown, *said])

    def _output(self, reply: Reply, messages: list[Mapping[str, Any]]) -> Any:
        if self._returns == "messages":
            return [dict(message) for message in messages]
        if self._returns == "message" or reply.tool_calls:
            return {**reply.as_message(), "finish_reason": reply.finish_reason}
        return reply.data if self._structured else reply.text


def _resolve(fields: PromptTaskFields, resolving: Resolving) -> Resolved:
    names = task_names(resolving)
    check_variables(fields.variables, names, resolving)
    prompt = resolving.prompt(("prompt",), fields.prompt, names | fields.variables.keys())
    model = resolving.model(("model",), fields.model)
    tools, tools_identity, codes = resolve_tools(fields.tools, resolving)
    if fields.schema is not None:
        check_schema(fields.schema, resolving, ("schema",))
    left_out = {"type", "description", "timeout", "repeats", "tools"}
    kept = fields.model_dump(mode="json", exclude=left_out, exclude_none=True)
    identity = fields.model_dump(mode="json", exclude={*left_out, "prompt", "model"}, exclude_defaults=True)
    if tools:
        kept["tools"] = tools
        identity["tools"] = tools_identity
    identity["prompt"] = prompt.digest if prompt is not None else ""
    identity["model"] = model.digest if model is not None else ""
    return Resolved(kept, identity, codes=codes)


def _build(fields: dict[str, Any], loading: Loading) -> _PromptTask:
    return _PromptTask(fields, loading)


KIND = TaskKind(
    type="prompt",
    fields=PromptTaskFields,
    semantics=1,
    resolve=_resolve,
    build=_build,
)
