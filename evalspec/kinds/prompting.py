"""Prompts: made of their sources when compiling, and of their templates and data when they are used."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from evalspec.kinds.media import MediaReader, content_part
from evalspec.kinds.resolving import Resolving, Where
from evalspec.kinds.wording import clause
from evalspec.plan.canonical import digest
from evalspec.plan.model import PlanMessage, PlanPrompt
from evalspec.templates import (
    EvaluationError,
    Expression,
    Template,
    TemplateError,
    TemplateProblem,
    compile_expression,
    compile_template,
    position,
)

__all__ = [
    "PromptFailed",
    "PromptRenderer",
    "Rendered",
    "ResolvedPrompt",
    "TemplatePlace",
    "check_prompt",
    "prompt_of",
]


@dataclass(frozen=True, slots=True)
class TemplatePlace:
    """Where a template or expression of a prompt stands: at a path below the prompt's section, or in a file
    of the project, which messages call `display`; `within` says in which text that stands elsewhere.
    """

    at: Where
    file: str | None = None
    display: str | None = None
    within: str | None = None


@dataclass(slots=True)
class ResolvedPrompt:
    """A prompt as the plan holds it, and where its templates stand."""

    plan: PlanPrompt
    texts: list[tuple[str, bool, TemplatePlace]]
    """Template, or expression where the second is true, and its place."""
    section: str = ""
    """JSON pointer of the prompt's section."""
    reported: set[tuple[str, int]] = field(default_factory=set)


def prompt_of(
    type: Literal["text", "chat"],  # noqa: A002 - the plan's own name
    messages: Sequence[tuple[PlanMessage, Sequence[TemplatePlace]]],
    origin: Mapping[str, Any],
    resolving: Resolving,
) -> ResolvedPrompt:
    """The prompt of some messages; mistakes of syntax are reported, at their places."""
    content = [message.model_dump(mode="json", exclude_none=True) for message, _ in messages]
    plan = PlanPrompt(
        type=type,
        messages=tuple(message for message, _ in messages),
        origin=dict(origin),
        # One text or a message of the user is the same to a model.
        digest=digest("prompt", {"messages": content}),
    )
    texts = [
        (text, is_expression, place)
        for message, places in messages
        for (text, is_expression), place in zip(_texts(message), places, strict=True)
    ]
    for text, is_expression, place in texts:
        for problem in _problems(text, is_expression, ()):
            if problem.code != "undefined-name":
                _report(resolving, None, text, place, problem)
    return ResolvedPrompt(plan, texts)


def check_prompt(prompt: ResolvedPrompt, names: Collection[str], resolving: Resolving) -> None:
    """Report the names in a prompt that whoever uses it does not give, at their places in the prompt."""
    for number, (text, is_expression, place) in enumerate(prompt.texts):
        for problem in (
            *_problems(text, is_expression, names),
            *_unknown_steps(text, is_expression, names, resolving),
        ):
            key = (f"{number}:{problem.message}", problem.offset)
            if problem.code in ("undefined-name", "unknown-step") and key not in prompt.reported:
                prompt.reported.add(key)
                _report(resolving, prompt.section, text, place, problem)


def _texts(message: PlanMessage) -> Iterator[tuple[str, bool]]:
    """The templates of a message, and its expressions: whether it is one is the second."""
    if message.content is not None:
        yield message.content, message.role == "placeholder"
    for part in message.parts or ():
        yield (part["text"], False) if part["type"] == "text" else (part["source"], True)


def _problems(text: str, is_expression: bool, names: Collection[str]) -> Sequence[TemplateProblem]:
    try:
        if is_expression:
            compile_expression(text, names)
        else:
            compile_template(text, names)
    except TemplateError as error:
        return error.problems
    return ()


