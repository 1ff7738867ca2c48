"""The first moments of a run: its name, its record, the parts it is carried out with."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from evalspec.analysis.item_results import PythonAggregate, python_aggregate
from evalspec.api.verifying import code_of, distributions_of, moved_parts
from evalspec.api.workspace import Workspace
from evalspec.datasets.base import HostedDatasets
from evalspec.datasets.verify import verified_items
from evalspec.diagnostics import UsageError, WorldMovedError
from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.attaching import attached
from evalspec.evaluators.base import Evaluator
from evalspec.evidence import collect_environment
from evalspec.journal.encoding import Names
from evalspec.journal.journal import Journal
from evalspec.journal.records import RunHeader
from evalspec.journal.store import new_run_id, prepare_store, run_folder
from evalspec.kinds.lifetime import aclose_if_open
from evalspec.kinds.loading import Loading
from evalspec.kinds.python import load_run_evaluator
from evalspec.models import Budget, ModelError, ModelSpec
from evalspec.models.client import Models
from evalspec.plan.document import dump_plan
from evalspec.plan.model import RUN_NAME_NAMES, Plan
from evalspec.tasks import TASKS
from evalspec.tasks.base import Task
from evalspec.templates import compile_template


@dataclass(frozen=True, slots=True)
class Parts:
    """A plan's task, evaluators and Python aggregates, ready to be called."""

    task: Task
    evaluators: Mapping[str, Evaluator]
    aggregates: Mapping[str, PythonAggregate]

    async def aclose(self) -> None:
        """Close what they hold, such as connections."""
        async with AsyncExitStack() as closing:
            for part in (self.task, *self.evaluators.values()):
                closing.push_async_callback(aclose_if_open, part)


def build_parts(plan: Plan, loading: Loading) -> Parts:
    """Load everything a plan names. LoadError where that cannot be."""
    limits = [seconds for seconds in (plan.task.timeout, plan.limits.timeout) if seconds is not None]
    for_task = replace(loading, timeout=min(limits, default=None))
    loading = replace(loading, timeout=plan.limits.timeout)
    return Parts(
        task=TASKS[plan.task.type].build(plan.task.fields, for_task),
        evaluators={
            name: attached(EVALUATORS[part.type].build(part.fields, loading), part, plan.scores)
            for name, part in plan.evaluators.items()
        },
        aggregates={
            name: python_aggregate(load_run_evaluator(aggregate.fields["callable"], loading))
            for name, aggregate in plan.aggregates.items()
            if aggregate.function == "python"
        },
    )


def open_models(plan: Plan, workspace: Workspace) -> Models:
    """The door to a plan's models, to be used as an async context manager. UsageError for a model that this
    evalspec does not know.
    """
    try:
        specs = {
            name: ModelSpec.from_fields(name, {"model": model.model, **model.fields})
            for name, model in plan.models.items()
        }
    except ModelError as error:
        raise UsageError(str(error)) from None
    missing = sorted(
        {spec.api_key_env for spec in specs.values() if spec.api_key_env} - workspace.environ.keys()
    )
    if missing:
        names = ", ".join(missing)
        raise UsageError(f"models of the plan need {names} in the environment, which is not set")
    given = {"subject": plan.limits.subject, "judge": plan.limits.judges}
    budgets = {use: Budget(**budget.model_dump()) for use, budget in given.items() if budget is not None}
    return Models(specs, workspace.environ, budgets=budgets)


def check_plan(plan: Plan, workspace: Workspace, *, allow_moved: bool) -> list[str]:
    """How code and recordings differ from the plan's digests; from source alone, nothing is imported.

    Raises WorldMovedError where they do, unless `allow_moved`.
    """
    deviations = moved_parts(plan, workspace.loading(plan), workspace.environ)
    if deviations and not allow_moved:
        raise WorldMovedError(f"the plan is out of date: {'; '.join(deviations)}", deviations)
    return deviations


def create_journal(
    plan: Plan,
    workspace: Workspace,
    *,
    backend: str,
    hosted: HostedDatasets | None,
    allow_moved: bool,
    deviations: Sequence[str],
) -> Journal:
    """The record of a new run, with the plan and its items; `deviations` is what `check_plan` found.

    Raises WorldMovedError where the data differ from the plan's digests, unless `allow_moved`: then the
    record says what differs.
    """
    loading = workspace.loading(plan)
    differing = list(deviations)
    environment = collect_environment(workspace.root, _packages(plan))
    moment = datetime.now(UTC)
    run_id = new_run_id(moment)
    prepare_store(workspace.store)
    # With `allow_moved` the items have to be looked through before the header can say which of them differ.
    if allow_moved:
        for _ in verified_items(plan.dataset, loading, hosted, on_moved=differing.append):
            pass
    header = RunHeader(
        run_id=run_id,
        name=run_name(plan, run_id, environment, moment),
        spec_name=plan.name,
        plan_digest=plan.digest,
        root=str(workspace.root),
        created_ns=int(moment.timestamp() * 1e9),
        backend=backend,
        environment=environment,
        metadata=plan.run.metadata,
        deviations=tuple(differing),
    )
    items = verified_items(
        plan.dataset, loading, hosted, on_moved=(lambda difference: None) if allow_moved else None
    )
    names = Names(plan.evaluators, plan.scores)
    return Journal.create(run_folder(workspace.store, run_id), header, dump_plan(plan), items, names=names)


def run_name(plan: Plan, run_id: str, environment: Mapping[str, Any], moment: datetime) -> str:
    """The run's name: what the spec says, and the run's id, so that no other experiment has it."""
    if plan.run.name is None:
        return f"{plan.name}-{run_id}"
    git = environment.get("git", {})
    values = {
        "spec": plan.name,
        "branch": git.get("branch") or "detached",
        "commit": (git.get("commit") or "uncommitted")[:12],
        "date": f"{moment:%Y-%m-%d}",
        "time": f"{moment:%H:%M:%S}",
    }
    rendered = " ".join(compile_template(plan.run.name, RUN_NAME_NAMES).render(values).split())
    if not rendered:
        raise UsageError("the run's name is empty")
    return f"{rendered[:150]}-{run_id}"


def _packages(plan: Plan) -> list[str]:
    """The modules of others that the plan's code imports, and the distributions that it names; their versions
    belong to the environment.
    """
    imported = {name for _, code in code_of(plan) for name in code.get("externals", ())}
    return sorted({*imported, *distributions_of(plan)})
