"""Factors: whatever a score depends on, each with a digest and the part it plays."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from evalspec.plan.canonical import canonical_json, digest
from evalspec.plan.model import Plan

Role = Literal["subject", "instrument", "environment"]
"""What was measured, what measured it, and where and when that was."""
Scope = Literal["run", "score", "item"]
"""Whether a factor is the same for a whole run, for all values of a score, or only for one item."""

MAX_METADATA: Final = 200
"""The longest text of a factor in metadata, its digest included."""
SHOWN: Final = 80
"""How much of a value is shown."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that a score depends on.

    `value` says it for people; two factors of one name are the same if and only if their digests are.
    `origin` is where it came from: a section of the spec, the plan, the record of the run. What is used both
    by the subject and by the instrument is a factor of each.
    """

    name: str
    role: Role
    scope: Scope
    digest: str
    value: str
    origin: str


def factor_of(name: str, role: Role, scope: Scope, value: Any, shown: str, origin: str) -> Factor:
    """A factor that has no digest of its own yet: `value` is a JSON tree."""
    return Factor(name, role, scope, digest(f"factor/{role}", [name, value]), shown, origin)


def shown_value(value: Any) -> str:
    """The beginning of a JSON tree, for people."""
    shown = canonical_json(value).decode()
    return shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 1]}…"


def spec_origin(plan: Plan, section: str) -> str:
    """A section of the spec, or of the plan where there is no spec."""
    return f"{plan.spec.path if plan.spec else 'plan'} [{section}]"


def used_factors(
    plan: Plan, owner: str, role: Role, scope: Scope, models: Iterable[str], prompts: Iterable[str]
) -> Iterator[Factor]:
    """The models and prompts that a task or an evaluator uses, by their digests."""
    for name in models:
        model = plan.models[name]
        yield Factor(
            f"{owner}.model.{name}",
            role,
            scope,
            model.digest,
            model.model,
            spec_origin(plan, f"models.{name}"),
        )
    for name in prompts:
        prompt = plan.prompts[name]
        shown = " ".join(str(part) for part in prompt.origin.values())
        origin = spec_origin(plan, f"prompts.{name}")
        yield Factor(f"{owner}.prompt.{name}", role, scope, prompt.digest, shown, origin)


def instrument_digest(factors: Iterable[Factor]) -> str:
    """One digest over everything that measured; equal for values that were measured in the same way."""
    return _together("instrument", factors)


def subject_digest(factors: Iterable[Factor]) -> str:
    """One digest over everything that was measured."""
    return _together("subject", factors)


def _together(role: Role, factors: Iterable[Factor]) -> str:
    named = {factor.name: factor.digest for factor in factors if factor.role == role}
    return digest(f"evidence/{role}", named)


def as_metadata(factors: Iterable[Factor]) -> dict[str, str]:
    """Factors for Langfuse metadata, where they stand on every span and so in short.

    `evalspec_factors` is a JSON object of `<role>.<name>` to digest for what decides; `evalspec_environment`
    one of name to value for what is only shown.
    """
    digests: dict[str, str] = {}
    values: dict[str, str] = {}
    for factor in factors:
        if factor.role == "environment":
            values[factor.name] = factor.value[:MAX_METADATA]
        else:
            digests[f"{factor.role}.{factor.name}"] = factor.digest
    return {
        key: json.dumps(found, ensure_ascii=False, separators=(",", ":"))
        for key, found in (("evalspec_factors", digests), ("evalspec_environment", values))
        if found
    }
