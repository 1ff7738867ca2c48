"""The factors that are the same for every value of one score."""

from collections.abc import Iterator

from evalspec.evidence.factors import Factor, factor_of, spec_origin, used_factors
from evalspec.plan.model import Plan, PlanEvaluator, PlanScore

ATTACHMENT = "trace"
_ON_THE_TRACE = "the trace of the trial"


def score_factors(plan: Plan, score: str) -> tuple[Factor, ...]:
    """What measures a score: its evaluator and config. KeyError where the plan has no such score."""
    config = plan.scores[score]
    for name, evaluator in plan.evaluators.items():
        for key, given in evaluator.scores.items():
            if given == score:
                return (
                    *_evaluator(plan, name, evaluator, key),
                    *_config(plan, score, config),
                    _attachment(plan, name, evaluator),
                )
    on_trace = factor_of("attachment", "instrument", "score", ATTACHMENT, _ON_THE_TRACE, "evalspec run")
    return (*_config(plan, score, config), on_trace)


def _attachment(plan: Plan, name: str, evaluator: PlanEvaluator) -> Factor:
    attach = evaluator.attach
    if attach is None:
        return factor_of("attachment", "instrument", "score", ATTACHMENT, _ON_THE_TRACE, "evalspec run")
    value = attach.model_dump(mode="json", exclude_defaults=True)
    shown = ", ".join(f"{key} {word}" for key, word in value.items())
    origin = f"{spec_origin(plan, f'evaluators.{name}')} attach"
    return factor_of("attachment", "instrument", "score", value, shown, origin)


def _evaluator(plan: Plan, name: str, evaluator: PlanEvaluator, key: str) -> Iterator[Factor]:
    origin = spec_origin(plan, f"evaluators.{name}")
    shown = f"{name} ({evaluator.type}, revision {evaluator.semantics})"
    yield Factor("evaluator", "instrument", "score", evaluator.digest, shown, origin)
    code = evaluator.code
    if code:
        shown = str(code["reference"])
        yield Factor("evaluator.code", "instrument", "score", code["digest"], shown, f"{origin} callable")
    yield from used_factors(plan, "evaluator", "instrument", "score", evaluator.models, evaluator.prompts)
    if key:
        yield factor_of("evaluator.key", "instrument", "score", key, key, f"{origin} scores")


def _config(plan: Plan, name: str, config: PlanScore) -> Iterator[Factor]:
    origin = spec_origin(plan, f"scores.{name}")
    yield Factor("score_config", "instrument", "score", config.digest, config_text(config), origin)


def config_text(config: PlanScore) -> str:
    """A score config in a few words."""
    parts: list[str] = [config.data_type]
    if config.min is not None or config.max is not None:
        low, high = (("" if bound is None else f"{bound:g}") for bound in (config.min, config.max))
        parts.append(f"{low}..{high}")
    if config.categories:
        parts.append(" < ".join(sorted(config.categories, key=config.categories.__getitem__)))
    if config.good:
        parts.append(f"good: {' | '.join(config.good)}")
    if config.direction != "none":
        parts.append(f"{config.direction} is better")
    if config.on_task_failure != "missing":
        failure = config.on_task_failure
        shown = str(failure).lower() if isinstance(failure, bool) else failure
        parts.append(f"{shown} where the task fails")
    return ", ".join(parts)
