"""What the templates and expressions of tasks see: the item, and names that the spec adds."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolving, Where
from evalspec.kinds.wording import clause
from evalspec.plan.values import Item
from evalspec.tasks.base import TaskError
from evalspec.templates import EvaluationError, MissingKey, compile_expression

__all__ = ["TASK_NAMES", "StepItem", "Variables", "check_variables", "task_names", "task_scope"]

TASK_NAMES: Final = frozenset({"input", "expected_output", "metadata", "item"})
"""The names that every task's expressions and templates may use."""


@dataclass(slots=True)
class StepItem(Item):
    """An item as the step of a chain has it: with the values of further names."""

    names: Mapping[str, Any] = field(default_factory=dict)


def task_names(around: Resolving | Loading) -> frozenset[str]:
    """The names that a task's expressions and templates may use: those of all tasks, and in a step of a chain
    `steps` and `previous`.
    """
    return TASK_NAMES | around.names


def task_scope(item: Item) -> dict[str, Any]:
    """The values of these names for an item."""
    scope = {
        "input": item.input,
        "expected_output": item.expected_output,
        "metadata": item.metadata,
        "item": item.as_dict(),
    }
    return {**scope, **item.names} if isinstance(item, StepItem) else scope


def check_variables(
    variables: Mapping[str, str], names: Collection[str], resolving: Resolving, at: Where = ("variables",)
) -> None:
    """Report what is wrong with the names that a spec adds, and with their expressions."""
    for name, text in variables.items():
        if not name.isidentifier() or name in names:
            what = "stands for something already" if name in names else "cannot be used in a template"
            message = f"the name `{name}` {what}"
            resolving.report("invalid-name", message, (*at, name), key=True)
        resolving.expression((*at, name), text, names)


class Variables:
    """The names that a spec adds, by their expressions."""

    def __init__(self, variables: Mapping[str, str], names: Collection[str]) -> None:
        self._expressions = {name: compile_expression(text, names) for name, text in variables.items()}

    @property
    def names(self) -> frozenset[str]:
        """The names."""
        return frozenset(self._expressions)

    def added_to(self, scope: Mapping[str, Any]) -> dict[str, Any]:
        """A scope with these names added. Raises TaskError `missing_key` or `expression_failed`."""
        values = dict(scope)
        for name, expression in self._expressions.items():
            try:
                values[name] = expression.evaluate(scope)
            except EvaluationError as error:
                kind = "missing_key" if isinstance(error, MissingKey) else "expression_failed"
                raise TaskError(kind, f"the variable `{name}`: {clause(error.message)}") from None
        return values
