"""What an evaluator gave, checked against the score configs; and what a failed task scores."""

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evalspec.diagnostics.errors import UsageError
from evalspec.evaluators.base import ScoreValue
from evalspec.journal.records import ScorePart, ScoreRecord
from evalspec.plan.model import MAX_TEXT, Plan, PlanEvaluator, PlanScore

_Check = Callable[[Any], float | str]


class InvalidScore(Exception):
    """An evaluator gave something that its score config does not allow."""


class ScoreChecker:
    """Checks what one evaluator gives."""

    def __init__(
        self, evaluator: PlanEvaluator, scores: Mapping[str, PlanScore], normalise: Callable[[Any], Any]
    ) -> None:
        self._normalise = normalise
        self._checks = {key: (name, _check_for(name, scores[name])) for key, name in evaluator.scores.items()}
        self._only = self._checks.get("") if len(self._checks) == 1 else None

    def check(self, values: Sequence[ScoreValue]) -> tuple[ScoreRecord, ...]:
        """The scores, in order; those with None for a value are left out. Raises InvalidScore."""
        if len(values) == 1 and self._only is not None and values[0].key == "":
            name, check = self._only
            value = values[0]
            if value.value is None:
                return ()
            if value.comment is None and not value.metadata and not value.parts:
                return (ScoreRecord(name, check(value.value)),)
            return (self._record(name, check, value),)
        return self._check_several(values)

    def _check_several(self, values: Sequence[ScoreValue]) -> tuple[ScoreRecord, ...]:
        records: list[ScoreRecord] = []
        seen: set[str] = set()
        for value in values:
            key = value.key
            if key not in self._checks:
                raise InvalidScore(f"the evaluator gave a score for {key!r}, which the plan does not name")
            if key in seen:
                raise InvalidScore(f"the evaluator gave two scores for {key!r}")
            seen.add(key)
            if value.value is None:
                continue
            name, check = self._checks[key]
            records.append(self._record(name, check, value))
        if len(seen) < len(self._checks):
            missing = ", ".join(repr(self._checks[key][0]) for key in self._checks if key not in seen)
            raise InvalidScore(f"the evaluator gave nothing for {missing}")
        return tuple(records)

    def _record(self, name: str, check: _Check, value: ScoreValue) -> ScoreRecord:
        parts = tuple(
            ScorePart(part.observation, check(part.value), self._comment(part.comment))
            for part in value.parts
        )
        comment, metadata = self._comment(value.comment), self._metadata(value)
        return ScoreRecord(name, check(value.value), comment, metadata, parts=parts)

    def _comment(self, comment: Any) -> str | None:
        if comment is None:
            return None
        if not isinstance(comment, str):
            raise InvalidScore(f"the comment is of type {type(comment).__name__} and not text")
        return comment.encode("utf-8", "replace").decode()

    def _metadata(self, value: ScoreValue) -> dict[str, Any]:
        if not value.metadata:
            return {}
        try:
            metadata = self._normalise(value.metadata)
        except Exception as error:  # any: properties of user objects are read here
            raise InvalidScore(f"the metadata is no JSON: {error}") from error
        if not isinstance(metadata, dict):
            raise InvalidScore("the metadata is no mapping")
        return metadata


def imputed_scores(plan: Plan) -> tuple[ScoreRecord, ...]:
    """What `on_task_failure` gives an item whose task failed. Raises UsageError where a plan asks for a value
    that its score config does not have.
    """
    records: list[ScoreRecord] = []
    for name, config in plan.scores.items():
        if config.on_task_failure == "missing":
            continue
        value = worst_value(name, config) if config.on_task_failure == "worst" else config.on_task_failure
        try:
            records.append(ScoreRecord(name, _check_for(name, config)(value), imputed=True))
        except InvalidScore as error:
            raise UsageError(f"The score `{name}` has an impossible `on_task_failure`: {error}.") from None
    return tuple(records)


def worst_value(name: str, config: PlanScore) -> float | str:
    """The worst value there is, by the score's direction. Raises UsageError where there is none."""
    lower = config.direction == "lower"
    if config.direction != "none":
        if config.data_type == "BOOLEAN":
            return 1.0 if lower else 0.0
        bound = config.max if lower else config.min
        if config.data_type == "NUMERIC" and bound is not None:
            return bound
    if config.data_type == "CATEGORICAL" and config.categories:
        if config.good is not None and config.direction == "none":
            rest = {label: value for label, value in config.categories.items() if label not in config.good}
            if rest:
                return min(rest, key=lambda label: rest[label])
        elif config.direction != "none":
            categories = config.categories
            return (max if lower else min)(categories, key=lambda label: categories[label])
    raise UsageError(
        f"The score `{name}` has no worst value;"
        " give it bounds and a direction, or another `on_task_failure`."
    )


def _check_for(name: str, config: PlanScore) -> _Check:
    if config.data_type == "NUMERIC":
        return _numeric_check(name, config.min, config.max)
    if config.data_type == "BOOLEAN":
        return lambda value: _boolean(name, value)
    if config.data_type == "CATEGORICAL":
        categories = frozenset(config.categories or ())
        return lambda value: _category(name, value, categories)
    return lambda value: _text(name, value)


def _numeric_check(name: str, low: float | None, high: float | None) -> _Check:
    # Within these a number is finite.
    lowest = -sys.float_info.max if low is None else low
    highest = sys.float_info.max if high is None else high

    def check(value: Any) -> float:
        if type(value) is float and lowest <= value <= highest:
            return value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidScore(f"{_shown(value)} is no number, which `{name}` must be")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise InvalidScore(f"{_shown(value)} is not finite, which `{name}` must be")
        if number < lowest:
            raise InvalidScore(f"{_shown(value)} is below the minimum {lowest:g} of `{name}`")
        if number > highest:
            raise InvalidScore(f"{_shown(value)} is above the maximum {highest:g} of `{name}`")
        return number

    return check


def _boolean(name: str, value: Any) -> float:
    if isinstance(value, int | float) and value in (0, 1):
        return float(value)
    raise InvalidScore(f"{_shown(value)} is neither true nor false, which `{name}` must be")


def _category(name: str, value: Any, categories: frozenset[str]) -> str:
    if isinstance(value, str) and (not categories or value in categories):
        return str(value)
    raise InvalidScore(f"{_shown(value)} is no category of `{name}`")


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidScore(f"{_shown(value)} is no text, which `{name}` must be")
    if not 1 <= len(value) <= MAX_TEXT:
        raise InvalidScore(f"the text for `{name}` has {len(value)} characters; 1 to {MAX_TEXT} are allowed")
    return value.encode("utf-8", "replace").decode()


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
