"""A plan in a few lines for people."""

from collections.abc import Iterator, Mapping
from typing import Any

from evalspec.plan.canonical import short
from evalspec.plan.model import Plan, PlanDataset

_WIDTH = 12


def plan_overview(plan: Plan) -> str:
    """What a plan will run on, run and score, with the digests it is pinned to; a few lines of plain text."""
    lines = [f"{plan.name}  plan {short(plan.digest)}", ""]
    lines.append(_line("dataset", f"{_dataset(plan.dataset)}  {short(plan.dataset.digest)}"))
    repeats = f" × {plan.task.repeats}" if plan.task.repeats > 1 else ""
    lines.append(_line("items", f"{len(plan.dataset.items)} of {plan.dataset.available}{repeats}"))
    if plan.dataset.where is not None:
        unselectable = plan.dataset.unselectable
        remark = f"  ({unselectable} lack a key it needs)" if unselectable else ""
        lines.append(_line("where", f"{plan.dataset.where}{remark}"))
    if plan.dataset.sample is not None:
        sample = plan.dataset.sample
        much = f"{sample.size} items" if sample.rate is None else f"{sample.rate:g} of the items"
        lines.append(_line("sample", f"{much}, seed {sample.seed}"))
    for name, model in plan.models.items():
        lines.append(_line("model", f"{name} ({model.model})  {short(model.digest)}"))
    for name, prompt in plan.prompts.items():
        origin = " ".join(str(part) for part in _parts(prompt.origin))
        lines.append(_line("prompt", f"{name} ({origin})  {short(prompt.digest)}"))
    reference = (plan.task.code or {}).get("reference", "")
    lines.append(_line("task", f"{' '.join((plan.task.type, reference)).strip()}  {short(plan.task.digest)}"))
    for name, evaluator in plan.evaluators.items():
        scores = ", ".join(evaluator.scores.values())
        lines.append(_line("evaluator", f"{name} ({evaluator.type}) → {scores}  {short(evaluator.digest)}"))
    for name, aggregate in plan.aggregates.items():
        of = aggregate.score or aggregate.fields.get("value")
        over = f"{aggregate.function} of {of}" if of else aggregate.function
        over = f"{over}, by {aggregate.by}" if aggregate.by else over
        lines.append(_line("aggregate", f"{name}: {over}"))
    for name, gate in plan.gates.items():
        bounds = [
            f"{label} {bound:g}"
            for label, bound in (("≥", gate.min), ("≤", gate.max), ("coverage ≥", gate.min_coverage))
            if bound is not None
        ]
        lines.append(_line("gate", f"{name}: {gate.aggregate} {', '.join(bounds)}"))
    for missing in plan.unpinned:
        lines.append(_line("not pinned", f"{missing.what}: {missing.why}"))
    return "\n".join(lines) + "\n"


def _line(label: str, text: str) -> str:
    return f"{label:<{_WIDTH}}{text}"


def _parts(origin: Mapping[str, Any]) -> Iterator[object]:
    """Where a prompt came from, in words: kind, files, or name and version in Langfuse."""
    for key, part in origin.items():
        if isinstance(part, list):
            yield ", ".join(map(str, part))
        else:
            yield f"version {part}" if key == "version" else part


def _dataset(dataset: PlanDataset) -> str:
    name = dataset.fields.get("name") or dataset.fields.get("path") or ""
    version = f" at {dataset.fields['version']}" if "version" in dataset.fields else ""
    pushed = f" (hosted as {dataset.push_to})" if dataset.push_to else ""
    return f"{dataset.type} {name}{version}{pushed}".replace("  ", " ")
