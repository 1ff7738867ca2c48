"""Tools that a model may call: described in a spec, and run where a function of the project stands behind."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import Field

from evalspec.diagnostics import Severity
from evalspec.kinds.fields import KindFields
from evalspec.kinds.json_tree import NotJson, to_json
from evalspec.kinds.loading import Loading
from evalspec.kinds.python import load_callable
from evalspec.kinds.resolving import Resolving, Where
from evalspec.kinds.tracing import observe
from evalspec.kinds.waiting import in_daemon_thread
from evalspec.kinds.wording import message_of
from evalspec.models import Tool, ToolCall

if TYPE_CHECKING:
    from evalspec.fingerprint.code import CodeFingerprint

__all__ = ["ToolBox", "ToolFields", "check_schema", "resolve_tools"]


class ToolFields(KindFields):
    """A tool that the model may call."""

    name: str = Field(
        description="Name of the tool.", pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["search_documents"]
    )
    description: str = Field("", description="What the tool does, for the model.")
    parameters: dict[str, Any] = Field(
        default_factory=lambda: {"type": "object", "properties": {}},
        description="JSON Schema of its arguments.",
        examples=[{"type": "object", "properties": {"query": {"type": "string"}}}],
    )
    callable: str | None = Field(
        None,
        description="The function that is called with the arguments by name, as `package.module:name`; "
        "without one the model's wish is the output.",
        examples=["assistant.tools:search_documents"],
    )


def resolve_tools(
    tools: Sequence[ToolFields], resolving: Resolving, at: Where = ("tools",)
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], "dict[str, CodeFingerprint]"]:
    """What the plan keeps of tools, what their digest covers, and the code behind them by `tools.<name>`."""
    codes: dict[str, CodeFingerprint] = {}
    kept: list[dict[str, Any]] = []
    for index, tool in enumerate(tools):
        if any(tool.name == other.name for other in tools[:index]):
            resolving.report("wrong-value", f"there are two tools `{tool.name}`", (*at, index, "name"))
        _check_parameters(tool, resolving, (*at, index, "parameters"))
        if tool.callable is not None:
            code = resolving.code((*at, index, "callable"), tool.callable)
            if code is not None:
                codes[f"tools.{tool.name}"] = code
        kept.append(tool.model_dump(mode="json", exclude_none=True))
    if 0 < sum(tool.callable is not None for tool in tools) < len(tools):
        message = (
            "some tools have a `callable` and some have none: a conversation with the others would not go on"
        )
        resolving.report("missing-field", message, at, expected="a `callable` for each tool, or for none")
    identity = [{key: value for key, value in tool.items() if key != "callable"} for tool in kept]
    return kept, identity, codes


def check_schema(schema: Any, resolving: Resolving, at: Where) -> bool:
    """Report what is wrong with a JSON Schema; whether it can be used."""
    from evalspec.checking.schemas import problems_of

    problems = list(problems_of(schema))
    for problem in problems:
        resolving.report(problem.code, problem.message, (*at, *problem.steps), severity=problem.severity)
    return not any(problem.severity is Severity.ERROR for problem in problems)


def _check_parameters(tool: ToolFields, resolving: Resolving, at: Where) -> None:
    fine = check_schema(tool.parameters, resolving, at)
    if fine and tool.parameters.get("type", "object") != "object":
        resolving.report("invalid-schema", "the arguments of a tool are an object", at)


class ToolBox:
    """The tools of a task, ready to be called."""

    def __init__(self, tools: Sequence[Mapping[str, Any]], loading: Loading) -> None:
        self.tools = [Tool(tool["name"], tool["description"], tool["parameters"]) for tool in tools]
        self._functions: dict[str, Callable[..., Any]] = {
            tool["name"]: load_callable(tool["callable"], loading) for tool in tools if "callable" in tool
        }

    @property
    def callable(self) -> bool:
        """Whether functions stand behind them."""
        return bool(self._functions)

    async def call(self, call: ToolCall) -> dict[str, Any]:
        """The message that answers a call; what goes wrong is told to the model, as an application would."""
        with observe(call.name, "tool", input=call.arguments) as recording:
            try:
                content = await self._result(call)
            except Exception as error:  # noqa: BLE001 - whatever a tool raises is its result
                recording.level = "ERROR"
                recording.status_message = message_of(error)
                content = {"error": message_of(error)}
            recording.output = content
        text = content if isinstance(content, str) else orjson.dumps(content).decode()
        return {"role": "tool", "tool_call_id": call.id, "name": call.name, "content": text}

    async def _result(self, call: ToolCall) -> Any:
        if call.invalid_arguments is not None:
            raise ValueError("the arguments are no JSON object")
        function = self._functions.get(call.name)
        if function is None:
            raise ValueError(f"there is no tool {call.name!r}")
        if inspect.iscoroutinefunction(function):
            result = await function(**call.arguments)
        else:
            result = await in_daemon_thread(lambda: function(**call.arguments))
            if inspect.isawaitable(result):
                result = await result
        try:
            return to_json(result)
        except NotJson as error:
            raise ValueError(f"its result is no JSON: {error.message}") from None
