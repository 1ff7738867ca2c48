"""Calls of tools in messages of models: what they are, and whether they fit the tools' definitions.

This is imported by the workers of `evalspec.kinds.bounded`, so it imports little.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from evalspec.evaluators.nesting import MAX_DEPTH, is_too_deep
from evalspec.kinds.bounded.outcomes import Refused

__all__ = ["calls_in", "definitions_in", "first_fault", "size_of"]

Call = tuple[Any, Any]
"""Name and arguments, as the model wrote them."""


def calls_in(message: Any) -> list[Call] | None:
    """The calls of tools in a message; None where it is no message.

    A message is OpenAI's (with `tool_calls`) or Anthropic's (with `tool_use` among its `content`), a call, or
    a list of calls among which other parts may stand (objects with a `type`, as in OpenAI's Responses). A
    call is an object with `function`, or with `name` and `arguments` or `input`.
    """
    if isinstance(message, list):
        return _among(message)
    if not isinstance(message, dict):
        return None
    if message.get("tool_calls") is not None:
        listed = message["tool_calls"]
        return _among(listed) if isinstance(listed, list) else None
    call = _call(message)
    if call is not None:
        return [call]
    if isinstance(content := message.get("content"), list):
        return _among(content)
    return [] if "role" in message or "content" in message else None


def _among(parts: Sequence[Any]) -> list[Call] | None:
    calls: list[Call] = []
    for part in parts:
        call = _call(part)
        if call is not None:
            calls.append(call)
        elif not isinstance(part, dict) or "type" not in part:
            return None
    return calls


def _call(one: Any) -> Call | None:
    if not isinstance(one, dict):
        return None
    function = one.get("function", one)
    if not isinstance(function, dict) or "name" not in function or "role" in function:
        return None
    return function["name"], function.get("arguments", function.get("input"))


def definitions_in(tools: Any) -> dict[str, Any] | None:
    """The JSON Schemas of the arguments, by tool; None where these are no definitions of tools.

    They are a list of definitions as OpenAI and Anthropic take them, or an object with a schema for each
    name.
    """
    if isinstance(tools, dict):
        return tools
    if not isinstance(tools, list):
        return None
    found: dict[str, Any] = {}
    for tool in tools:
        function = tool.get("function", tool) if isinstance(tool, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            return None
        # Without parameters a function takes none.
        nothing = {"type": "object", "additionalProperties": False}
        schema = function.get("parameters", function.get("input_schema"))
        found[function["name"]] = nothing if schema is None else schema
    return found


def size_of(value: Any) -> int:
    """About how large a JSON tree is: its values, and the characters of its texts."""
    size, left = 0, [value]
    while left:
        one = left.pop()
        size += 1
        if isinstance(one, str):
            size += len(one)
        elif isinstance(one, dict):
            size += sum(map(len, one))
            left += one.values()
        elif isinstance(one, list):
            left += one
    return size


def first_fault(calls: Sequence[Call], schemas: Mapping[str, Any], known_sound: bool) -> str | None:
    """What is wrong with the first call that does not fit, one sentence; None where all fit.

    Raises Refused: `invalid_tools` for a schema that is none, unless it is known to be sound; `too_large`
    for arguments that are nested too deeply.
    """
    for number, (name, arguments) in enumerate(calls, 1):
        fault = _fault(name, arguments, schemas, known_sound)
        if fault is not None:
            return f"call {number}{f' of `{name:.80}`' if isinstance(name, str) else ''}: {fault}"
    return None


def _fault(name: Any, arguments: Any, schemas: Mapping[str, Any], known_sound: bool) -> str | None:
    from evalspec.checking.schemas import first_violation, validator_for

    if not isinstance(name, str):
        return "the name is no text"
    if name not in schemas:
        return "there is no such tool"
    schema = schemas[name]
    if not known_sound:
        _check(name, schema)
    if isinstance(arguments, str):
        import orjson

        try:
            arguments = orjson.loads(arguments)
        except orjson.JSONDecodeError:
            return "the arguments are not JSON"
    if is_too_deep(arguments):
        raise Refused("too_large", f"the arguments are nested more than {MAX_DEPTH} levels deep")
    return first_violation(validator_for(schema), {} if arguments is None else arguments)


def _check(name: str, schema: Any) -> None:
    from evalspec.checking.schemas import problems_of
    from evalspec.diagnostics import Severity

    if is_too_deep(schema):
        raise Refused(
            "invalid_tools", f"the schema of `{name:.80}` is nested more than {MAX_DEPTH} levels deep"
        )
    for problem in problems_of(schema):
        if problem.severity is Severity.ERROR:
            message = f"the schema of `{name:.80}` at `{problem.pointer}`: {problem.message}"
            raise Refused("invalid_tools", message)
