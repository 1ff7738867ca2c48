"""`inline`: a prompt that stands in the spec itself."""

from typing import Literal

from pydantic import Field

from evalspec.kinds.fields import KindFields
from evalspec.kinds.prompting import ResolvedPrompt, TemplatePlace, prompt_of
from evalspec.kinds.resolving import Resolving
from evalspec.plan.model import PlanMessage
from evalspec.prompts.base import ROLES, HostedPrompts, PartFields, PromptFields, PromptKind, Role

__all__ = ["KIND", "InlinePromptFields"]


class MessageFields(KindFields):
    """One message of a chat prompt."""

    role: Role | None = Field(None, description="Who says it.", json_schema_extra=ROLES)
    content: str | None = Field(None, description="Template of the text.", examples=["{{ input.question }}"])
    parts: list[PartFields] | None = Field(
        None, description="Parts instead of a text: texts, images, sounds, documents."
    )
    placeholder: str | None = Field(
        None,
        description="Name of a variable whose messages stand here, instead of a message.",
        examples=["history"],
    )


class InlinePromptFields(PromptFields):
    """A prompt that stands in the spec: one text, or the messages of a chat.

        [prompts.answer]
        type = "inline"
        messages = [
          { role = "system", content = "Answer in one word." },
          { role = "user", content = "What is the capital of {{ input.country }}?" },
        ]

    Texts are Jinja2 templates over `input`, `expected_output`, `metadata`, `item` and the variables of
    whoever uses the prompt. A name that is not there is an error, found when compiling.
    """

    type: Literal["inline"] = "inline"
    text: str | None = Field(
        None,
        description="The prompt as one text, a message of the user.",
        examples=["Translate: {{ input }}"],
    )
    messages: list[MessageFields] | None = Field(None, description="The messages, instead of `text`.")


def _resolve(
    fields: InlinePromptFields, resolving: Resolving, hosted: HostedPrompts | None
) -> ResolvedPrompt | None:
    if (fields.text is None) == (fields.messages is None):
        neither = fields.text is None
        message = "the prompt has no words" if neither else "`text` and `messages` cannot stand together"
        code, at = ("missing-field", ()) if neither else ("wrong-value", ("messages",))
        resolving.report(code, message, at, key=True, expected="`text` or `messages`")
        return None
    if fields.text is not None:
        only = PlanMessage(role="user", content=fields.text)
        return prompt_of("text", [(only, [TemplatePlace(("text",))])], {"type": "inline"}, resolving)
    found = [
        _message(entry, ("messages", index), resolving) for index, entry in enumerate(fields.messages or ())
    ]
    if not found:
        resolving.report("wrong-value", "the prompt has no messages", ("messages",), expected="one at least")
        return None
    messages = [entry for entry in found if entry is not None]
    if len(messages) < len(found):
        return None
    return prompt_of("chat", messages, {"type": "inline"}, resolving)


def _message(
    entry: MessageFields, at: tuple[str | int, ...], resolving: Resolving
) -> tuple[PlanMessage, list[TemplatePlace]] | None:
    given = [name for name in ("content", "parts", "placeholder") if getattr(entry, name) is not None]
    if len(given) != 1:
        message = (
            "a message has no words"
            if not given
            else f"a message cannot have both `{given[0]}` and `{given[1]}`"
        )
        code, where = ("missing-field", at) if not given else ("wrong-value", (*at, given[1]))
        resolving.report(
            code, message, where, key=bool(given), expected="`content`, `parts` or `placeholder`"
        )
        return None
    if entry.placeholder is not None:
        if entry.role is not None:
            message = "a placeholder stands for messages that have roles of their own"
            resolving.report("wrong-value", message, (*at, "role"), key=True)
            return None
        return PlanMessage(role="placeholder", content=entry.placeholder), [
            TemplatePlace((*at, "placeholder"))
        ]
    if entry.role is None:
        resolving.report(
            "missing-field", "a message needs a `role`", at, expected="system, user or assistant"
        )
        return None
    if entry.content is not None:
        return PlanMessage(role=entry.role, content=entry.content), [TemplatePlace((*at, "content"))]
    parts, places = [], []
    for index, part in enumerate(entry.parts or ()):
        where = (*at, "parts", index)
        needed, other = ("text", "source") if part.type == "text" else ("source", "text")
        if getattr(part, needed) is None:
            resolving.report("missing-field", f"a part of type `{part.type}` needs `{needed}`", where)
            return None
        if getattr(part, other) is not None:
            message = f"a part of type `{part.type}` has no `{other}`"
            resolving.report("wrong-value", message, (*where, other), key=True)
            return None
        parts.append({"type": part.type, needed: getattr(part, needed)})
        places.append(TemplatePlace((*where, needed)))
    return PlanMessage(role=entry.role, parts=tuple(parts)), places


KIND = PromptKind(type="inline", fields=InlinePromptFields, resolve=_resolve)
