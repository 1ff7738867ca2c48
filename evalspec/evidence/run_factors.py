"""The factors that are the same for every score of a run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from evalspec.evidence.factors import Factor, factor_of, spec_origin, used_factors
from evalspec.plan.model import Plan, PlanDataset

MODE: Final = "offline"
SOURCE: Final = "evalspec"


def run_factors(
    plan: Plan, environment: Mapping[str, Any], deviations: Sequence[str] = ()
) -> tuple[Factor, ...]:
    """Task, dataset, selection and trial policy of a plan, and the environment it was run in.

    `deviations` says what was not as planned. It counts on both sides: what was run then is not what the
    plan's digests name, and no two such runs may pass for the same.
    """
    return (*_subject(plan), *_instrument(plan), *_deviations(deviations), *_environment(environment))


def _deviations(deviations: Sequence[str]) -> Iterator[Factor]:
    if deviations:
        told = list(deviations)
        yield factor_of("deviations", "subject", "run", told, "; ".join(told), "record of the run")
        yield factor_of("deviations", "instrument", "run", told, "; ".join(told), "record of the run")


def _subject(plan: Plan) -> Iterator[Factor]:
    task = plan.task
    origin = spec_origin(plan, "task")
    code = task.code or {}
    shown = " ".join(filter(None, (task.type, str(code.get("reference", "")))))
    yield Factor("task", "subject", "run", task.digest, f"{shown}, revision {task.semantics}", origin)
    if code:
        yield Factor(
            "task.code", "subject", "run", code["digest"], str(code["reference"]), f"{origin} callable"
        )
    yield from used_factors(plan, "task", "subject", "run", task.models, task.prompts)
    timeout = task.timeout if task.timeout is not None else plan.limits.timeout
    where = f"{origin} timeout" if task.timeout is not None else f"{spec_origin(plan, 'limits')} timeout"
    yield factor_of("task.timeout", "subject", "run", timeout, _seconds(timeout), where)
    retries = plan.limits.retries
    where = f"{spec_origin(plan, 'limits')} retries"
    yield factor_of("task.retries", "subject", "run", retries, str(retries), where)


def _instrument(plan: Plan) -> Iterator[Factor]:
    dataset = plan.dataset
    origin = spec_origin(plan, "dataset")
    yield Factor("items", "instrument", "run", dataset.digest, dataset_text(dataset), origin)
    sample = dataset.sample.model_dump(mode="json", exclude_none=True) if dataset.sample else None
    selection = {"where": dataset.where, "sample": sample}
    yield factor_of(
        "selection", "instrument", "run", selection, selection_text(dataset), f"{origin} where, sample"
    )
    repeats = plan.task.repeats
    shown = f"{repeats} trial{'s' if repeats > 1 else ''} per item"
    yield factor_of("trials", "instrument", "run", repeats, shown, f"{spec_origin(plan, 'task')} repeats")
    yield factor_of("mode", "instrument", "run", MODE, MODE, "evalspec run")
    yield factor_of("source", "instrument", "run", SOURCE, SOURCE, "evalspec run")


def _environment(environment: Mapping[str, Any]) -> Iterator[Factor]:
    for name, value in _leaves(environment):
        shown = (
            value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
        )
        yield factor_of(name, "environment", "run", value, shown, "record of the run")


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key in sorted(tree):
        value = tree[key]
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def dataset_text(dataset: PlanDataset) -> str:
    """Which dataset it is, and how many items were selected."""
    fields = dataset.fields
    name = str(fields.get("name") or fields.get("path") or "")
    version = f" at {fields['version']}" if "version" in fields else ""
    hosted = f", hosted as {dataset.push_to}" if dataset.push_to else ""
    count = len(dataset.items)
    return f"{dataset.type} {name}".rstrip() + f"{version}{hosted}, {count} item{'' if count == 1 else 's'}"


def selection_text(dataset: PlanDataset) -> str:
    """How the items were selected."""
    parts = [f"where {dataset.where}"] if dataset.where is not None else []
    if dataset.sample is not None:
        size = dataset.sample.size if dataset.sample.size is not None else f"{dataset.sample.rate:g} of them"
        parts.append(f"sample of {size}, seed {dataset.sample.seed}")
    return ", ".join(parts) or "all items"


def _seconds(seconds: float | None) -> str:
    return "none" if seconds is None else f"{seconds:g} s"
