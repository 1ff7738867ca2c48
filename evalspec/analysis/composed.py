"""What a score was made of: the scores that its evaluator read, and what their conditions came to."""

from collections.abc import Mapping
from typing import Any

from evalspec.analysis.explained_parts import Composition, Condition, ReadScore
from evalspec.analysis.explanation import ExplainedScore
from evalspec.analysis.trial_scores import TrialScores
from evalspec.evaluators.base import EvaluationError
from evalspec.evaluators.conditions import scores_in
from evalspec.evaluators.expressions import compile_lookup
from evalspec.journal.rows import TrialRow
from evalspec.plan.model import Plan, PlanEvaluator
from evalspec.plan.values import Item

_CONDITIONS = frozenset({"all", "any", "not"})
_MISSING = frozenset({"failed", "pending"})


def composition(scores: TrialScores, evaluator: PlanEvaluator, item: Item) -> Composition | None:
    """What an evaluator read besides the subject, in one trial; None for one that reads nothing and has no
    condition.
    """
    if not evaluator.after and evaluator.when is None:
        return None
    weights: Mapping[str, float] = evaluator.fields["weights"] if evaluator.type == "weighted" else {}
    found = {name: scores.explained(name) for name in _in_order(scores.plan, evaluator, weights)}
    judge = _Truth(scores.plan, item, scores.row, found)
    of = evaluator.fields["of"] if evaluator.type in _CONDITIONS else None
    return Composition(
        when=None if evaluator.when is None else judge(evaluator.when, skipped_is_null=True),
        conditions=None if of is None else [judge(text) for text in of],
        expression=evaluator.fields["value"] if evaluator.type == "expression" else None,
        scores=[
            ReadScore(
                name=name,
                data_type=score.data_type,
                status=score.status,
                value=score.value,
                imputed=score.imputed,
                failure=score.failure,
                weight=weights.get(name),
                reference=scores.reference(name),
            )
            for name, score in found.items()
        ],
    )


def _in_order(plan: Plan, evaluator: PlanEvaluator, weights: Mapping[str, float]) -> list[str]:
    """The scores that are read, the heaviest first, otherwise as the plan lists them."""
    listed = [name for name in plan.scores if name in evaluator.after]
    return sorted(listed, key=lambda name: -weights.get(name, 0))


class _Truth:
    """Says whether conditions hold, as the run did: they are expressions over data that was recorded."""

    def __init__(
        self, plan: Plan, item: Item, row: TrialRow | None, found: Mapping[str, ExplainedScore]
    ) -> None:
        self._found = found
        self._evaluable = row is not None and row.failure is None
        self._scope: dict[str, Any] = {
            "input": item.input,
            "output": None if row is None else row.output,
            "expected_output": item.expected_output,
            "metadata": item.metadata,
            "item": item.as_dict(),
            "scores": {
                name: bool(score.value)
                if plan.scores[name].data_type == "BOOLEAN" and score.value is not None
                else score.value
                for name, score in found.items()
            },
        }

    def __call__(self, text: str, *, skipped_is_null: bool = False) -> Condition:
        """A condition, with its truth where it has one."""
        return Condition(expression=text, holds=self._holds(text, skipped_is_null))

    def _holds(self, text: str, skipped_is_null: bool) -> bool | None:
        read = [self._found[name] for name in scores_in(text) if name in self._found]
        unknown = any(score.status in _MISSING for score in read)
        if any(score.status == "skipped" for score in read) and not skipped_is_null:
            unknown = True
        if unknown or not self._evaluable:
            return None
        try:
            # One that reads the observation it is attached to has no single value.
            value = compile_lookup("condition", text)(self._scope)
        except EvaluationError:
            return None
        return value if isinstance(value, bool) else None
