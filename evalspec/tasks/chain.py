"""`chain`: tasks one after the other, each with what came before."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from inspect import isawaitable
from typing import Annotated, Any, Literal

from pydantic import Field, SerializeAsAny

from evalspec.kinds.fields import KindFields, Variants
from evalspec.kinds.json_tree import NotJson, to_json
from evalspec.kinds.lifetime import aclose_if_open
from evalspec.kinds.loading import Loading
from evalspec.kinds.plugins.errors import PluginError
from evalspec.kinds.resolving import Problem, Resolved, Resolving
from evalspec.kinds.steps import StepNames
from evalspec.kinds.tracing import observe
from evalspec.kinds.waiting import in_daemon_thread
from evalspec.kinds.wording import clause
from evalspec.plan.values import Item
from evalspec.tasks import TASKS
from evalspec.tasks.base import PartFailed, TaskError, TaskFields, TaskKind, Versioned
from evalspec.tasks.steps import FIRST_NAMES, LATER_NAMES, resolve_step, step_models
from evalspec.tasks.variables import TASK_NAMES, StepItem, task_scope
from evalspec.templates import EvaluationError, Expression, MissingKey, compile_expression

__all__ = ["KIND", "ChainTaskFields"]


class ChainTaskFields(TaskFields):
    """Tasks one after the other, such as to retrieve and then to answer; each sees what came before.

        [task]
        type = "chain"

        [[task.steps]]
        name = "retrieve"
        type = "python"
        callable = "assistant.search:documents"

        [[task.steps]]
        name = "answer"
        type = "prompt"
        prompt = "answer"
        model = "answering"

    A step is a task of any other kind, also that of a plug-in, with the fields of that kind. To its
    expressions, and to the prompt that it names, the output of an earlier step is `steps.<name>`, and that of
    the one before `previous`. A function, program or plug-in gets the item with another `input`: the output
    of the step before, or what the step's field `input` says.

    The output is that of the last step, or what `output` makes of them. Each step is an observation of type
    `chain`. An item fails with the first step that does, and the failure names the step.
    """

    type: Literal["chain"] = "chain"
    steps: Annotated[list[SerializeAsAny[KindFields]], Variants("type", "step", step_models)] = Field(
        min_length=1,
        description="The steps in order: a task each, with a `name`.",
        examples=[[{"name": "answer", "type": "prompt", "prompt": "answer", "model": "answering"}]],
    )
    output: str | None = Field(
        None,
        description="Expression for the output, over `steps` and the item; by default that of the last step.",
        examples=["{'answer': steps.answer, 'documents': steps.retrieve}"],
    )


class _Step:
    """One step, ready to be called."""

    def __init__(self, step: Mapping[str, Any], position: int, loading: Loading) -> None:
        names = LATER_NAMES if position else FIRST_NAMES
        kind = TASKS[step["type"]]
        self.name: str = step["name"]
        self._task = kind.build(step["fields"], replace(loading, names=names))
        text = step.get("input", "previous" if position else "input")
        self._input = compile_expression(text, TASK_NAMES | names) if kind.hands_item else None

    async def __call__(self, item: StepItem, trial: int) -> Any:
        """The output of the step, a JSON tree. Raises PartFailed."""
        shown = item.names.get("previous", item.input)
        try:
            with observe(self.name, "chain", input=shown) as recording:
                given = item
                if self._input is not None:
                    value = _evaluated(self._input, "the step's `input`", task_scope(item))
                    given = replace(item, input=value)
                    recording.input = value
                recording.output = _tree(await self._called(given, trial))
        except Exception as error:
            raise PartFailed(f"the step `{self.name}`", error) from error
        return recording.output

    async def version(self) -> str | None:
        """Which version of the step's subject answers, where it can be asked. Raises CallFailed."""
        found = await self._task.version() if isinstance(self._task, Versioned) else None
        return None if found is None else f"{self.name}: {found}"

    async def aclose(self) -> None:
        await aclose_if_open(self._task)

    async def _called(self, item: Item, trial: int) -> Any:
        if self._task.blocking:
            return await in_daemon_thread(self._task, item, trial)
        result = self._task(item, trial)
        return await result if isawaitable(result) else result