def _unknown_steps(
    text: str, is_expression: bool, names: Collection[str], resolving: Resolving
) -> Iterator[TemplateProblem]:
    """The steps of a chain that a text names before they have an output."""
    if resolving.steps is None:
        return
    try:
        paths = (compile_expression if is_expression else compile_template)(text, names).paths
    except TemplateError:
        return
    for path in sorted(paths):
        mistake = resolving.steps.mistake(text, path)
        if mistake is not None:
            expected = mistake.pop("expected")
            if expected is not None:
                mistake["message"] += f"; there is {expected}"
            yield TemplateProblem("unknown-step", **{"offset": 0, "length": 1, **mistake})


def _report(
    resolving: Resolving, section: str | None, text: str, place: TemplatePlace, problem: TemplateProblem
) -> None:
    message = clause(problem.message)
    more: dict[str, Any] = {"suggestion": problem.suggestion, "length": problem.length}
    if place.file is not None:
        line, column = position(text, problem.offset)
        more["file"] = (place.display, line, column)
    elif place.within is not None:
        message = f"in {place.within}: {message}"
        del more["length"]
    else:
        more["offset"] = problem.offset
    resolving.report(problem.code, message, place.at, section=section, **more)


class PromptFailed(Exception):
    """A prompt has no words for some data; `kind` is a stable name such as `missing_key`."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Rendered:
    """The messages of a prompt in OpenAI's form: as they are sent, and as they are recorded, where media are
    named and not held.
    """

    messages: list[dict[str, Any]]
    shown: list[dict[str, Any]]


class PromptRenderer:
    """Makes messages of a plan's prompt. `media` reads what its parts name."""

    def __init__(self, prompt: PlanPrompt, names: Collection[str], media: MediaReader) -> None:
        self._media = media
        self._messages = [_compiled(message, names) for message in prompt.messages]

    async def render(self, scope: Mapping[str, Any]) -> Rendered:
        """The messages for this data. Raises PromptFailed."""
        messages: list[dict[str, Any]] = []
        shown: list[dict[str, Any]] = []
        for role, content in self._messages:
            try:
                if role == "placeholder":
                    assert isinstance(content, Expression)
                    past = _past(content, scope)
                    messages += past
                    shown += past
                elif isinstance(content, Template):
                    message = {"role": role, "content": content.render(scope)}
                    messages.append(message)
                    shown.append(message)
                else:
                    assert isinstance(content, list)
                    sent, named = await self._parts(content, scope)
                    messages.append({"role": role, "content": sent})
                    shown.append({"role": role, "content": named})
            except EvaluationError as error:
                kind = "missing_key" if getattr(error, "path", None) else "prompt_failed"
                raise PromptFailed(kind, f"the prompt cannot be made: {clause(error.message)}") from None
        return Rendered(messages, shown)

    async def _parts(
        self, parts: Sequence[tuple[str, Template | Expression]], scope: Mapping[str, Any]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        sent: list[dict[str, Any]] = []
        shown: list[dict[str, Any]] = []
        for kind, part in parts:
            if isinstance(part, Template):
                text = {"type": "text", "text": part.render(scope)}
                sent.append(text)
                shown.append(text)
            else:
                medium = await content_part(kind, part.evaluate(scope), self._media)
                sent.append(medium.sent)
                shown.append(medium.shown)
        return sent, shown


_Parts = list[tuple[str, Template | Expression]]


def _compiled(message: PlanMessage, names: Collection[str]) -> tuple[str, Template | Expression | _Parts]:
    if message.role == "placeholder":
        return message.role, compile_expression(message.content or "", names)
    if message.content is not None:
        return message.role, compile_template(message.content, names)
    parts: _Parts = [
        (part["type"], compile_template(part["text"], names))
        if part["type"] == "text"
        else (part["type"], compile_expression(part["source"], names))
        for part in message.parts or ()
    ]
    return message.role, parts


def _past(expression: Expression, scope: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = expression.evaluate(scope)
    if not isinstance(found, list) or not all(isinstance(one, dict) and "role" in one for one in found):
        message = f"`{expression.text}` is no list of messages with `role` and `content`"
        raise PromptFailed("prompt_failed", message)
    return [dict(one) for one in found if isinstance(one, dict)]
