"""A conversation as it is held: turn after turn, until one side has nothing more to say."""

from collections.abc import Mapping, Sequence
from inspect import isawaitable
from typing import Any, Final, Protocol

from evalspec.journal.ids import session_id
from evalspec.kinds.json_tree import NotJson, fresh, fresh_item, to_json
from evalspec.kinds.loading import Loading
from evalspec.kinds.prompting import PromptRenderer, Rendered
from evalspec.kinds.python import load_turn
from evalspec.kinds.tracing import Recording, current_call, observe
from evalspec.kinds.waiting import in_daemon_thread
from evalspec.models import Message, ModelError
from evalspec.models.messages import text_of
from evalspec.plan.values import Item
from evalspec.tasks.answering import Answering, rendered
from evalspec.tasks.base import PartFailed, TaskError
from evalspec.tasks.users import TURN_NAMES, User, Users, evaluated
from evalspec.tasks.variables import Variables, task_names, task_scope
from evalspec.templates import compile_expression

__all__ = ["STOP_NAMES", "ConversationTask"]

STOP_NAMES: Final = TURN_NAMES | {"turns"}
"""What the condition that ends a conversation may name besides the item."""

_ROLES: Final = frozenset({"assistant", "tool"})


class _Subject(Protocol):
    """Answers in a conversation."""

    async def begin(self, scope: Mapping[str, Any]) -> Rendered:
        """What the conversation begins with, before the first turn."""
        ...

    async def answer(
        self, opening: Rendered, messages: Sequence[Message], item: Item, session: str
    ) -> list[Message]:
        """What it says to the last of the messages; the last of these is its answer."""
        ...


class _Model:
    """A model with a prompt and tools."""

    def __init__(self, fields: Mapping[str, Any], loading: Loading, names: frozenset[str]) -> None:
        name = fields.get("prompt")
        self._renderer = None if name is None else PromptRenderer(loading.prompts[name], names, loading.media)
        self._answering = Answering(fields, loading)

    async def begin(self, scope: Mapping[str, Any]) -> Rendered:
        return Rendered([], []) if self._renderer is None else await rendered(self._renderer, scope)

    async def answer(
        self, opening: Rendered, messages: Sequence[Message], item: Item, session: str
    ) -> list[Message]:
        _, said = await self._answering.answer([*opening.messages, *messages], [*opening.shown, *messages])
        return said


class _Function:
    """A function of the project."""

    def __init__(self, reference: str, loading: Loading) -> None:
        self._function = load_turn(reference, loading)

    async def begin(self, scope: Mapping[str, Any]) -> Rendered:
        return Rendered([], [])

    async def answer(
        self, opening: Rendered, messages: Sequence[Message], item: Item, session: str
    ) -> list[Message]:
        # Copies, so that it cannot change what was said.
        values = {"messages": fresh(list(messages)), "session_id": session, "item": fresh_item(item)}
        if self._function.is_async:
            result = await self._function(**values)
        else:
            result = await in_daemon_thread(lambda: self._function(**values))
            if isawaitable(result):
                result = await result
        return _messages_of(result)


def _messages_of(result: Any) -> list[Message]:
    """What a function returned as messages. Raises TaskError `wrong_answer`."""
    try:
        tree: Any = to_json(result)
    except NotJson as error:
        raise TaskError("wrong_answer", f"the answer is no JSON: {error.message}") from None
    if isinstance(tree, str):
        return [{"role": "assistant", "content": tree}]
    said = tree if isinstance(tree, list) else [tree]
    if (
        not said
        or not all(isinstance(one, dict) and one.get("role") in _ROLES for one in said)
        or said[-1]["role"] != "assistant"
    ):
        message = "the answer is neither a text nor messages of the assistant and its tools"
        raise TaskError("wrong_answer", message)
    return said


class ConversationTask:
    """The task, ready to be called."""

    blocking = False
    observes = True

    def __init__(self, fields: Mapping[str, Any], loading: Loading) -> None:
        names = task_names(loading)
        self._variables = Variables(fields.get("variables", {}), names)
        names |= self._variables.names
        self._users = Users(fields, loading, names)
        self._subject: _Subject = (
            _Function(fields["callable"], loading) if "callable" in fields else _Model(fields, loading, names)
        )
        text = fields.get("stop_when")
        self._stop_when = None if text is None else compile_expression(text, names | STOP_NAMES)

    async def __call__(self, item: Item, trial: int) -> dict[str, Any]:
        scope = self._variables.added_to(task_scope(item))
        opening = await self._subject.begin(scope)
        user = self._users.begin(scope)
        call = current_call()
        session = session_id("" if call is None else call[0], item.id, trial)
        messages: list[Message] = []
        turns = 0
        stopped_by: str | None = None
        while stopped_by is None:
            number = turns + 1
            if not user.has_turn(number):
                stopped_by = user.ended_by
                break
            try:
                with observe(f"turn {number}") as recording:
                    said = await self._turn(recording, number, user, opening, messages, scope, item, session)
                    if said is None:
                        stopped_by = "goal"
                        break
                    messages += said
                    turns = number
                    if self._stops(scope, messages, turns):
                        stopped_by = "condition"
            except Exception as error:
                raise PartFailed(f"turn {number}", error) from error
        return {"messages": messages, "turns": turns, "stopped_by": stopped_by}

    async def _turn(
        self,
        recording: Recording,
        number: int,
        user: User,
        opening: Rendered,
        messages: Sequence[Message],
        scope: Mapping[str, Any],
        item: Item,
        session: str,
    ) -> list[Message] | None:
        """What is said in a turn, by the user and by the subject; None where the user is done."""
        try:
            text = await user.say(number, {**scope, **_said(messages)})
        except ModelError as error:
            raise PartFailed("the simulated user", error, instrument=True) from error
        recording.input = text
        if text is None:
            recording.metadata["stopped_by"] = "goal"
            return None
        asked = {"role": "user", "content": text}
        answers = await self._subject.answer(opening, [*messages, asked], item, session)
        recording.output = text_of(answers[-1].get("content"))
        return [asked, *answers]

    def _stops(self, scope: Mapping[str, Any], messages: Sequence[Message], turns: int) -> bool:
        if self._stop_when is None:
            return False
        names = {**scope, **_said(messages), "turns": turns}
        return bool(evaluated(self._stop_when.evaluate, "`stop_when`", names))


def _said(messages: Sequence[Message]) -> dict[str, Any]:
    last = text_of(messages[-1].get("content")) if messages else ""
    return {"messages": list(messages), "last": last}
