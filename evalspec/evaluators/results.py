"""What comes back from code, a service or a program that evaluates, as scores."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import Field

from evalspec.evaluators.base import EvaluationError, EvaluatorFields, ScoreValue
from evalspec.kinds.evaluations import Evaluation, NotAnEvaluation, is_evaluation, read_evaluation

__all__ = ["ResultFields", "read_scores"]


class ResultFields(EvaluatorFields):
    """Fields of an evaluator whose result is whatever it says: one score, or several by key."""

    score: str | None = Field(None, description="Name of the one score it gives, from `[scores]`.")
    scores: dict[str, str] | None = Field(
        None,
        description="The scores it gives: key in its result to name of the score, instead of `score`.",
        examples=[{"politeness": "polite", "length": "length"}],
    )


def read_scores(
    result: Any, keys: tuple[str, ...] | None, who: str, known: Collection[str] = ()
) -> Sequence[ScoreValue]:
    """The scores in a result: one where `keys` is None, else one for each key.

    One is a boolean, a number or text, or has a `value`, with `comment` and `metadata` if it likes; several
    are a mapping of all keys to such values, or a list of evaluations that have the keys as `name`. None, for
    one key or as a whole, means that there is nothing to score. `who` returned it, in messages. Further keys
    that are `known` may be there, and are not looked at.

    Raises EvaluationError: `invalid_result`, `unknown_score`, `missing_score`.
    """
    try:
        return _one(result, who) if keys is None else _several(result, keys, who, known)
    except NotAnEvaluation as error:
        raise EvaluationError("invalid_result", str(error)) from None


def _one(result: Any, who: str) -> Sequence[ScoreValue]:
    if isinstance(result, list | tuple):
        if len(result) != 1:
            raise NotAnEvaluation(f"{who} returned {len(result)} values; name them with `scores = {{…}}`")
        result = result[0]
    elif isinstance(result, Mapping) and not is_evaluation(result):
        raise NotAnEvaluation(f"{who} returned a mapping; name its keys with `scores = {{…}}`")
    return (_score(read_evaluation(result), ""),)


def _several(result: Any, keys: tuple[str, ...], who: str, known: Collection[str]) -> Sequence[ScoreValue]:
    if result is None:
        return tuple(ScoreValue(None, key=key) for key in keys)
    found = _by_key(result, (*keys, *known), who)
    extra = [key for key in found if key not in keys and key not in known]
    if extra:
        names = ", ".join(f"`{key}`" for key in extra)
        raise EvaluationError("unknown_score", f"{who} returned {names}, which `scores` does not name")
    missing = [key for key in keys if key not in found]
    if missing:
        names = ", ".join(f"`{key}`" for key in missing)
        raise EvaluationError("missing_score", f"{who} did not return {names}")
    return tuple(_score(found[key], key) for key in keys)


def _by_key(result: Any, keys: tuple[str, ...], who: str) -> dict[str, Evaluation]:
    if isinstance(result, Mapping) and not (is_evaluation(result) and "name" not in keys):
        return {str(key): read_evaluation(value) for key, value in result.items()}
    listed = result if isinstance(result, list | tuple) else [result]
    found: dict[str, Evaluation] = {}
    for entry in listed:
        if not is_evaluation(entry):
            what = type(entry).__name__
            raise NotAnEvaluation(f"with `scores` it returns a mapping or named evaluations, not {what}")
        evaluation = read_evaluation(entry)
        if evaluation.name in found:
            raise NotAnEvaluation(f"{who} returned `{evaluation.name}` twice")
        found[evaluation.name] = evaluation
    return found


def _score(evaluation: Evaluation, key: str) -> ScoreValue:
    return ScoreValue(evaluation.value, key, evaluation.comment, evaluation.metadata)
