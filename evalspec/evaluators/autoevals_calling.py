"""Calling scorers of autoevals: in a bounded worker where they compute, through our models where they ask."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from evalspec.evaluators.autoevals_scorers import SCORERS
from evalspec.evaluators.base import EvaluationError, ScoreValue, Subject
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.foreign import Inputs
from evalspec.kinds.evaluations import NotAnEvaluation, read_evaluation
from evalspec.kinds.importing import LoadError
from evalspec.kinds.wording import message_of
from evalspec.models import ModelError
from evalspec.models.client import Models

__all__ = ["AskingScorer", "ComputingScorer"]

_FUNCTION: Final = "evalspec.evaluators.autoevals_worker:score"
_PRELOAD: Final = ("autoevals", "scipy.optimize")


class ComputingScorer:
    """A scorer that asks nobody. How long it takes is decided by what a model wrote, so a worker runs it."""

    blocking = False

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._name = fields["scorer"]
        self._arguments, self._constants = split_arguments(fields)
        self._inputs = Inputs(fields["inputs"])

    async def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        given = {**self._constants, **self._inputs(subject)}
        call = [self._name, self._arguments, given]
        found = await evaluate_bounded(_FUNCTION, call, preload=_PRELOAD)
        return (ScoreValue(found),)


class AskingScorer:
    """A scorer that asks models, of which it gets a client that is ours."""

    blocking = False
    observes = True

    def __init__(self, fields: Mapping[str, Any], models: Models) -> None:
        from evalspec.evaluators.autoevals_client import make_scorer

        self._inputs = Inputs(fields["inputs"])
        arguments, self._constants = split_arguments(fields)
        try:
            self._scorer = make_scorer(
                fields["scorer"], arguments, models, fields.get("model"), fields.get("embeddings")
            )
        except (AttributeError, TypeError) as error:
            raise LoadError(f"the scorer `{fields['scorer']}` of autoevals cannot be made: {error}") from None

    async def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        given = {**self._constants, **self._inputs(subject)}
        try:
            found = await self._scorer.eval_async(given.pop("output", None), **given)
        except (ModelError, EvaluationError):
            raise
        except Exception as error:
            message = f"{type(error).__name__}: {message_of(error)}"
            raise EvaluationError("evaluation_failed", message) from error
        rationale = (found.metadata or {}).get("rationale")
        comment = rationale if isinstance(rationale, str) and rationale else None
        kept = {name: value for name, value in (found.metadata or {}).items() if name != "rationale"}
        try:
            evaluation = read_evaluation({"value": found.score, "comment": comment, "metadata": kept})
        except NotAnEvaluation as error:
            raise EvaluationError("invalid_result", str(error)) from None
        return (ScoreValue(evaluation.value, "", evaluation.comment, evaluation.metadata),)


def split_arguments(fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arguments of a scorer's constructor, and those of its call."""
    arguments = fields.get("arguments", {})
    scorer = SCORERS.get(fields["scorer"])
    called = {} if scorer is None else scorer.called_with
    own = {name: value for name, value in arguments.items() if name not in called}
    return own, {called[name]: value for name, value in arguments.items() if name in called}
