"""What an evaluator kind is."""

import builtins
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from pydantic import Field

from evalspec.kinds.fields import KindFields
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving
from evalspec.plan.model import DataType
from evalspec.plan.values import Item

SUBJECT_NAMES = frozenset({"input", "output", "expected_output", "metadata", "item"})
"""The names an evaluator's expressions may use."""


class EvaluatorFields(KindFields):
    """Fields that every evaluator has."""

    description: str | None = Field(None, description="What the evaluator looks at, for people.")


class OneScoreFields(EvaluatorFields):
    """Fields of an evaluator that gives exactly one score."""

    score: str = Field(description="Name of the score it gives, from `[scores]`.")


@dataclass(slots=True, unsafe_hash=True)
class Subject:
    """What is evaluated: an item, what the task made of it, and which trial it was; not to be changed."""

    item: Item
    output: Any
    trial: int = 0

    def scope(self) -> dict[str, Any]:
        """The names that expressions see."""
        item = self.item
        return {
            "input": item.input,
            "output": self.output,
            "expected_output": item.expected_output,
            "metadata": item.metadata,
            "item": item.as_dict(),
        }


@dataclass(slots=True)
class ScoreValue:
    """One value an evaluator gave; not to be changed.

    `key` tells several scores of one evaluator apart and is empty where there is one. `value` is a number,
    a boolean, or a string (a category or a text); None says that the evaluator chose not to score: the
    score counts as skipped.
    """

    value: float | bool | str | None
    key: str = ""
    comment: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


class EvaluationError(Exception):
    """An evaluator could not give a score; `kind` is a stable name such as `too_large` or `missing_key`."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


class Evaluator(Protocol):
    """An evaluator ready to be called. A blocking one is called in a worker thread."""

    @property
    def blocking(self) -> bool: ...

    def __call__(self, subject: Subject) -> Sequence[ScoreValue] | Awaitable[Sequence[ScoreValue]]: ...


F = TypeVar("F", bound=EvaluatorFields)


@dataclass(frozen=True, slots=True)
class EvaluatorKind(Generic[F]):
    """One kind of evaluator: its fields, what it yields, how it is resolved, and how it is built.

    `semantics` is raised by hand whenever the meaning of its scores changes. `outputs` maps the keys of
    its scores to the names of score configs. `data_types` says which data types it can yield; `bounds` the
    range of its NUMERIC values where there is one; `reads` the expressions over item and output it
    evaluates.
    """

    type: str
    fields: builtins.type[F]
    semantics: int
    outputs: Callable[[F], dict[str, str]]
    data_types: Callable[[F], frozenset[DataType]]
    resolve: Callable[[F, Resolving], Resolved]
    build: Callable[[dict[str, Any], Loading], Evaluator]
    reads: Callable[[F], tuple[str, ...]] = lambda fields: ("output", "expected_output")
    bounds: tuple[float, float] | None = None
