"""What a task kind is."""

import builtins
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar, runtime_checkable

from pydantic import Field

from evalspec.kinds.fields import Duration, KindFields
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Problem, Resolved, Resolving
from evalspec.kinds.wording import message_of
from evalspec.plan.values import Item


class TaskFields(KindFields):
    """Fields that every task has."""

    description: str | None = Field(None, description="What is being tested, for people.")
    timeout: Duration | None = Field(None, description="Longest time one call may take.", examples=["30s"])
    repeats: int = Field(1, ge=1, le=1000, description="How often each item is tried.")


class TaskError(Exception):
    """A task has no output for an item, for a reason of its own kind; `kind` is a stable name."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


class PartFailed(TaskError):
    """A part of a task failed, such as a step of a chain or a turn of a conversation.

    What kind of failure that is, whether an outage is to blame and whether another try may help, is said by
    `cause`, which is what the part raised. A part that belongs to the `instrument`, such as a simulated user,
    is not what is measured, and its failure none of the subject's.
    """

    def __init__(self, part: str, cause: Exception, *, instrument: bool = False) -> None:
        self.cause = cause
        self.instrument = instrument
        super().__init__(getattr(cause, "kind", "exception"), f"{part}: {message_of(cause)}")


class Task(Protocol):
    """A task ready to be called with one item and the number of the trial. A blocking one gets a worker
    thread. One that records observations of its own (see `evalspec.kinds.tracing`) has an attribute
    `observes` that is true. One that holds connections has a coroutine function `aclose`, which is called
    when the run ends. One that can ask which version of the subject answers (see `Versioned`) is asked when
    the run begins.

    It returns the output, a JSON tree or a value that has an obvious one (dataclasses, pydantic models,
    tuples).
    """

    @property
    def blocking(self) -> bool: ...

    def __call__(self, item: Item, trial: int) -> Any | Awaitable[Any]: ...


@runtime_checkable
class Versioned(Protocol):
    """A task that knows which version of the subject answers, where it is told how to ask."""

    async def version(self) -> str | None:
        """The version now, or None where there is nothing to ask. Raises CallFailed."""
        ...


F = TypeVar("F", bound=TaskFields)

Gives = Literal["observations", "latency", "session"]
"""What there is of a call besides its output: observations below it, the time it took, a session."""


def _no_problems(
    fields: dict[str, Any], loading: Loading, ids: Sequence[str], repeats: int
) -> Iterable[Problem]:
    return ()


def _nothing_moved(fields: dict[str, Any], loading: Loading) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class TaskKind(Generic[F]):
    """One kind of task: its fields, how it is resolved, and how it is built.

    `semantics` is raised by hand whenever the meaning of the kind changes. `check_items` is asked when a
    spec is compiled, with the resolved fields, the ids of the selected items and the number of repeats.
    `moved` is asked before a plan is run: it names what the fields pin, besides code, that is no longer
    what is there. `gives` is what evaluators may look at besides the output. `extra` is the optional part of
    the installation that it needs. `hands_item` says that code or a program is given the item, so that a
    step of a chain says what the `input` of that item is.
    """

    type: str
    fields: builtins.type[F]
    semantics: int
    resolve: Callable[[F, Resolving], Resolved]
    build: Callable[[dict[str, Any], Loading], Task]
    check_items: Callable[[dict[str, Any], Loading, Sequence[str], int], Iterable[Problem]] = _no_problems
    moved: Callable[[dict[str, Any], Loading], Sequence[str]] = _nothing_moved
    gives: frozenset[Gives] = frozenset({"latency", "observations"})
    extra: str | None = None
    hands_item: bool = False
