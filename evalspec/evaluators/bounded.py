"""Bounded work as evaluators use it: the ways it ends, as failures of the evaluation."""

from collections.abc import Sequence
from typing import Any

from evalspec.evaluators.base import EvaluationError
from evalspec.kinds.bounded import (
    DEFAULT_LIMITS,
    Limits,
    TookTooLong,
    TooLarge,
    WorkFailed,
    run_bounded,
    run_limited,
)

__all__ = ["evaluate_bounded"]


async def evaluate_bounded(
    function: str,
    arguments: Sequence[Any],
    *,
    cost: int | None = None,
    quick: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    preload: Sequence[str] = (),
) -> Any:
    """Call a function whose cost hostile input decides; the answer is its value.

    The function is in a module of its own that imports little, because a worker imports it with all it needs:

        # evalspec/evaluators/sql_parsing.py
        def statements(text: str, dialect: str) -> list[str]:
            import sqlglot

            try:
                return [tree.key for tree in sqlglot.parse(text, dialect=dialect) if tree is not None]
            except sqlglot.ParseError as error:
                raise Refused("not_sql", str(error)) from None

        # in the evaluator
        found = await evaluate_bounded(
            "evalspec.evaluators.sql_parsing:statements", [text, dialect], preload=["sqlglot"]
        )

    With `cost` and `quick`, the function is called in this process where the cost is at most `quick`: for
    work whose bound is known, and small. Without, it is always called in a worker.

    Raises EvaluationError: `too_large` for input, memory and depth beyond the limits, `timeout`, the kind of
    `Refused`, and `evaluation_failed` for any other exception of the function and for a crash.
    """
    try:
        if cost is not None and quick is not None:
            return await run_limited(function, arguments, cost, quick, limits, preload=preload)
        return await run_bounded(function, arguments, limits, preload=preload)
    except TooLarge as error:
        raise EvaluationError("too_large", str(error)) from None
    except TookTooLong as error:
        raise EvaluationError("timeout", str(error)) from None
    except WorkFailed as error:
        message = error.message if error.kind else f"{error.type}: {error.message}"
        raise EvaluationError(error.kind or "evaluation_failed", message) from None
