"""`python`: a function of the project."""

from collections.abc import Awaitable, Callable
from inspect import isawaitable, iscoroutine
from typing import Any, Literal

from evalspec.kinds.json_tree import fresh, fresh_item
from evalspec.kinds.loading import Loading
from evalspec.kinds.python import FactoryFields, LoadedCallable, check_factory, check_task, load_task
from evalspec.kinds.resolving import Resolved, Resolving
from evalspec.plan.values import Item
from evalspec.tasks.base import TaskError, TaskFields, TaskKind

__all__ = ["KIND", "PythonTaskFields"]


class PythonTaskFields(TaskFields, FactoryFields):
    """A Python function, called once for each trial of each item.

    A function with a parameter `item` is called as `task(item=item)`, as `Langfuse.run_experiment` does;
    one whose required parameters are among `input`, `expected_output`, `metadata` and `item` gets these by
    keyword; one with a single required parameter of any other name gets the input. It may be `async`;
    otherwise it runs in a worker thread.

        [task]
        type = "python"
        callable = "assistant.answers:capital_of"
        files = ["assistant/prompts/*.txt"]
        timeout = "30s"

    With `arguments` the function is what `callable` makes of them, a factory or a class, when a run begins:

        [task]
        type = "python"
        callable = "assistant.answers:Assistant"
        arguments = { style = "short", retries = 2 }

    What it returns is kept as JSON: dicts, lists, text, numbers, booleans, None, and what has an obvious
    JSON form (dataclasses, pydantic models, tuples, sets, enums, dates). Anything else fails the item with
    `output_not_json`.
    """

    type: Literal["python"] = "python"


class _PythonTask:
    def __init__(self, loaded: LoadedCallable) -> None:
        self._call = loaded.call.prepared(loaded.function, _VALUES)
        self.blocking = not loaded.is_async

    def __call__(self, item: Item, trial: int) -> Any | Awaitable[Any]:
        result = self._call(item)
        if self.blocking and isawaitable(result):
            if iscoroutine(result):
                result.close()
            raise TaskError("output_not_json", "the function returned a coroutine; declare it `async def`")
        return result


_VALUES: dict[str, Callable[[Item], Any]] = {
    "input": lambda item: fresh(item.input),
    "expected_output": lambda item: fresh(item.expected_output),
    "metadata": lambda item: fresh(item.metadata),
    "item": fresh_item,
}
"""What a function is given: copies, so that it cannot change what the evaluators see."""


def _resolve(fields: PythonTaskFields, resolving: Resolving) -> Resolved:
    code = resolving.code(("callable",), fields.callable, fields.files, fields.env)
    if code is not None:
        if fields.arguments is None:
            check_task(resolving, ("callable",), code)
        else:
            check_factory(resolving, ("callable",), code, fields.arguments)
    kept = fields.model_dump(mode="json", include={"callable", "files", "env", "arguments"})
    identity = {} if fields.arguments is None else {"arguments": fields.arguments}
    return Resolved({name: value for name, value in kept.items() if value or value == {}}, identity, code)


def _build(fields: dict[str, Any], loading: Loading) -> _PythonTask:
    return _PythonTask(load_task(fields["callable"], loading, fields.get("arguments")))


KIND = TaskKind(
    type="python", fields=PythonTaskFields, semantics=1, resolve=_resolve, build=_build, hands_item=True
)
