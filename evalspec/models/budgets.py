"""What models may cost, and what they have cost so far, apart for the subject and for the judges."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from evalspec.models.errors import ModelError
from evalspec.models.messages import Usage

__all__ = ["Accounts", "Budget", "Use"]

Use: TypeAlias = Literal["subject", "judge"]
"""What a model is asked for: to be measured, or to measure."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that may be spent on one use: USD, tokens, requests; None is no limit.

    Requests are counted when they are sent. Tokens and cost are known only afterwards, so they can be
    exceeded by what was under way when the limit was reached. Requests without a known price cost nothing
    here; `Models.totals` counts them.
    """

    cost: float | None = None
    tokens: int | None = None
    requests: int | None = None


@dataclass(slots=True)
class _Spent:
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0


@dataclass(slots=True)
class Accounts:
    """Counts every request, and refuses those beyond the budget."""

    budgets: Mapping[str, Budget]
    _spent: dict[str, dict[str, _Spent]] = field(default_factory=lambda: defaultdict(dict), init=False)

    def charge_request(self, use: Use, name: str) -> None:
        """Count a request that is about to be sent. Raises ModelError(budget_exceeded) instead."""
        budget = self.budgets.get(use)
        if budget is not None:
            self._check(use, budget)
        self._spent[use].setdefault(name, _Spent()).requests += 1

    def charge_usage(self, use: Use, name: str, usage: Usage, cost: float | None) -> None:
        """Count what a request used; `cost` is None where the price is unknown."""
        spent = self._spent[use].setdefault(name, _Spent())
        spent.input_tokens += usage.input_tokens
        spent.output_tokens += usage.output_tokens
        if cost is None:
            spent.unpriced += 1
        else:
            spent.cost += cost

    def _check(self, use: Use, budget: Budget) -> None:
        spent = self._spent[use].values()
        if budget.requests is not None and sum(one.requests for one in spent) >= budget.requests:
            raise _exceeded(f"{budget.requests} requests", use)
        tokens = sum(one.input_tokens + one.output_tokens for one in spent)
        if budget.tokens is not None and tokens >= budget.tokens:
            raise _exceeded(f"{budget.tokens} tokens", use)
        if budget.cost is not None and sum(one.cost for one in spent) >= budget.cost:
            raise _exceeded(f"{budget.cost:g} USD", use)

    def totals(self) -> dict[str, dict[str, dict[str, Any]]]:
        """What was counted, by use and by the model's name in the spec."""
        return {
            use: {
                name: {
                    "requests": spent.requests,
                    "input_tokens": spent.input_tokens,
                    "output_tokens": spent.output_tokens,
                    "cost": spent.cost,
                    "unpriced": spent.unpriced,
                }
                for name, spent in models.items()
            }
            for use, models in self._spent.items()
        }


def _exceeded(what: str, use: Use) -> ModelError:
    return ModelError("budget_exceeded", f"the budget of {what} for the {use} is spent")
