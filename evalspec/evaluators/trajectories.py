"""What evaluators of trajectories share: the steps of a task, recorded below its call or given as a value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from evalspec.checking.patterns import BadPattern, compile_pattern, searchable
from evalspec.evaluators.base import (
    OBSERVATION_TYPES,
    EvaluationError,
    EvaluatorFields,
    EvaluatorKind,
    Needs,
    Subject,
    Yields,
)
from evalspec.evaluators.expressions import type_name
from evalspec.evaluators.nesting import MAX_DEPTH, is_too_deep
from evalspec.evaluators.observing import check_bounds, needs_observations, observed, observing_kind
from evalspec.evaluators.plain import Measure
from evalspec.kinds.fields import as_list
from evalspec.kinds.resolving import Resolving
from evalspec.kinds.tracing import ObservationType

__all__ = [
    "MAX_STEPS",
    "FilterFields",
    "ObservationTypes",
    "Step",
    "ToolFields",
    "TrajectoryFields",
    "arguments_of",
    "check_filter",
    "checked_depth",
    "chooser",
    "listed",
    "names_of",
    "trajectory_kind",
]

MAX_STEPS: Final = 10_000
"""Steps of one trajectory that is given as a value; with more it is `too_large`."""

_LEVELS: Final = ("DEBUG", "DEFAULT", "WARNING", "ERROR")


@dataclass(frozen=True, slots=True)
class Step:
    """One observation, as far as a trajectory goes. `duration` is in seconds, None where it is not known."""

    name: str
    type: str
    input: Any
    level: str
    duration: float | None


def _as_set(types: list[ObservationType]) -> list[ObservationType]:
    """Neither order nor repetition counts, so they are in no digest either."""
    return sorted(set(types))


_Several = Annotated[list[ObservationType], Field(min_length=1)]

ObservationTypes = Annotated[
    _Several,
    BeforeValidator(as_list, json_schema_input_type=ObservationType | _Several),
    AfterValidator(_as_set),
]
"""A Langfuse type of observations, or several, as a list."""


class TrajectoryFields(EvaluatorFields):
    """Fields of an evaluator that looks at what a task did."""

    observations: str | None = Field(
        None,
        description="Expression for the observations, where they stand in the output: a list of objects with "
        "`name` and, where they have them, `type` (otherwise `tool`), `input`, `output`, `level` and "
        "`duration` (seconds). Without it those that were recorded below the task's call.",
        examples=["output.trajectory"],
    )


class ToolFields(TrajectoryFields):
    """Fields of an evaluator that looks at calls of tools."""

    observation_type: ObservationType = Field(
        "tool",
        description="The Langfuse type of the observations that count as calls of tools.",
        examples=["agent"],
        json_schema_extra=OBSERVATION_TYPES,
    )


class FilterFields(TrajectoryFields):
    """Fields of an evaluator that looks at some of the observations."""

    name: str | None = Field(None, description="Only observations of this name.", examples=["search"])
    pattern: str | None = Field(
        None,
        description="Only observations in whose name this regular expression (RE2) is found; instead of "
        "`name`.",
        examples=["^search_"],
    )
    observation_type: ObservationTypes | None = Field(
        None,
        description="Only observations of this Langfuse type, or of one of several.",
        examples=["tool", ["tool", "retriever"]],
        json_schema_extra=OBSERVATION_TYPES,
    )


F = TypeVar("F", bound=TrajectoryFields)


def _needs(fields: TrajectoryFields) -> frozenset[Needs]:
    return needs_observations(fields) if fields.observations is None else frozenset()


def trajectory_kind(
    fields: type[F],
    measure: Callable[[dict[str, Any]], Measure],
    *,
    yields: Yields | Mapping[str, Yields],
    expressions: Sequence[str] = (),
    check: Callable[[F, Resolving], None] | None = None,
) -> EvaluatorKind[F]:
    """The kind of evaluator that a measure of trajectories makes: it is called with the steps, and the values
    of the expressions.
    """

    def of_subjects(resolved: dict[str, Any]) -> Measure:
        of_steps = measure(resolved)
        if "observations" in resolved:
            return lambda subject, given, *values: of_steps(_given(given), *values)
        return lambda subject, *values: of_steps(_recorded(subject), *values)

    return observing_kind(
        fields,
        of_subjects,
        yields=yields,
        group="trajectory",
        needs=_needs,
        expressions=("observations", *expressions),
        check=check,
    )


def check_filter(fields: FilterFields, resolving: Resolving) -> None:
    """Report a `pattern` that is none or stands beside `name`, and what `check_bounds` does."""
    check_bounds(fields, resolving)
    if fields.pattern is None:
        return
    if fields.name is not None:
        message = "`pattern` and `name` cannot stand together"
        resolving.report("wrong-value", message, ("pattern",), key=True, expected="one of the two")
    try:
        compile_pattern(fields.pattern)
    except BadPattern as error:
        resolving.report("invalid-regex", str(error), ("pattern",), offset=error.offset, length=error.length)


def chooser(fields: Mapping[str, Any]) -> Callable[[Sequence[Step]], Sequence[Step]]:
    """What chooses steps by the resolved fields `name`, `pattern` and `observation_type`, where these are
    there.
    """
    name, pattern, types = (fields.get(key) for key in ("name", "pattern", "observation_type"))
    kinds = None if types is None else frozenset(as_list(types))
    found_in = None if pattern is None else compile_pattern(pattern).search

    def is_chosen(step: Step) -> bool:
        return (
            name in (None, step.name)
            and (kinds is None or step.type in kinds)
            and (found_in is None or found_in(searchable(step.name)) is not None)
        )

    return lambda steps: [step for step in steps if is_chosen(step)]


def arguments_of(step: Step) -> Any:
    """The arguments that a tool was called with; {} where nothing is recorded.

    What `@observe` of the Langfuse SDK captures, `{"args": […], "kwargs": {…}}`, is the keyword arguments
    where there are no others.
    """
    found = step.input
    if found is None:
        return {}
    if isinstance(found, dict) and found.keys() == {"args", "kwargs"} and found["args"] in ([], ()):
        return found["kwargs"]
    return found


def names_of(role: str, value: Any) -> list[str]:
    """A list of names, or of objects that have one as `name`.

    EvaluationError `not_a_list` or `not_a_name` where it is something else.
    """
    return [_name(role, one) for one in listed(role, value)]


def listed(role: str, value: Any) -> list[Any]:
    """A value that has to be a list; anything else is EvaluationError `not_a_list`."""
    if not isinstance(value, list):
        raise EvaluationError("not_a_list", f"`{role}` is {type_name(value)} and not a list")
    return value


def checked_depth(role: str, value: Any) -> Any:
    """A value that is not nested too deeply to be looked at; else EvaluationError `too_large`."""
    if is_too_deep(value):
        raise EvaluationError("too_large", f"{role} is nested more than {MAX_DEPTH} levels deep")
    return value


def _name(role: str, one: Any) -> str:
    name = one.get("name") if isinstance(one, dict) else one
    if not isinstance(name, str):
        raise EvaluationError("not_a_name", f"`{role}` holds {type_name(one)} that is no name and has none")
    return name


def _recorded(subject: Subject) -> Sequence[Step]:
    return [Step(one.name, one.type, one.input, one.level, one.duration) for one in observed(subject)]


def _given(value: Any) -> Sequence[Step]:
    steps = listed("observations", value)
    if len(steps) > MAX_STEPS:
        message = f"`observations` has {len(steps)} elements; {MAX_STEPS} are allowed"
        raise EvaluationError("too_large", message)
    return [_step(number, one) for number, one in enumerate(steps)]


def _step(number: int, one: Any) -> Step:
    place = f"element {number} of `observations`"
    if not isinstance(one, dict):
        raise EvaluationError("not_an_observation", f"{place} is {type_name(one)} and not an object")
    name, kind, level = one.get("name"), one.get("type", "tool"), one.get("level", "DEFAULT")
    if not isinstance(name, str):
        raise EvaluationError("not_an_observation", f"{place} has no name")
    if not isinstance(kind, str):
        raise EvaluationError("not_an_observation", f"the type of {place} is {type_name(kind)} and not text")
    if level not in _LEVELS:
        raise EvaluationError("not_an_observation", f"the level of {place} is none of {', '.join(_LEVELS)}")
    duration = one.get("duration")
    if duration is not None and (
        isinstance(duration, bool) or not isinstance(duration, int | float) or duration < 0
    ):
        raise EvaluationError("not_an_observation", f"the duration of {place} is no number of seconds")
    return Step(name, kind.lower(), one.get("input"), level, duration)
