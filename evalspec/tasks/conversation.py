"""`conversation`: several turns with the subject, scripted or with a simulated user."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from evalspec.kinds.fields import KindFields
from evalspec.kinds.loading import Loading
from evalspec.kinds.python import check_turn
from evalspec.kinds.resolving import Resolved, Resolving
from evalspec.kinds.text_templates import check_template
from evalspec.tasks.base import TaskFields, TaskKind
from evalspec.tasks.dialogue import STOP_NAMES, ConversationTask
from evalspec.tasks.tools import ToolFields, resolve_tools
from evalspec.tasks.users import TURN_NAMES
from evalspec.tasks.variables import check_variables, task_names

__all__ = ["KIND", "ConversationTaskFields"]


class SimulatedUserFields(KindFields):
    """A model that plays the user. What it costs counts among the judges', `[limits.judges]`."""

    model: str = Field(
        description="Name of the model that plays the user, from `[models]`.", examples=["customer"]
    )
    persona: str = Field(
        description="Template of who the user is.", examples=["{{ metadata.persona }}, in a hurry"]
    )
    goal: str = Field(description="Template of what the user wants.", examples=["{{ input.goal }}"])
    opening: str | None = Field(
        None,
        description="Template of what the user says first; without one the model begins.",
        examples=["{{ input.question }}"],
    )
    stop: str = Field(
        "<done>",
        min_length=1,
        description="What the model says when the user has what they want, or gives up; it ends the "
        "conversation and is not said to the subject.",
    )
    max_turns: int = Field(8, ge=1, le=100, description="Turns at most.")
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="Parameters of its requests, before those of the model.",
        examples=[{"temperature": 0}],
    )


class ConversationTaskFields(TaskFields):
    """Several turns with the subject: a model, or a function that answers. The user's side is a script, or a
    model that plays a user with a goal.

        [task]
        type = "conversation"
        model = "answering"
        prompt = "support"

        [task.user]
        model = "customer"
        persona = "A customer who is short of time."
        goal = "{{ input.goal }}"

    A turn is a text of the user and the subject's answer. `turns` are the user's texts, as templates, or an
    expression for a list of texts; templates may also name `messages`, what was said so far, and `last`, the
    text of the last answer. `stop_when` ends the conversation early.

    The output is `{ messages, turns, stopped_by }`: what was said from the first turn on, in OpenAI's chat
    format, without the messages of the prompt; the number of turns; and `script`, `goal`, `max_turns` or
    `condition`. Each turn is an observation, and all that is recorded of a trial belongs to one session. An
    item fails with the first turn that does, and the failure names the turn.
    """

    type: Literal["conversation"] = "conversation"
    model: str | None = Field(
        None, description="Name of the model that is the subject, from `[models]`.", examples=["answering"]
    )
    prompt: str | None = Field(
        None,
        description="Name of the prompt that the model's messages begin with, from `[prompts]`.",
        examples=["support"],
    )
    variables: dict[str, str] = Field(
        default_factory=dict,
        description="Further names for the prompt and the templates: an expression over `input`, "
        "`expected_output`, `metadata` and `item` for each.",
        examples=[{"question": "input.question"}],
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="Parameters of the model's requests, before those of the model.",
        examples=[{"temperature": 0}],
    )
    tools: list[ToolFields] = Field(
        default_factory=list, description="Tools that the model may call, each with a `callable`."
    )
    max_steps: int = Field(
        10, ge=1, le=100, description="Answers of the model in a turn, at most, while it has tools called."
    )
    callable: str | None = Field(
        None,
        description="The function that is the subject, instead of a model, as `package.module:name`. It is "
        "called in each turn with what it takes of `messages`, `session_id` and `item`, and returns the "
        "answer: a text, a message, or several messages.",
        examples=["assistant.chat:answer"],
    )
    files: list[str] = Field(
        default_factory=list,
        description="Files that the function reads besides code, as patterns relative to the project root; "
        "their content belongs to the digest.",
        examples=[["assistant/prompts/*.txt"]],
    )
    env: list[str] = Field(
        default_factory=list,
        description="Names of environment variables that the function reads; digests of their values belong "
        "to the digest.",
        examples=[["REGION"]],
    )
    turns: list[str] | str | None = Field(
        None,
        description="What the user says: a template for each turn, or an expression for a list of texts.",
        examples=["input.turns"],
    )
    user: SimulatedUserFields | None = Field(
        None,
        description="A model that plays the user, instead.",
        examples=[{"model": "customer", "persona": "In a hurry.", "goal": "Cancel the order."}],
    )
    stop_when: str | None = Field(
        None,
        description="Expression that ends the conversation after a turn in which it holds, over `messages`, "
        "`last`, `turns` (their number so far) and the item.",
        examples=["'goodbye' in last"],
    )


