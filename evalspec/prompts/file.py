"""`file`: a prompt in a file, or in one for each message."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from evalspec.kinds.fields import KindFields
from evalspec.kinds.item_errors import display_path
from evalspec.kinds.prompting import ResolvedPrompt, TemplatePlace, prompt_of
from evalspec.kinds.resolving import Resolving, Where
from evalspec.plan.model import PlanMessage
from evalspec.prompts.base import ROLES, HostedPrompts, PromptFields, PromptKind, Role

__all__ = ["KIND", "FilePromptFields"]


class FileMessageFields(KindFields):
    """One message of a chat prompt, in a file of its own."""

    role: Role = Field(description="Who says it.", json_schema_extra=ROLES)
    path: str = Field(
        description="The file that holds the text, a Jinja2 template; relative to the spec.",
        examples=["prompts/system.jinja"],
    )


class FilePromptFields(PromptFields):
    """A prompt in a file: one text, or a file for each message of a chat.

        [prompts.answer]
        type = "file"
        messages = [
          { role = "system", path = "prompts/system.jinja" },
          { role = "user", path = "prompts/question.jinja" },
        ]

    The files are Jinja2 templates in UTF-8, as `inline` describes them. One line break at the end does not
    count. The plan holds their text, so a run does not read them again.
    """

    type: Literal["file"] = "file"
    path: str | None = Field(
        None,
        description="The file that holds the prompt as one text, of the user; relative to the spec.",
        examples=["prompts/answer.jinja"],
    )
    messages: list[FileMessageFields] | None = Field(None, description="A file for each message, instead.")


def _resolve(
    fields: FilePromptFields, resolving: Resolving, hosted: HostedPrompts | None
) -> ResolvedPrompt | None:
    if (fields.path is None) == (fields.messages is None):
        neither = fields.path is None
        message = "the prompt has no file" if neither else "`path` and `messages` cannot stand together"
        code, at = ("missing-field", ()) if neither else ("wrong-value", ("messages",))
        resolving.report(code, message, at, key=True, expected="`path` or `messages`")
        return None
    if fields.path is not None:
        found = [_read(resolving, ("path",), "user", fields.path)]
    else:
        entries = fields.messages or []
        if not entries:
            resolving.report(
                "wrong-value", "the prompt has no messages", ("messages",), expected="one at least"
            )
        found = [
            _read(resolving, ("messages", index, "path"), entry.role, entry.path)
            for index, entry in enumerate(entries)
        ]
    messages = [entry for entry in found if entry is not None]
    if not messages or len(messages) < len(found):
        return None
    paths = [place.file for _, places in messages for place in places if place.file is not None]
    kind: Literal["text", "chat"] = "text" if fields.path is not None else "chat"
    return prompt_of(kind, messages, {"type": "file", "paths": paths}, resolving)


def _read(
    resolving: Resolving, at: Where, role: Role, text: str
) -> tuple[PlanMessage, list[TemplatePlace]] | None:
    path = resolving.path(at, text)
    if path is None:
        return None
    file = Path(resolving.root / path)
    try:
        content = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        resolving.report("not-readable", f"`{text}` is not UTF-8", at)
        return None
    except OSError as error:
        resolving.report("not-readable", f"`{text}` cannot be read: {error.strerror}", at)
        return None
    content = content.replace("\r\n", "\n").removesuffix("\n")
    return PlanMessage(role=role, content=content), [TemplatePlace(at, path, display_path(file))]


KIND = PromptKind(type="file", fields=FilePromptFields, resolve=_resolve)
