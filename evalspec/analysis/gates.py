"""Gates: conditions on aggregates that decide the exit code."""

from dataclasses import dataclass

from evalspec.analysis.digits import beside, exact
from evalspec.plan.model import PlanGate


@dataclass(frozen=True, slots=True)
class GateResult:
    """Whether a gate lets the run pass, and one sentence why.

    `bound` is the bound that decided: the one that does not hold, otherwise the one nearest to the value.
    """

    passed: bool
    value: float | str | None
    bound: float | None
    coverage: float
    reason: str


def check_gate(
    gate: PlanGate, value: float | str | None, coverage: float, no_value: str | None = None
) -> GateResult:
    """Hold an aggregate's value against a gate.

    Comparisons are exact, without a tolerance: bounds are inclusive, and as means and rates are rounded only
    once, 8 of 10 is not below a `min` of 0.8. Below full coverage a gate fails unless its `min_coverage` says
    otherwise. `no_value` is the reason why there is no value.
    """
    bounds = [bound for bound in (gate.min, gate.max) if bound is not None]
    nearest = bounds[0] if bounds else None

    def fails(reason: str, bound: float | None = nearest) -> GateResult:
        return GateResult(False, value, bound, coverage, reason)

    if value is None:
        return fails(f"`{gate.aggregate}` has no value: {no_value or 'it was not computed'}.")
    if bounds and isinstance(value, str):
        return fails(f"`{gate.aggregate}` is not a number and cannot be held against a bound.")
    if isinstance(value, str):
        said = f"{gate.aggregate} is {value}"
    else:
        nearest = min(bounds, key=lambda bound: abs(bound - value)) if bounds else None
        said = f"{gate.aggregate} is {beside(value, bounds)}"
        if gate.min is not None and value < gate.min:
            return fails(f"{said}, below {exact(gate.min)}.", gate.min)
        if gate.max is not None and value > gate.max:
            return fails(f"{said}, above {exact(gate.max)}.", gate.max)
    if gate.min_coverage is not None and coverage < gate.min_coverage:
        return fails(
            f"{_share(coverage)} of the results are there, fewer than {_share(gate.min_coverage)}.", nearest
        )
    if gate.min_coverage is None and coverage < 1:
        return fails(
            f"Only {_share(coverage)} of the results are there and no `min_coverage` allows that.", nearest
        )
    return GateResult(True, value, nearest, coverage, _holds(gate, said))


def _holds(gate: PlanGate, said: str) -> str:
    parts = []
    if gate.min is not None:
        parts.append(f"not below {exact(gate.min)}")
    if gate.max is not None:
        parts.append(f"not above {exact(gate.max)}")
    return f"{said}, {' and '.join(parts)}." if parts else f"{said}, and enough results are there."


def _share(share: float) -> str:
    """A share as a percentage that is never rounded up to a full one, nor down to none."""
    percent = f"{share * 100:.1f}".removesuffix(".0")
    if percent == "100" and share < 1:
        return "just under 100 %"
    return "less than 0.1 %" if percent == "0" and share > 0 else f"{percent} %"
