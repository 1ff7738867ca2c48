"""How models came to a score: which were asked, by which rubric, and what each said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from evalspec.analysis.explained_parts import Fact, JudgeDetail, Judgement, Verdict
from evalspec.analysis.observed import Place
from evalspec.evidence.factors import spec_origin
from evalspec.journal.ids import evaluator_span_id
from evalspec.journal.records import EvaluationRecord, ScoreRecord
from evalspec.kinds.observations import Observation, read_observations
from evalspec.plan.model import Plan, PlanEvaluator

_SAID: Final = ("answer", "answers", "orders", "reasoning")
_RUBRIC_KINDS: Final = frozenset({"llm_judge", "pairwise"})


def judgement(
    plan: Plan, name: str, place: Place, record: EvaluationRecord | None, score: ScoreRecord | None
) -> Judgement | None:
    """How the models of the evaluator `name` came to a score of one trial; None for one that asks none.

    What each said is in the metadata of the score; which model answered, and what a judge said that was
    asked once, in the generations that were recorded below the evaluator.
    """
    evaluator = plan.evaluators[name]
    if not evaluator.models:
        return None
    fields = evaluator.fields
    given = fields.get("models")
    order: list[str] = given if isinstance(given, list) else list(evaluator.models)
    asked = _asked(place, record)
    judges = [_judge(plan, model, asked.get(model, _Asked())) for model in order]
    if evaluator.type not in _RUBRIC_KINDS:
        # What these say of themselves has a form of their own.
        return Judgement(judges=judges)
    said: Mapping[str, Any] = {} if score is None else score.metadata
    if len(order) == 1:
        whole = {**said, "reasoning": None if score is None else score.comment}
        by_judge = {order[0]: whole}
    else:
        by_judge = said.get("judges", {})
    failed = said.get("failed_judges", {})
    judges = [
        judge.model_copy(
            update=_verdict(evaluator, by_judge.get(judge.name), asked.get(judge.name))
            | ({"failure": judge.failure or failed[judge.name]} if judge.name in failed else {})
        )
        for judge in judges
    ]
    return Judgement(
        rubric=_rubric(plan, name, evaluator),
        combine=fields["combine"] if len(order) > 1 or fields["samples"] > 1 else None,
        agreement=said.get("agreement"),
        judges=judges,
    )


@dataclass(slots=True)
class _Asked:
    """The generations of one model."""

    reported: dict[str, None] = field(default_factory=dict)
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0
    answers: list[Verdict] = field(default_factory=list)
    problem: str | None = None

    def add(self, one: Observation) -> None:
        attempts = one.metadata.get("attempts")
        self.requests += attempts if isinstance(attempts, int) else 1
        if one.model is not None:
            self.reported.setdefault(one.model)
        usage = one.usage or {}
        self.input_tokens += usage.get("input", 0)
        self.output_tokens += usage.get("output", 0)
        self.cost = None if self.cost is None or one.cost is None else self.cost + one.cost
        if one.level == "ERROR":
            self.problem = self.problem or one.status_message
        elif isinstance(one.output, dict) and isinstance(one.output.get("verdict"), bool | int | float | str):
            self.answers.append(one.output["verdict"])


def _asked(place: Place, record: EvaluationRecord | None) -> dict[str, _Asked]:
    """The generations of the evaluator's last call, by model."""
    if record is None:
        return {}
    earlier = [evaluator_span_id(*place, record.evaluator, attempt) for attempt in range(1, record.attempt)]
    found: dict[str, _Asked] = {}
    for one in read_observations(record.spans, earlier):
        model = one.metadata.get("evalspec_model")
        if isinstance(model, str):
            found.setdefault(model, _Asked()).add(one)
    return found


def _judge(plan: Plan, name: str, asked: _Asked) -> JudgeDetail:
    """What is known of any model that was asked."""
    model = plan.models[name].model
    return JudgeDetail(
        name=name,
        model=model,
        reported=list(asked.reported),
        embedded=model.startswith("embedded:"),
        requests=asked.requests,
        input_tokens=asked.input_tokens,
        output_tokens=asked.output_tokens,
        cost=asked.cost if asked.requests else None,
        failure=asked.problem,
    )


def _verdict(
    evaluator: PlanEvaluator, said: Mapping[str, Any] | None, asked: _Asked | None
) -> dict[str, Any]:
    """What one judge came to: as the score says, otherwise as it answered."""
    found: dict[str, Any] = {}
    if said is not None:
        found = {key: said[key] for key in _SAID if said.get(key) is not None}
    heard = asked.answers if asked is not None and evaluator.type != "pairwise" else []
    if len(heard) > 1:
        found.setdefault("answers", heard)
    if heard and asked is not None and asked.problem is None and all(one == heard[0] for one in heard):
        found.setdefault("answer", heard[0])
    orders = found.get("orders")
    if orders:
        found.setdefault("answer", orders[0] if len(set(orders)) == 1 else "tie")
    return found


def _rubric(plan: Plan, name: str, evaluator: PlanEvaluator) -> Fact:
    """What the judges were told to go by."""
    fields = evaluator.fields
    reference = fields.get("rubric")
    if reference is None:
        criteria = " ".join(str(fields.get("criteria", "")).split())
        said = "criteria" if criteria else "prompt"
        shown = criteria or str(fields.get("prompt", ""))
        return Fact(value=shown, origin=f"{spec_origin(plan, f'evaluators.{name}')} {said}")
    ready_made = "@" in reference
    origin = "ready-made" if ready_made else spec_origin(plan, f"rubrics.{reference}")
    return Fact(value=reference, digest=fields.get("rubric_digest"), origin=origin)
