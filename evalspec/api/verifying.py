"""Whether what a plan pinned is still what is there."""

from collections.abc import Iterator, Mapping
from typing import Any

from evalspec.evaluators import EVALUATORS
from evalspec.fingerprint.code import CodeBase, CodeNotFound
from evalspec.kinds.loading import Loading
from evalspec.kinds.plugins.errors import PluginError
from evalspec.plan.model import Plan
from evalspec.tasks import TASKS


def moved_parts(plan: Plan, loading: Loading, environ: Mapping[str, str]) -> list[str]:
    """One sentence for each part of a plan whose code or data no longer have the plan's digest."""
    codebase = CodeBase(loading.root, environ, search_path=plan.search_path)
    moved = list(_moved_kinds(plan, loading))
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


def _moved_kinds(plan: Plan, loading: Loading) -> Iterator[str]:
    """What the kinds themselves have to say; that one is gone is told as well."""
    try:
        yield from TASKS[plan.task.type].moved(plan.task.fields, loading)
    except PluginError as error:
        yield f"the task: {error.message}"
    for name, evaluator in plan.evaluators.items():
        try:
            for text in EVALUATORS[evaluator.type].moved(evaluator.fields, loading):
                yield f"the evaluator `{name}`: {text}"
        except PluginError as error:
            yield f"the evaluator `{name}`: {error.message}"


def distributions_of(plan: Plan) -> Iterator[str]:
    """The installed distributions that parts of a plan get their meaning from."""
    steps = plan.task.fields["steps"] if plan.task.type == "chain" else ()
    parts = [plan.task.fields, *(step["fields"] for step in steps)]
    parts += [evaluator.fields for evaluator in plan.evaluators.values()]
    for fields in parts:
        pin = fields.get("distribution")
        if isinstance(pin, dict) and "version" in pin:
            yield str(pin["name"])


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
