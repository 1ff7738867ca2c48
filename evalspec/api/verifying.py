"""Whether what a plan pinned is still what is there."""

from collections.abc import Iterator, Mapping
from typing import Any

from evalspec.evaluators import EVALUATORS
from evalspec.fingerprint.code import CodeBase, CodeNotFound
from evalspec.kinds.loading import Loading
from evalspec.plan.model import Plan
from evalspec.tasks import TASKS


def moved_parts(plan: Plan, loading: Loading, environ: Mapping[str, str]) -> list[str]:
    """One sentence for each part of a plan whose code or data no longer have the plan's digest."""
    codebase = CodeBase(loading.root, environ, search_path=plan.search_path)
    moved: list[str] = list(TASKS[plan.task.type].moved(plan.task.fields, loading))
    for name, part in plan.evaluators.items():
        found_moved = EVALUATORS[part.type].moved(part.fields, loading)
        moved += [f"{sentence} (evaluator `{name}`)" for sentence in found_moved]
    for what, code in code_of(plan):
        try:
            found = codebase.fingerprint(
                code["reference"], files=list(code.get("patterns", ())), env=list(code.get("env", {}))
            ).digest
        except CodeNotFound as error:
            moved.append(f"the code of {what} cannot be read: {error.message}")
            continue
        if found != code["digest"]:
            moved.append(f"the code of {what} has changed: {found} instead of {code['digest']}")
    return moved


def code_of(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a plan says of each piece of Python code in it, and what that piece is to the plan."""
    if plan.task.code is not None:
        yield "the task", plan.task.code
    for part, code in plan.task.codes.items():
        yield f"the task's `{part}`", code
    for name, evaluator in plan.evaluators.items():
        if evaluator.code is not None:
            yield f"the evaluator `{name}`", evaluator.code
        for part, code in evaluator.codes.items():
            yield f"`{part}` of the evaluator `{name}`", code
    for name, aggregate in plan.aggregates.items():
        if aggregate.code is not None:
            yield f"the aggregate `{name}`", aggregate.code