_OF_THE_MODEL = ("prompt", "parameters", "tools", "max_steps")
_OF_THE_FUNCTION = ("files", "env")


def _resolve(fields: ConversationTaskFields, resolving: Resolving) -> Resolved:
    _check_sides(fields, resolving)
    names = task_names(resolving)
    check_variables(fields.variables, names, resolving)
    names |= fields.variables.keys()
    own = {"variables", "parameters", "max_steps", "turns", "stop_when"}
    kept = fields.model_dump(
        mode="json", include=own | {"model", "prompt", "callable", "user"}, exclude_none=True
    )
    identity = fields.model_dump(mode="json", include=own, exclude_defaults=True)
    if fields.model is not None:
        model = resolving.model(("model",), fields.model)
        identity["model"] = model.digest if model is not None else ""
    if fields.prompt is not None:
        prompt = resolving.prompt(("prompt",), fields.prompt, names)
        identity["prompt"] = prompt.digest if prompt is not None else ""
    tools, tools_identity, codes = resolve_tools(fields.tools, resolving)
    if tools:
        kept["tools"], identity["tools"] = tools, tools_identity
    code = None
    if fields.callable is not None:
        code = resolving.code(("callable",), fields.callable, fields.files, fields.env)
        if code is not None:
            check_turn(resolving, ("callable",), code)
    _check_user(fields, resolving, names)
    if fields.user is not None:
        player = resolving.model(("user", "model"), fields.user.model)
        identity["user"] = fields.user.model_dump(mode="json", exclude={"model"}, exclude_defaults=True)
        identity["user"]["model"] = player.digest if player is not None else ""
    if fields.stop_when is not None:
        resolving.expression(("stop_when",), fields.stop_when, names | STOP_NAMES)
    return Resolved(kept, identity, code, codes)


def _check_sides(fields: ConversationTaskFields, resolving: Resolving) -> None:
    """Report what each side of the conversation lacks, and what it has no use for."""
    _one_of(resolving, fields, "model", "callable", "nobody answers in the conversation")
    _one_of(resolving, fields, "turns", "user", "nobody speaks with the subject")
    given = fields.model_fields_set
    useless: Sequence[str] = ()
    if fields.model is None and fields.callable is not None:
        useless, needed = _OF_THE_MODEL, "model"
    elif fields.callable is None and fields.model is not None:
        useless, needed = _OF_THE_FUNCTION, "callable"
    for name in useless:
        if name in given:
            message = f"`{name}` has no meaning without `{needed}`"
            resolving.report("wrong-value", message, (name,), key=True)
    if fields.tools and not any(tool.callable is not None for tool in fields.tools):
        message = "a conversation would not go on after a tool that nobody calls"
        resolving.report("missing-field", message, ("tools",), expected="a `callable` for each tool")


def _one_of(resolving: Resolving, fields: ConversationTaskFields, one: str, other: str, neither: str) -> None:
    given = [name for name in (one, other) if getattr(fields, name) is not None]
    if not given:
        resolving.report("missing-field", neither, expected=f"`{one}` or `{other}`")
    elif len(given) == 2:
        message = f"`{one}` and `{other}` cannot stand together"
        resolving.report("wrong-value", message, (other,), key=True, expected="one of the two")


def _check_user(fields: ConversationTaskFields, resolving: Resolving, names: frozenset[str]) -> None:
    """Report what is wrong with the texts of the user's side."""
    if isinstance(fields.turns, list):
        if not fields.turns:
            resolving.report("wrong-value", "the script has no turns", ("turns",), expected="one at least")
        for index, text in enumerate(fields.turns):
            check_template(resolving, ("turns", index), text, names | TURN_NAMES)
    elif fields.turns is not None:
        resolving.expression(("turns",), fields.turns, names)
    if fields.user is not None:
        for name in ("persona", "goal", "opening"):
            text = getattr(fields.user, name)
            if text is not None:
                check_template(resolving, ("user", name), text, names)


def _build(fields: Mapping[str, Any], loading: Loading) -> ConversationTask:
    return ConversationTask(fields, loading)


KIND = TaskKind(
    type="conversation",
    fields=ConversationTaskFields,
    semantics=1,
    resolve=_resolve,
    build=_build,
    gives=frozenset({"latency", "observations", "session"}),
)
