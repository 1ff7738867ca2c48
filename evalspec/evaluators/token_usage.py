"""`token_usage`: how many tokens the models of a task took."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, NUMBER, EvaluationError, Subject
from evalspec.evaluators.generations import GenerationFields, billed
from evalspec.evaluators.observing import check_bounds, observing_kind, within_bounds
from evalspec.evaluators.plain import Measure, Measured

__all__ = ["KIND", "TokenUsageFields"]

_TOTALS: Final = ("total", "total_tokens")
_INPUT: Final = ("input", "prompt_tokens")
_OUTPUT: Final = ("output", "completion_tokens")


class TokenUsageFields(GenerationFields):
    """The tokens that the task's models took, and whether all together are within a limit.

        [evaluators.tokens]
        type = "token_usage"
        max = 4000
        scores = { total = "tokens", passed = "small_enough" }

    It is the sum over all generations and embeddings below the task's call, or over those of one `name`. As
    in Langfuse, kinds of tokens that begin with `input` are input, those that begin with `output` are output,
    and where no total is said it is the sum of all kinds; OpenAI's `prompt_tokens` and `completion_tokens`
    are understood.

    Where no generation says its usage, or one that did not fail does not, the evaluation fails with
    `no_usage`: a sum over some of them would lie.
    """

    type: Literal["token_usage"] = "token_usage"
    max: int | None = Field(None, ge=0, description="The largest total for `passed`.", examples=[4000])
    score: str | None = Field(
        None,
        description="Name of the score it gives, from `[scores]`: `passed` where there is a bound, otherwise "
        "`total`.",
    )
    scores: dict[Literal["total", "input", "output", "passed"], str] | None = Field(
        None,
        description="The scores it gives, instead of `score`: `total`, `input` and `output` (NUMERIC), and "
        "`passed` (BOOLEAN: a total of at most `max`).",
        examples=[{"total": "tokens", "passed": "small_enough"}],
    )


def _measure(fields: dict[str, Any]) -> Measure:
    keys = set(fields.get("keys", ("total",)))

    def measure(subject: Subject) -> Measured:
        found = [one.usage or {} for one in billed(subject, fields, "usage", "no_usage", "its usage")]
        sums: dict[str, int] = {"total": sum(_total(usage) for usage in found)}
        for key, kinds in (("input", _INPUT), ("output", _OUTPUT)):
            if key in keys:
                sums[key] = sum(_of(usage, kinds) for usage in found)
        return {**sums, "passed": within_bounds(fields, sums["total"])}

    return measure


def _total(usage: Mapping[str, int]) -> int:
    said = next((usage[key] for key in _TOTALS if key in usage), None)
    return sum(usage.values()) if said is None else said


def _of(usage: Mapping[str, int], kinds: tuple[str, str]) -> int:
    """The tokens in or out, of one usage. An embedding has no output, and says none."""
    prefix, openai = kinds
    found = [count for kind, count in usage.items() if kind.startswith(prefix) or kind == openai]
    if not found and set(usage) <= set(_TOTALS):
        raise EvaluationError("no_usage", f"a generation says its total and not its {prefix} tokens")
    return sum(found)


KIND = observing_kind(
    TokenUsageFields,
    _measure,
    yields={"total": NUMBER, "input": NUMBER, "output": NUMBER, "passed": BOOLEAN},
    group="runtime",
    check=check_bounds,
)
