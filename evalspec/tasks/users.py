"""Who speaks with the subject of a conversation: a script, or a model that plays a user."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Literal, Protocol

from evalspec.kinds.generations import Asking, generate
from evalspec.kinds.loading import Loading
from evalspec.kinds.wording import clause
from evalspec.models import Message
from evalspec.models.messages import text_of
from evalspec.tasks.base import TaskError
from evalspec.templates import (
    EvaluationError,
    Expression,
    MissingKey,
    Template,
    compile_expression,
    compile_template,
)

__all__ = ["TURN_NAMES", "Script", "SimulatedUser", "User", "Users", "evaluated"]

TURN_NAMES: Final = frozenset({"messages", "last"})
"""What the text of a turn may name of the conversation: what was said, and the text of the last answer."""

_INSTRUCTIONS: Final = """\
You play the user of an assistant. What the assistant says is shown to you as the other side's messages.

Who you are:
{persona}

What you want:
{goal}

Write only what the user says next, in the user's own words, and never answer in the assistant's place. \
When you have what you want, or it is clear that you will not get it, write {stop} and nothing else."""
_BEGIN: Final = "The conversation begins. What do you say first?"


class User(Protocol):
    """Speaks with the subject for one trial of one item. `ended_by` is why it has nothing more to say after
    its last turn.
    """

    @property
    def ended_by(self) -> Literal["script", "max_turns"]: ...

    def has_turn(self, turn: int) -> bool:
        """Whether it may speak in this turn, counted from 1."""
        ...

    async def say(self, turn: int, scope: Mapping[str, Any]) -> str | None:
        """What it says in a turn, with `messages` and `last` in the scope; None where it has reached its
        goal. Raises TaskError and ModelError.
        """
        ...


class Script:
    """Says one text after the other."""

    ended_by: Literal["script"] = "script"

    def __init__(self, turns: Sequence[Template | str]) -> None:
        self._turns = turns

    def has_turn(self, turn: int) -> bool:
        return turn <= len(self._turns)

    async def say(self, turn: int, scope: Mapping[str, Any]) -> str | None:
        text = self._turns[turn - 1]
        return text if isinstance(text, str) else evaluated(text.render, "the turn's text", scope)


class SimulatedUser:
    """A model that plays a user. It sees the conversation from the other side: the subject's messages are
    the user's to it, without tools and their results.
    """

    ended_by: Literal["max_turns"] = "max_turns"

    def __init__(self, asking: Asking, instructions: str, opening: str | None, stop: str, turns: int) -> None:
        self._asking = asking
        self._instructions = instructions
        self._opening = opening
        self._stop = stop
        self._turns = turns

    def has_turn(self, turn: int) -> bool:
        return turn <= self._turns

    async def say(self, turn: int, scope: Mapping[str, Any]) -> str | None:
        if turn == 1 and self._opening is not None:
            return self._opening
        asked = [{"role": "system", "content": self._instructions}, {"role": "user", "content": _BEGIN}]
        reply = await generate(self._asking, [*asked, *_mirrored(scope["messages"])])
        if self._stop in reply.text:
            return None
        if not reply.text.strip():
            raise TaskError("no_turn", "the simulated user said nothing")
        return reply.text.strip()


class Users:
    """Makes the user that a conversation's `turns` or `user` describe. `names` are those that the templates
    and expressions see of an item.
    """

    def __init__(self, fields: Mapping[str, Any], loading: Loading, names: Collection[str]) -> None:
        turns, user = fields.get("turns"), fields.get("user")
        self._script: list[Template | str] | None = None
        self._turns: Expression | None = None
        if isinstance(turns, list):
            self._script = [compile_template(text, {*names, *TURN_NAMES}) for text in turns]
        elif turns is not None:
            self._turns = compile_expression(turns, names)
        if user is not None:
            self._stop: str = user["stop"]
            self._most: int = user["max_turns"]
            self._words = {
                name: compile_template(user[name], names)
                for name in ("persona", "goal", "opening")
                if name in user
            }
            self._asking = Asking(
                models=loading.door(),
                name=user["model"],
                # It is part of what measures, and not of what is measured.
                use="judge",
                label="user",
                parameters=user.get("parameters"),
            )

    def begin(self, scope: Mapping[str, Any]) -> User:
        """The user of one trial of one item. Raises TaskError."""
        if self._script is not None:
            return Script(self._script)
        if self._turns is not None:
            texts = evaluated(self._turns.evaluate, "`turns`", scope)
            if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
                raise TaskError("wrong_turns", f"`{self._turns.text}` is no list of texts")
            return Script(texts)
        said = {
            name: evaluated(template.render, f"the user's `{name}`", scope)
            for name, template in self._words.items()
        }
        instructions = _INSTRUCTIONS.format(persona=said["persona"], goal=said["goal"], stop=self._stop)
        return SimulatedUser(self._asking, instructions, said.get("opening"), self._stop, self._most)


def evaluated(function: Any, what: str, scope: Mapping[str, Any]) -> Any:
    """What an expression or a template gives. Raises TaskError `missing_key` or `expression_failed`."""
    try:
        return function(scope)
    except EvaluationError as error:
        kind = "missing_key" if isinstance(error, MissingKey) else "expression_failed"
        raise TaskError(kind, f"{what}: {clause(error.message)}") from None


def _mirrored(messages: Sequence[Message]) -> list[Message]:
    """The conversation as the user sees it."""
    roles = {"user": "assistant", "assistant": "user"}
    return [
        {"role": roles[message["role"]], "content": text_of(message.get("content"))}
        for message in messages
        if message["role"] in roles and text_of(message.get("content"))
    ]
