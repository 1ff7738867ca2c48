"""Tasks and evaluators made of functions, and runs of them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from evalspec.evaluators.base import ScoreValue, Subject
from evalspec.journal.journal import Journal
from evalspec.plan.model import Plan
from evalspec.plan.values import Item
from evalspec.runner import Outcome, execute
from evalspec.runner.retrying import Backoff
from tests.support.runs import RUN_ID, create_run

NO_WAIT = Backoff(initial=0.0, jitter=0.0)


class FunctionTask:
    """A task that calls `function(item, trial)`."""

    def __init__(self, function: Callable[[Item, int], Any], *, blocking: bool = False) -> None:
        self.function = function
        self.blocking = blocking

    def __call__(self, item: Item, trial: int) -> Any:
        return self.function(item, trial)


class FunctionEvaluator:
    """An evaluator that calls `function(subject)`, which gives one plain value or score values."""

    def __init__(self, function: Callable[[Subject], Any], *, blocking: bool = False) -> None:
        self.function = function
        self.blocking = blocking

    def __call__(self, subject: Subject) -> Any:
        result = self.function(subject)
        return self._later(result) if hasattr(result, "__await__") else _values(result)

    async def _later(self, result: Any) -> Any:
        return _values(await result)


def _values(result: Any) -> Any:
    return (ScoreValue(result),) if result is None or isinstance(result, int | float | str) else result


async def echo(item: Item, trial: int) -> Any:
    return item.input


def is_expected(subject: Subject) -> float:
    return float(subject.output == subject.item.expected_output)


async def carry_out(
    store: Path,
    plan: Plan,
    task: Callable[[Item, int], Any] = echo,
    evaluators: Mapping[str, Callable[[Subject], Any] | FunctionEvaluator] | None = None,
    *,
    blocking: bool = False,
    items: list[Item] | None = None,
    **options: Any,
) -> Outcome:
    """Begin a run, or go on with the one that is there, and close it again."""
    folder = store / "runs" / RUN_ID
    journal = Journal.open(folder) if folder.exists() else create_run(store, plan, items)
    given = evaluators or dict.fromkeys(plan.evaluators, is_expected)
    ready = {
        name: part if isinstance(part, FunctionEvaluator) else FunctionEvaluator(part)
        for name, part in given.items()
    }
    with journal:
        return await execute(
            plan,
            journal,
            task=FunctionTask(task, blocking=blocking),
            evaluators=ready,
            **{"backoff": NO_WAIT, **options},
        )


def folder_of(store: Path) -> Path:
    return store / "runs" / RUN_ID
