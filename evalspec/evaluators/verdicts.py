"""Verdicts of judges: the form they are asked for in, how several become one, and how far they agree."""

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

from evalspec.evaluators.base import BOOLEAN, CATEGORY, NUMBER, SHARE, EvaluationError, Yields
from evalspec.evaluators.expressions import type_name
from evalspec.plan.model import Direction
from evalspec.plan.numbers import in_words
from evalspec.rubrics.model import Categories, Scale

__all__ = ["Answer", "Combine", "Form", "agreement_of", "combined", "form_of", "keys_of"]

Answer = bool | float | str
"""True or false, a number on a scale, or a label."""

Combine = Literal["vote", "mean", "median"]


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a verdict: `boolean`, a number from `low` to `high`, or one of `labels`.

    `values` are those of the labels where they have some; `low` and `high` are then the least and greatest.
    `direction` says which way is better, where a verdict has a value.
    """

    type: Literal["boolean", "number", "label"]
    low: float = 0.0
    high: float = 1.0
    integer: bool = False
    labels: tuple[str, ...] = ()
    values: tuple[float, ...] = ()
    direction: Direction = "higher"

    @property
    def has_value(self) -> bool:
        """Whether a verdict is a number, or a label with one."""
        return self.type == "number" or bool(self.values)

    @property
    def default_combine(self) -> Combine:
        """How several verdicts become one unless somebody says."""
        return "mean" if self.type == "number" else "vote"

    def schema(self) -> dict[str, Any]:
        """The JSON schema of a verdict."""
        if self.type == "boolean":
            return {"type": "boolean"}
        if self.type == "label":
            return {"type": "string", "enum": list(self.labels)}
        kind = "integer" if self.integer else "number"
        return {"type": kind, "minimum": _short(self.low), "maximum": _short(self.high)}

    def words(self) -> str:
        """The form in words, for the judge."""
        if self.type == "boolean":
            return "`true` or `false`"
        if self.type == "label":
            return "one of " + ", ".join(f"`{label}`" for label in self.labels)
        kind = "a whole number" if self.integer else "a number"
        return f"{kind} from {_short(self.low)} to {_short(self.high)}"

    def read(self, verdict: Any) -> Answer:
        """A verdict as it was answered. Raises EvaluationError `wrong_schema` where it is none."""
        if self.type == "boolean" and isinstance(verdict, bool):
            return verdict
        if self.type == "label" and isinstance(verdict, str) and verdict in self.labels:
            return verdict
        is_number = isinstance(verdict, int | float) and not isinstance(verdict, bool)
        if (
            self.type == "number"
            and is_number
            and self.low <= verdict <= self.high
            and (not self.integer or verdict == int(verdict))
        ):
            return float(verdict)
        shown = f"`{verdict}`" if is_number else type_name(verdict)
        raise EvaluationError("wrong_schema", f"the verdict is {shown} and not {self.words()}")

    def value_of(self, answer: Answer) -> float:
        """The number that an answer stands for; of a form that has values."""
        return self.values[self.labels.index(answer)] if isinstance(answer, str) else float(answer)


def form_of(scale: Scale | None, categories: Categories | None, direction: Direction | None = None) -> Form:
    """The form that a rubric or an evaluator asks for; true or false without scale and categories."""
    direction = direction or "higher"
    if scale is not None:
        return Form("number", scale.min, scale.max, scale.integer, direction=direction)
    if categories is None:
        return Form("boolean")
    if isinstance(categories, list):
        return Form("label", labels=tuple(categories))
    # By value, so that the order of a table's keys decides nothing.
    pairs = sorted(categories.items(), key=lambda pair: (pair[1], pair[0]))
    labels, values = tuple(label for label, _ in pairs), tuple(value for _, value in pairs)
    return Form("label", values[0], values[-1], labels=labels, values=values, direction=direction)


def keys_of(
    form: Form, combine: Combine, *, threshold: bool = False, several: bool = False
) -> dict[str, Yields]:
    """What a judged score can be, by key; the first is what `score` alone names.

    `several` says that there are several answers, which agree to some degree.
    """
    value = Yields(NUMBER.data_types, (form.low, form.high), form.direction)
    keys: dict[str, Yields] = {}
    if form.type == "boolean":
        keys["passed"] = BOOLEAN
    if form.type == "label" and combine == "vote":
        keys["label"] = CATEGORY
    if form.has_value:
        keys["value"] = value
        if threshold:
            keys["passed"] = BOOLEAN
    if several:
        keys["agreement"] = SHARE
    return keys


def combined(form: Form, answers: Sequence[Answer], combine: Combine) -> Answer:
    """One answer of several, whatever their order.

    `vote` takes the most frequent one, `mean` and `median` the numbers that they stand for. Raises
    EvaluationError `no_majority` where several are equally frequent.
    """
    if combine == "vote":
        (first, most), *others = Counter(answers).most_common(2)
        if others and others[0][1] == most:
            counts = ", ".join(
                f"{times} × {_said(one)}" for one, times in sorted(Counter(answers).items(), key=_by_answer)
            )
            raise EvaluationError("no_majority", f"no answer was given more often than all others: {counts}")
        return first
    values = [form.value_of(answer) for answer in answers]
    if combine == "median":
        return float(statistics.median(values))
    # Rounding must not lead out of the scale.
    return min(max(math.fsum(values) / len(values), form.low), form.high)


def agreement_of(form: Form, answers: Sequence[Answer]) -> float | None:
    """How far several answers agree, from 0 to 1: the mean over all pairs of them. None of fewer than two.

    A pair of labels or booleans agrees where they are equal (the observed agreement of Fleiss 1971,
    "Measuring nominal scale agreement among many raters"), a pair of numbers by their distance as a share of
    the scale (the linear weights of Cohen 1968, "Weighted kappa").
    """
    pairs = list(combinations(answers, 2))
    if not pairs:
        return None
    return math.fsum(_alike(form, one, other) for one, other in pairs) / len(pairs)


def passed(form: Form, answer: Answer, threshold: float | None) -> bool:
    """Whether an answer is true, or on the better side of the threshold, or at it."""
    if threshold is None:
        return bool(answer)
    value = form.value_of(answer)
    return value <= threshold if form.direction == "lower" else value >= threshold


def results_of(form: Form, answer: Answer, threshold: float | None) -> Mapping[str, Answer]:
    """What an answer gives, by the keys of `keys_of`."""
    found: dict[str, Answer] = {}
    if isinstance(answer, str):
        found["label"] = answer
    if form.has_value:
        found["value"] = form.value_of(answer)
    if form.type == "boolean" or threshold is not None:
        found["passed"] = passed(form, answer, threshold)
    return found


def _alike(form: Form, one: Answer, other: Answer) -> float:
    if isinstance(one, float) and isinstance(other, float) and not isinstance(one, bool):
        width = form.high - form.low
        return 1.0 - abs(one - other) / width if width else 1.0
    return float(one == other)


def _short(number: float) -> float | int:
    return int(number) if number == int(number) else number


def _said(answer: Answer) -> str:
    return (
        str(answer).lower()
        if isinstance(answer, bool)
        else in_words(answer)
        if isinstance(answer, float)
        else answer
    )


def _by_answer(pair: tuple[Answer, int]) -> str:
    return str(pair[0])
