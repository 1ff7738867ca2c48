"""What a prompt kind is: where the words come from that a model is told."""

import builtins
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

from pydantic import Field

from evalspec.kinds.fields import KindFields, meanings
from evalspec.kinds.prompting import ResolvedPrompt
from evalspec.kinds.resolving import Resolving

__all__ = ["HostedPrompt", "HostedPrompts", "PartFields", "PromptFields", "PromptKind", "Role"]

Role = Literal["system", "user", "assistant"]

ROLES = meanings(
    system="What the model is, and how it is to answer.",
    user="What is asked of it.",
    assistant="What it said before: an example, or the past of a conversation.",
)


class PromptFields(KindFields):
    """Fields that every prompt has."""

    description: str | None = Field(None, description="What the prompt is for, for people.")


class PartFields(KindFields):
    """A part of a message that is made of several: a text, or a medium that is named and not held."""

    type: Literal["text", "image", "audio", "file"] = Field(
        description="What the part is.",
        json_schema_extra=meanings(
            text="Text, a template.",
            image="An image.",
            audio="A sound, WAV or MP3.",
            file="A document, such as a PDF.",
        ),
    )
    text: str | None = Field(None, description="Template of the text of a `text` part.")
    source: str | None = Field(
        None,
        description="Expression for a medium: an https or data URL, a Langfuse media reference, or the path "
        "of a file in the project.",
        examples=["input.photo"],
    )


@dataclass(frozen=True, slots=True)
class HostedPrompt:
    """A prompt on a server, at one version: a text, or messages in Langfuse's form."""

    name: str
    version: int
    labels: tuple[str, ...]
    content: str | list[dict[str, Any]]


class HostedPrompts(Protocol):
    """The prompts on a server."""

    def prompt(self, name: str, version: int | None, label: str | None) -> HostedPrompt:
        """A prompt at a version, or at the one that a label names.

        Raises LookupError where there is none, ServiceUnreachable, and ServiceRefused.
        """


F = TypeVar("F", bound=PromptFields)


@dataclass(frozen=True, slots=True)
class PromptKind(Generic[F]):
    """One kind of prompt: its fields, and how it is resolved.

    `hosted` kinds are asked with the prompts on a server, which are not there for a check; the answer is then
    None, as it is after a mistake was reported.
    """

    type: str
    fields: builtins.type[F]
    resolve: Callable[[F, Resolving, HostedPrompts | None], ResolvedPrompt | None]
    hosted: bool = False
