"""What the tests of judges share: evaluators built of their fields, with models on the loopback server."""

from collections.abc import Mapping, Sequence
from inspect import isawaitable
from pathlib import Path
from typing import Any

from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import Evaluator, ScoreValue, Subject
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Problem, Resolved
from evalspec.models.client import Models
from evalspec.models.spec import ModelSpec
from evalspec.plan.values import Item
from tests.models.parts import Clock, NoJitter
from tests.support.evaluator_cases import Case

PASSED = {"reasoning": "It is polite.", "verdict": True}


def subject(output: Any, expected: Any = None, given: Any = "x", metadata: Any = None) -> Subject:
    return Subject(Item("1", given, expected, metadata), output)


def resolved(fields: Mapping[str, Any], **table: Any) -> tuple[Resolved, list[Problem], Any]:
    """The kind's answer, what it reported, and what it was resolved with. `table` is that of a case."""
    case = Case(str(fields["type"]), 1, {"fields": dict(fields), **table})
    kind = EVALUATORS[case.kind]
    resolving = case.resolving(Path("/nowhere"))
    return kind.resolve(kind.fields.model_validate(case.fields), resolving), resolving.problems, resolving


def built(fields: Mapping[str, Any], **table: Any) -> tuple[Evaluator, Models, Clock]:
    """An evaluator ready to be called, its models, and the clock that these wait by."""
    found, problems, resolving = resolved(fields, **table)
    assert problems == []
    clock = Clock()
    specs = {
        name: ModelSpec.from_fields(name, {"model": model.model, **model.fields})
        for name, model in resolving.used_models.items()
    }
    models = Models(specs, {}, clock=clock, sleep=clock.sleep, rng=NoJitter())
    folder = Path("/nowhere")
    loading = Loading(folder, (), folder, prompts=dict(resolving.used_prompts), models=models)
    return EVALUATORS[str(fields["type"])].build(found.fields, loading), models, clock


async def scored(evaluator: Evaluator, models: Models, given: Subject) -> Sequence[ScoreValue]:
    async with models:
        found = evaluator(given)
        return await found if isawaitable(found) else found
