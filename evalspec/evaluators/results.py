"""What functions of a project or a plug-in return, as values of scores."""

from collections.abc import Mapping, Sequence
from typing import Any

from evalspec.evaluators.base import EvaluationError, ScoreValue
from evalspec.kinds.evaluations import Evaluation, NotAnEvaluation, is_evaluation, read_evaluation

__all__ = ["one_value", "several_values", "values_by_key"]


def one_value(result: Any) -> Sequence[ScoreValue]:
    """The one value that a function returned. Raises NotAnEvaluation."""
    if isinstance(result, list | tuple):
        if len(result) != 1:
            raise NotAnEvaluation(
                f"the function returned {len(result)} values; name them with `scores = {{…}}`"
            )
        result = result[0]
    elif isinstance(result, Mapping) and not is_evaluation(result):
        raise NotAnEvaluation("the function returned a mapping; name its keys with `scores = {…}`")
    return (_score(read_evaluation(result), ""),)


def several_values(result: Any, keys: tuple[str, ...]) -> Sequence[ScoreValue]:
    """The values of all keys, in their order. Raises NotAnEvaluation; EvaluationError `unknown_score` and
    `missing_score`.
    """
    if result is None:
        return tuple(ScoreValue(None, key=key) for key in keys)
    found = values_by_key(result, keys)
    extra = [key for key in found if key not in keys]
    if extra:
        names = ", ".join(f"`{key}`" for key in extra)
        raise EvaluationError("unknown_score", f"the function returned {names}, which `scores` does not name")
    missing = [key for key in keys if key not in found]
    if missing:
        names = ", ".join(f"`{key}`" for key in missing)
        raise EvaluationError("missing_score", f"the function did not return {names}")
    return tuple(_score(found[key], key) for key in keys)


def values_by_key(result: Any, keys: tuple[str, ...]) -> dict[str, Evaluation]:
    """What a function returned, by key. Raises NotAnEvaluation."""
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
            raise NotAnEvaluation(f"the function returned `{evaluation.name}` twice")
        found[evaluation.name] = evaluation
    return found


def _score(evaluation: Evaluation, key: str) -> ScoreValue:
    return ScoreValue(evaluation.value, key, evaluation.comment, evaluation.metadata)
