"""Evaluators that look at observations of the task: which of them, and one value of several."""

import math
from collections.abc import Awaitable, Mapping, Sequence
from inspect import isawaitable
from typing import Any

from evalspec.evaluators.base import EvaluationError, Evaluator, ScoreValue, Subject
from evalspec.journal.records import ScorePart
from evalspec.kinds.observations import Observation
from evalspec.plan.model import DataType, PlanAttach, PlanEvaluator, PlanScore

__all__ = ["attached"]


def attached(evaluator: Evaluator, plan: PlanEvaluator, scores: Mapping[str, PlanScore]) -> Evaluator:
    """An evaluator that is called for the observations that it is attached to; itself where it is not.

    `scores` are the plan's, which say what one value of several is: whether all are true, or their mean.
    """
    attach = plan.attach
    if attach is None or attach.to != "observation":
        return evaluator
    kind = _Blocking if evaluator.blocking else _OnLoop
    return kind(evaluator, attach, {key: scores[name].data_type for key, name in plan.scores.items()})


class _Attached:
    def __init__(self, evaluator: Evaluator, attach: PlanAttach, types: Mapping[str, DataType]) -> None:
        self._evaluator: Any = evaluator
        self._attach = attach
        self._types = types
        self.observes = getattr(evaluator, "observes", False)

    def _chosen(self, subject: Subject) -> Sequence[Observation]:
        attach = self._attach
        found = [one for one in subject.observations if _fits(one, attach)]
        if not found:
            if attach.on_none == "skip":
                return ()
            raise EvaluationError("no_observation", f"the task has no {_described(attach)}")
        if attach.match == "one" and len(found) > 1:
            message = f"the task has {len(found)} of {_described(attach)}; `match` says which counts"
            raise EvaluationError("several_observations", message)
        return found if attach.match == "each" else found[-1:] if attach.match == "last" else found[:1]

    def _together(self, found: Sequence[tuple[Observation, Sequence[ScoreValue]]]) -> list[ScoreValue]:
        """One score for each key, with its values at the observations; none where there are none."""
        if not found:
            return [ScoreValue(None, key) for key in self._types]
        by_key: dict[str, list[tuple[Observation, ScoreValue]]] = {}
        for observation, values in found:
            for value in values:
                by_key.setdefault(value.key, []).append((observation, value))
        return [self._joined(key, values) for key, values in by_key.items()]

    def _joined(self, key: str, values: Sequence[tuple[Observation, ScoreValue]]) -> ScoreValue:
        parts = tuple(
            ScorePart(observation.id, value.value, value.comment)
            for observation, value in values
            if value.value is not None
        )
        if not parts:
            return ScoreValue(None, key)
        if self._attach.match != "each":
            only = values[0][1]
            return ScoreValue(only.value, key, only.comment, only.metadata, parts)
        several = [part.value for part in parts]
        value = _all_true(several) if self._types.get(key) == "BOOLEAN" else _mean(several)
        return ScoreValue(value, key, None, {}, parts)


class _OnLoop(_Attached):
    blocking = False

    async def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        found: list[tuple[Observation, Sequence[ScoreValue]]] = []
        for observation in self._chosen(subject):
            result: Sequence[ScoreValue] | Awaitable[Sequence[ScoreValue]] = self._evaluator(
                subject.at(observation)
            )
            found.append((observation, await result if isawaitable(result) else result))
        return self._together(found)


class _Blocking(_Attached):
    blocking = True

    def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        found = [
            (observation, self._evaluator(subject.at(observation))) for observation in self._chosen(subject)
        ]
        return self._together(found)


def _fits(observation: Observation, attach: PlanAttach) -> bool:
    return attach.name in (None, observation.name) and attach.type in (None, observation.type)


def _described(attach: PlanAttach) -> str:
    kind = attach.type or "observation"
    return kind if attach.name is None else f"{kind} named {attach.name!r}"


def _all_true(values: Sequence[Any]) -> bool:
    """Whether all are true; 0 and 1 are booleans to a BOOLEAN score."""
    for value in values:
        if not isinstance(value, int | float) or value not in (0, 1):
            raise EvaluationError("invalid_result", f"{value!r:.80} is neither true nor false")
    return all(values)


def _mean(values: Sequence[Any]) -> float:
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise EvaluationError("invalid_result", f"{value!r:.80} is no number that has a mean with others")
    return math.fsum(value / len(values) for value in values)
