"""Plans made by hand, for tests that need a plan and no compiler. Digests have the right shape only."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from evalspec.journal.records import RunHeader
from evalspec.plan.items import PlanItems
from evalspec.plan.model import Plan, PlanEvaluator, PlanScore
from evalspec.plan.values import Item

CREATED_NS = 1_795_000_000_000_000_000


def digest_of(*parts: object) -> str:
    return "sha256:" + sha256(repr(parts).encode()).hexdigest()


def make_items(count: int, **more: Any) -> list[Item]:
    """Items `item-0`, `item-1`, … with their number as input and expected output."""
    return [Item(f"item-{n}", {"n": n}, {"n": n}, {"even": n % 2 == 0}, **more) for n in range(count)]


def content_digest(item: Item) -> str:
    return digest_of("item", item.input, item.expected_output, item.metadata)


def with_digests(items: Iterable[Item]) -> Iterable[tuple[Item, str]]:
    return ((item, content_digest(item)) for item in items)


def make_score(data_type: str = "NUMERIC", **fields: Any) -> PlanScore:
    direction = fields.pop("direction", "none" if data_type in ("CATEGORICAL", "TEXT") else "higher")
    digest = digest_of("score", data_type, fields)
    tree = {"data_type": data_type, "direction": direction, "digest": digest, **fields}
    return PlanScore.model_validate(tree)


def make_evaluator(scores: str | Mapping[str, str], **fields: Any) -> PlanEvaluator:
    """An evaluator that gives the score of this name, or several by the keys of its result."""
    given = {"": scores} if isinstance(scores, str) else dict(scores)
    defaults: dict[str, Any] = {"type": "python", "fields": {}, "semantics": 1, "reads": ("output",)}
    return PlanEvaluator(**{**defaults, **fields}, scores=given, digest=digest_of("evaluator", given, fields))


def make_plan(
    items: Sequence[Item] | int = 3,
    *,
    scores: Mapping[str, PlanScore] | None = None,
    evaluators: Mapping[str, PlanEvaluator | str] | None = None,
    repeats: int = 1,
    task: Mapping[str, Any] | None = None,
    limits: Mapping[str, Any] | None = None,
    name: str = "spec",
    **fields: Any,
) -> Plan:
    """A plan over `items`. By default one evaluator `exact` gives one NUMERIC score `exact`; an evaluator
    that is only a name of a score gives that score. `limits`, `task` and `fields` are the plan's own fields.
    """
    chosen = make_items(items) if isinstance(items, int) else items
    evaluators = {"exact": "exact"} if evaluators is None else evaluators
    made = {
        key: make_evaluator(value) if isinstance(value, str) else value for key, value in evaluators.items()
    }
    if scores is None:
        scores = {score: make_score() for made_one in made.values() for score in made_one.scores.values()}
    pairs = [(item.id, content_digest(item)) for item in chosen]
    tree: dict[str, Any] = {
        "name": name,
        "dataset": {
            "type": "inline",
            "fields": {},
            "available": len(pairs),
            "digest": digest_of("dataset", pairs),
            "items": PlanItems(pairs),
        },
        "task": {
            "type": "python",
            "fields": {},
            "semantics": 1,
            **(task or {}),
            "repeats": repeats,
            "digest": digest_of("task", task),
        },
        "scores": dict(scores),
        "evaluators": made,
        "limits": limits or {},
        "digest": digest_of("plan", pairs, sorted(made), sorted(scores), repeats),
        **fields,
    }
    return Plan.model_validate(tree)


def make_header(plan: Plan, run_id: str = "20261123-190501-k3f9qa", **fields: Any) -> RunHeader:
    """The header of a run of `plan`."""
    defaults: dict[str, Any] = {
        "name": f"{plan.name}-{run_id}",
        "spec_name": plan.name,
        "root": "/project",
        "created_ns": CREATED_NS,
        "backend": "local",
    }
    return RunHeader(run_id=run_id, plan_digest=plan.digest, **{**defaults, **fields})


def plan_json(plan: Plan) -> bytes:
    return plan.model_dump_json().encode()
