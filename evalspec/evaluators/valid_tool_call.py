"""`valid_tool_call`: whether the calls of tools in a message fit the tools' definitions."""

from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, EvaluationError, OneScoreFields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.expressions import type_name
from evalspec.evaluators.plain import Commented, Measure, Measured, plain_kind
from evalspec.evaluators.tool_calls import calls_in, definitions_in, size_of
from evalspec.kinds.fields import meanings
from evalspec.kinds.resolving import Resolving

__all__ = ["KIND", "MAX_SIZE", "ValidToolCallFields"]

MAX_SIZE: Final = 1_000_000
"""Values and characters of the calls in a message; with more it is `too_large`."""

_QUICK: Final = 1_000
"""Values and characters of calls that are looked at in this process: `uniqueItems` takes the square."""

_LINEAR: Final = 100
"""Definitions may be so many times larger: what is done with them grows as they do."""


class ValidToolCallFields(OneScoreFields):
    """True where a message calls tools, and the arguments of each call fit the tool's JSON Schema.

        [evaluators.callable]
        type = "valid_tool_call"
        value = "output.message"
        tools = "item.input.tools"
        on_none = "skip"
        score = "callable"

    The message is OpenAI's (with `tool_calls`) or Anthropic's (with `tool_use` among its `content`), a call
    with `name` and `arguments`, or a list of calls; arguments are an object or its JSON text. The definitions
    stand in the spec as `definitions`, or `tools` gives them: a list as in a request to OpenAI or Anthropic,
    or an object with a schema for each name. Schemas are read as by `json_schema`. The comment says what is
    wrong with the first call that does not fit.

    A value that is no message fails with `not_a_message`, definitions that are none or whose schema is none
    with `invalid_tools`; more than a million characters, or arguments that are nested more than 200 levels
    deep, with `too_large`.
    """

    type: Literal["valid_tool_call"] = "valid_tool_call"
    value: str = Field(
        "output", description="Expression for the message, or the calls.", examples=["output.message"]
    )
    definitions: dict[str, dict[str, Any]] | None = Field(
        None,
        min_length=1,
        description="The JSON Schema of the arguments of each tool, by its name.",
        examples=[{"search": {"type": "object", "required": ["query"]}}],
    )
    tools: str | None = Field(
        None,
        description="Expression for the definitions of the tools, instead of `definitions`.",
        examples=["item.input.tools"],
    )
    on_none: Literal["false", "skip"] = Field(
        "false",
        description="Where the message calls no tool: whether that is wrong, or the item is skipped.",
        json_schema_extra=meanings(
            false="The score is false: a call is asked for.",
            skip="The item is not scored, and counts as skipped.",
        ),
    )


def _check(fields: ValidToolCallFields, resolving: Resolving) -> None:
    if fields.definitions is None and fields.tools is None:
        expected = "`definitions` or `tools`"
        resolving.report("missing-field", "it is not said which tools there are", expected=expected)
    elif fields.definitions is not None and fields.tools is not None:
        message = "`definitions` and `tools` cannot stand together"
        resolving.report("wrong-value", message, ("tools",), key=True, expected="one of the two")
    if fields.definitions is not None:
        from evalspec.checking.schemas import problems_of

        for name, schema in fields.definitions.items():
            for problem in problems_of(schema):
                at = ("definitions", name, *problem.steps)
                resolving.report(problem.code, problem.message, at, severity=problem.severity)


def _measure(fields: dict[str, Any]) -> Measure:
    sound = fields.get("definitions")
    skips = fields["on_none"] == "skip"

    async def measure(value: Any, tools: Any = None) -> Measured:
        calls = calls_in(value)
        if calls is None:
            message = f"`value` is {type_name(value)} and neither a message nor calls of tools"
            raise EvaluationError("not_a_message", message)
        schemas = definitions_in(tools) if sound is None else sound
        if schemas is None:
            raise EvaluationError(
                "invalid_tools", f"`tools` is {type_name(tools)} without definitions of tools"
            )
        if not calls:
            return None if skips else Commented(False, "the message calls no tool")
        size = sum(size_of(part) for call in calls for part in call)
        if size > MAX_SIZE:
            raise EvaluationError("too_large", f"the calls have more than {MAX_SIZE:,} characters")
        cost = size + (size_of(schemas) // _LINEAR if sound is None else 0)
        fault = await evaluate_bounded(
            "evalspec.evaluators.tool_calls:first_fault",
            [calls, schemas, sound is not None],
            cost=cost,
            quick=_QUICK,
            preload=["jsonschema"],
        )
        return True if fault is None else Commented(False, fault)

    return measure


KIND = plain_kind(
    ValidToolCallFields,
    _measure,
    yields=BOOLEAN,
    group="trajectory",
    expressions=("value", "tools"),
    check=_check,
)
