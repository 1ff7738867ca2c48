"""`langfuse`: a prompt in Langfuse, at the version that a label names."""

import re
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.kinds.prompting import ResolvedPrompt, TemplatePlace, prompt_of
from evalspec.kinds.resolving import Resolving
from evalspec.plan.model import PlanMessage
from evalspec.prompts.base import HostedPrompt, HostedPrompts, PromptFields, PromptKind

__all__ = ["KIND", "LangfusePromptFields", "as_template"]

_VARIABLE: Final = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_SPECIAL: Final = re.compile(r"\{\{+[%#]?|\{[%#]")
_ROLES: Final = frozenset({"system", "user", "assistant"})


class LangfusePromptFields(PromptFields):
    """A prompt in Langfuse, text or chat. The plan pins its version and holds its words.

        [prompts.answer]
        type = "langfuse"
        name = "support/answer"
        label = "production"

    Its `{{variables}}` are given by whoever uses the prompt; a placeholder for messages takes a variable that
    holds a list of them. Nothing else in it is a template.
    """

    type: Literal["langfuse"] = "langfuse"
    name: str = Field(description="The prompt's name in Langfuse.", examples=["support/answer"])
    version: int | None = Field(None, ge=1, description="Its version.", examples=[3])
    label: str | None = Field(
        None,
        description="The label whose version is taken when the plan is made; `production` without either.",
        examples=["production", "latest"],
    )


def _resolve(
    fields: LangfusePromptFields, resolving: Resolving, hosted: HostedPrompts | None
) -> ResolvedPrompt | None:
    if fields.version is not None and fields.label is not None:
        message = "`version` and `label` cannot stand together"
        resolving.report("wrong-value", message, ("label",), key=True, expected="one of the two")
        return None
    if hosted is None:
        return None
    label = fields.label if fields.version is not None or fields.label else "production"
    try:
        found = hosted.prompt(fields.name, fields.version, label)
    except LookupError:
        where = f"at version {fields.version}" if fields.version is not None else f"with the label `{label}`"
        message = f"there is no prompt `{fields.name}` {where} in this Langfuse project"
        resolving.report("prompt-not-in-langfuse", message, ("name",))
        return None
    return _prompt(found, resolving)


def _prompt(found: HostedPrompt, resolving: Resolving) -> ResolvedPrompt | None:
    origin: dict[str, Any] = {"type": "langfuse", "name": found.name, "version": found.version}
    place = [TemplatePlace(("name",), within=f"version {found.version} of `{found.name}`")]
    if isinstance(found.content, str):
        only = PlanMessage(role="user", content=as_template(found.content))
        return prompt_of("text", [(only, place)], origin, resolving)
    messages = []
    for entry in found.content:
        if entry.get("type") == "placeholder":
            messages.append((PlanMessage(role="placeholder", content=str(entry.get("name"))), place))
            continue
        role, content = entry.get("role"), entry.get("content")
        if role not in _ROLES or not isinstance(content, str):
            message = (
                f"version {found.version} of `{found.name}` has a message that is no text of a known role"
            )
            resolving.report(
                "prompt-not-in-langfuse", message, ("name",), expected="system, user or assistant"
            )
            return None
        messages.append((PlanMessage(role=role, content=as_template(content)), place))
    return prompt_of("chat", messages, origin, resolving)


def as_template(text: str) -> str:
    """A text of Langfuse as a template of ours: its variables stay, and nothing else is one."""
    parts = []
    last = 0
    for match in _VARIABLE.finditer(text):
        before = _escaped(text[last : match.start()])
        # A brace beside those of a variable would be read with them.
        parts += [before.removesuffix("{") + "{{ '{' }}" if before.endswith("{") else before]
        parts += ["{{ " + match[1] + " }}"]
        last = match.end()
    return "".join([*parts, _escaped(text[last:])])


def _escaped(text: str) -> str:
    """A text in which nothing begins a template; what ends one is plain text where none has begun."""
    return _SPECIAL.sub(lambda match: "{{ '" + match[0] + "' }}", text)


KIND = PromptKind(type="langfuse", fields=LangfusePromptFields, resolve=_resolve, hosted=True)