class _ChainTask:
    blocking = False
    observes = True

    def __init__(self, fields: dict[str, Any], loading: Loading) -> None:
        self._steps = [_Step(step, position, loading) for position, step in enumerate(fields["steps"])]
        text = fields.get("output")
        self._output = None if text is None else compile_expression(text, TASK_NAMES | LATER_NAMES)

    async def __call__(self, item: Item, trial: int) -> Any:
        names: dict[str, Any] = {"steps": {}}
        for step in self._steps:
            seen = StepItem(item.id, item.input, item.expected_output, item.metadata, names)
            output = await step(seen, trial)
            names = {"steps": {**names["steps"], step.name: output}, "previous": output}
        if self._output is None:
            return names["previous"]
        return _evaluated(self._output, "the chain's `output`", {**task_scope(item), **names})

    async def version(self) -> str | None:
        found = [await step.version() for step in self._steps]
        return ", ".join(version for version in found if version is not None) or None

    async def aclose(self) -> None:
        async with AsyncExitStack() as closing:
            for step in self._steps:
                closing.push_async_callback(step.aclose)


def _evaluated(expression: Expression, what: str, scope: Mapping[str, Any]) -> Any:
    try:
        return expression.evaluate(scope)
    except EvaluationError as error:
        kind = "missing_key" if isinstance(error, MissingKey) else "expression_failed"
        raise TaskError(kind, f"{what}: {clause(error.message)}") from None


def _tree(output: Any) -> Any:
    try:
        return to_json(output)
    except NotJson as error:
        raise TaskError("output_not_json", error.message) from None


def _resolve(fields: ChainTaskFields, resolving: Resolving) -> Resolved:
    names = tuple(step.name for step in _steps_of(fields))
    for position, name in enumerate(names):
        if name in names[:position]:
            message = f"there are two steps `{name}`"
            resolving.report("wrong-value", message, ("steps", position, "name"))
    steps = [
        resolve_step(step, position, names, resolving) for position, step in enumerate(_steps_of(fields))
    ]
    kept: dict[str, Any] = {"steps": [step.kept for step in steps]}
    identity: dict[str, Any] = {"steps": [step.identity for step in steps]}
    if fields.output is not None:
        inner = resolving.part(steps=StepNames.at(len(names), names))
        inner.expression(("output",), fields.output, TASK_NAMES | LATER_NAMES)
        resolving.take((), inner)
        kept["output"] = identity["output"] = fields.output
    codes = {name: code for step in steps for name, code in step.codes.items()}
    unpinned = tuple(why for step in steps for why in step.unpinned)
    return Resolved(kept, identity, codes=codes, unpinned=unpinned)


def _steps_of(fields: ChainTaskFields) -> Iterator[Any]:
    """The steps, each of the model of its kind."""
    yield from fields.steps


def _check_items(
    fields: dict[str, Any], loading: Loading, ids: Sequence[str], repeats: int
) -> Iterable[Problem]:
    for position, step in enumerate(fields["steps"]):
        for problem in TASKS[step["type"]].check_items(step["fields"], loading, ids, repeats):
            yield replace(problem, at=("steps", position, *problem.at))


def _moved(fields: dict[str, Any], loading: Loading) -> Sequence[str]:
    moved: list[str] = []
    for step in fields["steps"]:
        try:
            found = TASKS[step["type"]].moved(step["fields"], loading)
        except PluginError as error:
            found = [error.message]
        moved += [f"the step `{step['name']}`: {sentence}" for sentence in found]
    return moved


def _build(fields: dict[str, Any], loading: Loading) -> _ChainTask:
    return _ChainTask(fields, loading)


KIND = TaskKind(
    type="chain",
    fields=ChainTaskFields,
    semantics=1,
    resolve=_resolve,
    build=_build,
    check_items=_check_items,
    moved=_moved,
)
