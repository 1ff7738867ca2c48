"""`command`: a program that is called."""

from collections.abc import Sequence
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.kinds.commands.calling import CommandCaller
from evalspec.kinds.commands.fields import CommandFields
from evalspec.kinds.commands.resolving import moved_files, resolve_command
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving
from evalspec.plan.values import Item
from evalspec.tasks.base import TaskFields, TaskKind
from evalspec.tasks.variables import task_names, task_scope

__all__ = ["KIND", "CommandTaskFields"]

_COMMON: Final = frozenset({"type", "description", "timeout", "repeats"})


class CommandTaskFields(TaskFields, CommandFields):
    """A program, called once for each trial of each item, without a shell.

        [task]
        type = "command"
        argv = ["./bin/answer", "--lang", "{{ metadata.lang }}"]
        stdout = "text"
        env = ["ASSISTANT_TOKEN"]
        timeout = "30s"

    With `stdin` `json` it reads `{"id": …, "input": …, "metadata": …}`. Templates and the expressions in
    them see `input`, `expected_output`, `metadata` and `item`. It runs in a process group of its own, which
    ends with the call: on a timeout the group is told to end (SIGTERM), and killed after a second.

    An item fails with `exit_status` where the program exits with anything but 0, with the last line that it
    wrote to standard error, and with `not_utf8`, `invalid_json` or `too_large` (more than 10 MB) where its
    output cannot be used.
    """

    type: Literal["command"] = "command"
    with_expected: bool = Field(
        False, description="Whether the JSON document on standard input has the `expected_output`, too."
    )


class _CommandTask:
    blocking = False

    def __init__(self, fields: dict[str, Any], loading: Loading) -> None:
        self._caller = CommandCaller(fields, task_names(loading), loading)
        self._with_expected: bool = fields["with_expected"]

    async def __call__(self, item: Item, trial: int) -> Any:
        document = {"id": item.id, "input": item.input, "metadata": item.metadata}
        if self._with_expected:
            document["expected_output"] = item.expected_output
        return await self._caller.ask(task_scope(item), document)


def _resolve(fields: CommandTaskFields, resolving: Resolving) -> Resolved:
    document = ("input", "metadata", *(("expected_output",) if fields.with_expected else ()))
    resolved = resolve_command(fields, task_names(resolving), document, resolving, _COMMON)
    if fields.with_expected and fields.stdin != "json":
        message = "`with_expected` adds to a JSON document, and the standard input is none"
        resolving.report("wrong-value", message, ("with_expected",), key=True, expected='`stdin = "json"`')
    return resolved


def _build(fields: dict[str, Any], loading: Loading) -> _CommandTask:
    return _CommandTask(fields, loading)


def _moved(fields: dict[str, Any], loading: Loading) -> Sequence[str]:
    return moved_files(fields, loading)


KIND = TaskKind(
    type="command",
    fields=CommandTaskFields,
    semantics=1,
    resolve=_resolve,
    build=_build,
    moved=_moved,
    gives=frozenset({"latency"}),
    hands_item=True,
)
