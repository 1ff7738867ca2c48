"""The compiler's two jobs: check a document, and compile it to a plan."""

from collections.abc import Iterable
from dataclasses import dataclass

from evalspec.compiler.aggregates import plan_gate, resolve_aggregates
from evalspec.compiler.context import Surroundings
from evalspec.compiler.evaluators import resolve_evaluators
from evalspec.compiler.items import read_dataset
from evalspec.compiler.references import check_references
from evalspec.compiler.reporting import Reporter
from evalspec.compiler.resolve import Resolver
from evalspec.compiler.resources import resolve_models, resolve_prompts, unpinned_models
from evalspec.compiler.rubrics import resolve_rubrics
from evalspec.compiler.scores import is_known, plan_score
from evalspec.compiler.standins import READINGS
from evalspec.compiler.structure import read_spec
from evalspec.compiler.usage import check_models
from evalspec.diagnostics import Diagnostic
from evalspec.kinds.resolving import Resolved
from evalspec.kinds.wording import clause
from evalspec.plan.canonical import digest
from evalspec.plan.document import with_digest
from evalspec.plan.model import (
    RUN_NAME_NAMES,
    Plan,
    PlanAggregate,
    PlanDataset,
    PlanEvaluator,
    PlanGate,
    PlanLimits,
    PlanRun,
    PlanScore,
    PlanTask,
    SpecOrigin,
)
from evalspec.source.document import Document
from evalspec.spec.model import Spec
from evalspec.tasks import TASKS
from evalspec.templates import TemplateError, compile_template


@dataclass(frozen=True, slots=True)
class Compiled:
    """What came of a document: the plan, if nothing was wrong, and all diagnostics in reading order."""

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]


@dataclass(slots=True)
class _Parts:
    dataset: Resolved | None
    task: PlanTask | None
    scores: dict[str, PlanScore]
    evaluators: dict[str, PlanEvaluator]
    aggregates: dict[str, PlanAggregate]
    gates: dict[str, PlanGate]


def check_document(
    document: Document, around: Surroundings, faults: Iterable[Diagnostic] = ()
) -> tuple[Diagnostic, ...]:
    """Everything that can be found wrong without running or fetching anything; local data files are read.

    `faults` are what reading the document found already. They are not repeated.
    """
    return _compile(document, around, faults, fetch=False).diagnostics


def compile_document(document: Document, around: Surroundings, faults: Iterable[Diagnostic] = ()) -> Compiled:
    """The plan of a document; there is none if there are `faults` already.

    Raises ServiceUnreachable when a hosted dataset is needed and the server does not answer.
    """
    return _compile(document, around, faults, fetch=True)


def _compile(
    document: Document, around: Surroundings, faults: Iterable[Diagnostic], *, fetch: bool
) -> Compiled:
    faults = tuple(faults)
    plan, reporter = _read(document, around, faults, fetch=fetch, reading=0)
    found = reporter.diagnostics.sorted()
    if reporter.has_stand_ins:
        for reading in range(1, READINGS):
            _, other = _read(document, around, faults, fetch=fetch, reading=reading)
            others = set(other.diagnostics)
            found = tuple(item for item in found if item in others)
    return Compiled(plan, found)


def _read(
    document: Document, around: Surroundings, faults: Iterable[Diagnostic], *, fetch: bool, reading: int
) -> tuple[Plan | None, Reporter]:
    """The plan and what was found, in a reading of which there are several where there are mistakes."""
    reporter = Reporter(document, faults, reading)
    spec = read_spec(reporter)
    plan: Plan | None = None
    if spec is not None:
        # There will be no plan, so that nobody has to wait for a server to hear of the mistakes.
        fetch = fetch and not reporter.has_stand_ins
        resolver = Resolver(reporter, around)
        resolver.unread = frozenset(pointer[1:] for pointer in spec.broken)
        resolver.models = resolve_models(reporter, resolver, spec)
        resolver.prompts = resolve_prompts(reporter, resolver, spec, around, fetch=fetch)
        resolver.rubrics = resolve_rubrics(reporter, resolver, spec)
        parts = _resolve(reporter, resolver, spec)
        dataset = _read_items(reporter, spec, parts, around, fetch=fetch)
        if dataset is not None and reporter.ok:
            plan = _plan(spec, parts, dataset, resolver, around)
    return plan, reporter


def _read_items(
    reporter: Reporter, spec: Spec, parts: _Parts, around: Surroundings, *, fetch: bool
) -> PlanDataset | None:
    """The dataset with its items, which the task may have something to say about."""
    if parts.dataset is None or spec.dataset is None:
        return None
    dataset = read_dataset(reporter, spec.dataset, parts.dataset, around, fetch=fetch)
    task = parts.task
    if dataset is not None and task is not None and not reporter.has_errors("/task"):
        ids = dataset.items.ids
        problems = TASKS[task.type].check_items(task.fields, around.loading(), ids, task.repeats)
        reporter.add_problems("/task", problems)
    return dataset


def _resolve(reporter: Reporter, resolver: Resolver, spec: Spec) -> _Parts:
    scores = {name: plan_score(reporter, name, fields) for name, fields in spec.scores.items()}
    dataset = resolver.dataset(spec.dataset) if spec.dataset is not None else None
    task = resolver.task(spec.task) if spec.task is not None else None
    evaluators = resolve_evaluators(reporter, resolver, spec)
    check_references(reporter, spec, resolver.yields)
    check_models(reporter, resolver, spec)
    known = {name: score for name, score in scores.items() if is_known(reporter, name)}
    aggregates = resolve_aggregates(reporter, resolver, spec, known)
    gates = {
        name: plan_gate(reporter, name, fields, aggregates, known) for name, fields in spec.gates.items()
    }
    _check_run(reporter, spec)
    return _Parts(dataset, task, scores, evaluators, aggregates, gates)


def _check_run(reporter: Reporter, spec: Spec) -> None:
    if spec.run.name is None:
        return
    try:
        compile_template(spec.run.name, RUN_NAME_NAMES)
    except TemplateError as error:
        for problem in error.problems:
            reporter.add_in_string(
                problem.code,
                clause(problem.message),
                "/run/name",
                problem.offset,
                problem.length,
                suggestion=problem.suggestion,
            )


def _plan(spec: Spec, parts: _Parts, dataset: PlanDataset, resolver: Resolver, around: Surroundings) -> Plan:
    assert parts.task is not None
    origin = SpecOrigin(
        path=around.spec.relative_to(around.root).as_posix(), digest=digest("spec", spec.identity())
    )
    return with_digest(
        name=spec.name,
        description=spec.description,
        tags=tuple(spec.tags),
        spec=origin,
        search_path=around.search_path,
        models={name: resolver.used_models[name] for name in spec.models if name in resolver.used_models},
        prompts={name: resolver.used_prompts[name] for name in spec.prompts if name in resolver.used_prompts},
        dataset=dataset,
        task=parts.task,
        scores=parts.scores,
        evaluators=parts.evaluators,
        aggregates=parts.aggregates,
        gates=parts.gates,
        limits=PlanLimits(**spec.limits.model_dump()),
        run=PlanRun(**spec.run.model_dump()),
        unpinned=(*resolver.unpinned, *unpinned_models(resolver.used_models)),
    )
