"""Evaluators that read each other's scores: in which order they are called, and when they are not."""

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from evalspec.evaluators.base import EvaluationError, Subject
from evalspec.evaluators.expressions import Lookup, compile_lookup, type_name
from evalspec.journal.records import EvaluationRecord, EvaluationStatus, Failure, ScoreRecord
from evalspec.plan.model import Plan
from evalspec.runner.failures import failure_of

Value = float | bool | str | None


class _Skipped(Enum):
    SKIPPED = "skipped"


Skip: TypeAlias = Literal[_Skipped.SKIPPED]
SKIP: Final = _Skipped.SKIPPED
"""An evaluator is not called, because its `when` does not hold."""


def stages_of(plan: Plan) -> list[list[str]]:
    """The evaluators by stages, each in the plan's order: those of one read scores of earlier ones only.

    ValueError for a plan whose evaluators wait for each other.
    """
    givers = {score: name for name, part in plan.evaluators.items() for score in part.scores.values()}
    needed = {
        name: {givers[score] for score in part.after if score in givers}
        for name, part in plan.evaluators.items()
    }
    stages: list[list[str]] = []
    while needed:
        stage = [name for name, others in needed.items() if others.isdisjoint(needed)]
        if not stage:
            raise ValueError(f"these evaluators wait for each other: {', '.join(needed)}")
        stages.append(stage)
        needed = {name: others for name, others in needed.items() if name not in stage}
    return stages


_NONE: Final[Mapping[str, Value]] = MappingProxyType({})


class Composition:
    """What the evaluators of a plan see of each other's scores."""

    def __init__(self, plan: Plan) -> None:
        self._conditions: dict[str, Lookup] = {
            name: compile_lookup("when", part.when)
            for name, part in plan.evaluators.items()
            if part.when is not None
        }
        self._after = {name: part.after for name, part in plan.evaluators.items() if part.after}
        self._boolean = {name for name, score in plan.scores.items() if score.data_type == "BOOLEAN"}
        wanted = {score for scores in self._after.values() for score in scores}
        self._gives = {
            name: tuple(score for score in part.scores.values() if score in wanted)
            for name, part in plan.evaluators.items()
        }

    def scores(self, evaluations: Iterable[EvaluationRecord]) -> Mapping[str, Value]:
        """What is known of the scores before any evaluator is called: what earlier sessions recorded."""
        if not self._after:
            return _NONE
        found: dict[str, Value] = {}
        for record in evaluations:
            if record.evaluator and record.status is not EvaluationStatus.FAILED:
                self._keep(record.evaluator, record.scores, found)
        return found

    def note(self, evaluator: str, scores: Sequence[ScoreRecord], subject: Subject) -> None:
        """Let the evaluators that follow see what this one gave."""
        if self._after:
            assert isinstance(subject.scores, dict)  # the one that `scores` made
            self._keep(evaluator, scores, subject.scores)

    def may_skip(self, evaluator: str) -> bool:
        """Whether `before` has something to say about an evaluator."""
        return evaluator in self._after or evaluator in self._conditions

    def before(self, evaluator: str, subject: Subject) -> Failure | Skip | None:
        """Why an evaluator is not called, if that is so."""
        for score in self._after.get(evaluator, ()):
            if score not in subject.scores:
                return Failure("missing_score", "", f"the score `{score}` was not given, and this reads it")
        condition = self._conditions.get(evaluator)
        if condition is None:
            return None
        try:
            holds = condition(subject.scope())
        except EvaluationError as error:
            return failure_of(error)
        if type(holds) is not bool:
            message = f"`when` is {type_name(holds)}, neither true nor false"
            return Failure("not_a_boolean", "EvaluationError", message)
        return None if holds else SKIP

    def _keep(self, evaluator: str, scores: Sequence[ScoreRecord], found: MutableMapping[str, Value]) -> None:
        if not (wanted := self._gives[evaluator]):
            return
        given = {record.name: record.value for record in scores}
        for name in wanted:
            value = given.get(name)
            found[name] = bool(value) if name in self._boolean and value is not None else value
