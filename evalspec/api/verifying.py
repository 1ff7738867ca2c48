"""Whether what a plan pinned is still what is there."""

from collections.abc import Iterator
from typing import Any

from evalspec.fingerprint.code import CodeBase, CodeNotFound
from evalspec.kinds.loading import Loading
from evalspec.plan.model import Plan


def moved_code(plan: Plan, loading: Loading, environ: Any) -> list[str]:
    """One sentence for each task, evaluator and aggregate whose code no longer has the plan's digest."""
    codebase = CodeBase(loading.root, environ, search_path=plan.search_path)
    moved: list[str] = []
    for what, code in _code_of(plan):
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


def _code_of(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    if plan.task.code is not None:
        yield "the task", plan.task.code
    for name, evaluator in plan.evaluators.items():
        if evaluator.code is not None:
            yield f"the evaluator `{name}`", evaluator.code
    for name, aggregate in plan.aggregates.items():
        if aggregate.code is not None:
            yield f"the aggregate `{name}`", aggregate.code
