"""A model's answer to messages, with the tools called that it asks for."""

from collections.abc import Mapping, Sequence
from typing import Any

from evalspec.kinds.generations import Asking, generate
from evalspec.kinds.loading import Loading
from evalspec.kinds.media import MediaFailed
from evalspec.kinds.prompting import PromptFailed, PromptRenderer, Rendered
from evalspec.models import Message, Reply
from evalspec.tasks.base import TaskError
from evalspec.tasks.tools import ToolBox

__all__ = ["Answering", "rendered"]


class Answering:
    """A model that is the subject, ready to answer; `fields` are a task's, with `model`, `tools`, `max_steps`
    and whatever else they have of a request.
    """

    def __init__(self, fields: Mapping[str, Any], loading: Loading) -> None:
        name = fields.get("prompt")
        self._tools = ToolBox(fields.get("tools", ()), loading)
        self._steps: int = fields["max_steps"]
        self._asking = Asking(
            models=loading.door(),
            name=fields["model"],
            use="subject",
            label=name or fields["model"],
            parameters=fields.get("parameters"),
            tools=self._tools.tools,
            schema=fields.get("schema"),
            stream=fields.get("stream", False),
            prompt=None if name is None else loading.prompts[name],
        )

    async def answer(
        self, messages: Sequence[Message], shown: Sequence[Mapping[str, Any]]
    ) -> tuple[Reply, list[Message]]:
        """The last answer, and everything that was said after these messages; `shown` is what is recorded of
        them. Raises ModelError, and TaskError `too_many_steps`.
        """
        said: list[Message] = []
        for _ in range(self._steps):
            reply = await generate(self._asking, [*messages, *said], [*shown, *said])
            said.append(reply.as_message())
            if not reply.tool_calls or not self._tools.callable:
                return reply, said
            for call in reply.tool_calls:
                said.append(await self._tools.call(call))
        raise TaskError("too_many_steps", f"the model still called tools after {self._steps} answers")


async def rendered(renderer: PromptRenderer, scope: Mapping[str, Any]) -> Rendered:
    """The messages of a task's prompt. Raises TaskError."""
    try:
        return await renderer.render(scope)
    except PromptFailed as error:
        raise TaskError(error.kind, str(error)) from None
    except MediaFailed as error:
        raise TaskError("media_failed", str(error)) from None
