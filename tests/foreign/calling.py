"""One evaluator, from its fields to its score, with an embedded model that answers by rules."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import anyio

from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import EvaluationError, ScoreValue, Subject
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolving
from evalspec.kinds.tracing import begin_trace
from evalspec.models.client import Models
from evalspec.models.spec import ModelSpec
from evalspec.plan.model import PlanModel
from evalspec.plan.values import Item

Rules = Sequence[dict[str, Any]]


def subject(output: Any, **item: Any) -> Subject:
    """What is judged."""
    return Subject(Item("1", item.get("input"), item.get("expected_output"), item.get("metadata")), output)


def problems(kind: str, **fields: Any) -> list[str]:
    """The codes of what is wrong with an evaluator's fields."""
    return [problem.code for problem in _resolved(kind, fields)[1]]


def judged(kind: str, rules: Rules, given: Subject, **fields: Any) -> tuple[ScoreValue | str, int]:
    """The score, or the kind of the failure; and how many observations were recorded."""
    resolved, found = _resolved(kind, fields)
    assert found == [], found
    specs = {
        "m": ModelSpec.from_fields("m", {"model": "embedded:rules", "rules": list(rules)}),
        "e": ModelSpec.from_fields("e", {"model": "embedded:hash"}),
    }

    async def call() -> tuple[ScoreValue | str, int]:
        async with Models(specs, {}) as models:
            loading = Loading(Path(), (), Path(), models=models)
            evaluator = EVALUATORS[kind].build(resolved.fields, loading)
            trace = begin_trace(("run", "1", 0, "", 1))
            answer: Any = evaluator(given)
            try:
                (score,) = await answer
            except EvaluationError as error:
                return error.kind, len(trace.take())
            return score, len(trace.take())

    return anyio.run(call)


def _resolved(kind: str, fields: dict[str, Any]) -> tuple[Any, list[Any]]:
    known = {
        name: PlanModel(model=model, digest="sha256:" + digit * 64)
        for name, model, digit in (("m", "embedded:rules", "1"), ("e", "embedded:hash", "2"))
    }
    root = Path()
    resolving = Resolving(root, root, cast(Any, None), {}, root, models=known)
    made = EVALUATORS[kind].fields.model_validate({"type": kind, "score": "s", **fields})
    return EVALUATORS[kind].resolve(made, resolving), resolving.problems
