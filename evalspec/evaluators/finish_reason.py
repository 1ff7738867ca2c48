"""`finish_reason`: why a model stopped."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, CATEGORY, EvaluationError, Subject
from evalspec.evaluators.generations import GENERATIONS, GenerationFields, chosen
from evalspec.evaluators.observing import observing_kind
from evalspec.evaluators.plain import Commented, Measure, Measured
from evalspec.kinds.fields import meanings
from evalspec.kinds.resolving import Resolving

__all__ = ["KIND", "FinishReasonFields"]


class FinishReasonFields(GenerationFields):
    """Whether a generation ended for a reason that is fine, and the reason itself.

        [evaluators.complete]
        type = "finish_reason"
        allowed = ["stop", "end_turn"]
        score = "complete"

    Providers have their own words for it (`stop`, `end_turn`, `STOP`; `length`, `max_tokens`), which are
    compared as they are. They are read from `gen_ai.response.finish_reasons` (OpenTelemetry's conventions for
    generative AI). Where the generation does not say it, or there is none, the evaluation fails with
    `no_finish_reason`.
    """

    type: Literal["finish_reason"] = "finish_reason"
    allowed: list[str] | None = Field(
        None, min_length=1, description="The reasons that are fine.", examples=[["stop", "end_turn"]]
    )
    match: Literal["first", "last"] = Field(
        "last",
        description="Which generation.",
        json_schema_extra=meanings(
            first="The one that began first.", last="The one that began last: often the answer itself."
        ),
    )
    score: str | None = Field(None, description="Name of the score that its `passed` is, from `[scores]`.")
    scores: dict[Literal["passed", "reason"], str] | None = Field(
        None,
        description="The scores it gives, instead of `score`: `passed` (BOOLEAN: whether the reason is among "
        "`allowed`) and `reason` (CATEGORICAL: the word itself).",
        examples=[{"reason": "finish_reason"}],
    )


def _check(fields: FinishReasonFields, resolving: Resolving) -> None:
    wanted = fields.score is not None or "passed" in (fields.scores or ())
    if wanted and fields.allowed is None:
        message = "it is not said which reasons are fine"
        resolving.report("missing-field", message, expected='`allowed`, such as `allowed = ["stop"]`')
    elif fields.allowed is not None and fields.scores is not None and "passed" not in fields.scores:
        message = "`allowed` decides `passed`, which gives no score"
        expected = "`passed` among the `scores`"
        resolving.report("wrong-value", message, ("allowed",), key=True, expected=expected)


def _measure(fields: dict[str, Any]) -> Measure:
    place = 0 if fields["match"] == "first" else -1
    allowed = frozenset(fields.get("allowed", ()))

    def measure(subject: Subject) -> Measured:
        found = chosen(subject, fields, GENERATIONS)
        if not found:
            raise EvaluationError("no_finish_reason", "the task has no generation")
        reason = found[place].finish_reason
        if reason is None:
            name = found[place].name
            raise EvaluationError(
                "no_finish_reason", f"the generation {name!r:.80} does not say why it ended"
            )
        return {"passed": Commented(reason in allowed, f"it ended by {reason!r:.80}"), "reason": reason}

    return measure


KIND = observing_kind(
    FinishReasonFields,
    _measure,
    yields={"passed": BOOLEAN, "reason": CATEGORY},
    group="runtime",
    check=_check,
)
