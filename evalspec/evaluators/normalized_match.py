"""`normalized_match`: whether two texts are the same but for case, white space and the like."""

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from evalspec.evaluators.base import BOOLEAN, EvaluationError, OneScoreFields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.plain import Measure, plain_kind, text, texts
from evalspec.kinds.fields import meanings
from evalspec.kinds.resolving import Resolving

__all__ = ["KIND", "NormalizedMatchFields"]

_QUICK: Final = 20_000
"""Characters that are normalised in a few milliseconds."""

Step = Literal["unicode", "case", "punctuation", "articles", "whitespace", "squad"]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class NormalizedMatchFields(OneScoreFields):
    """True where `value` and `expected`, or one of several expected texts, are the same after they were
    normalised.

    The steps are taken in the order `unicode`, `case`, `punctuation`, `articles`, `whitespace`, whatever
    order they stand in. Articles are the words `a`, `an` and `the`. `squad` is what the exact match of SQuAD
    does (Rajpurkar et al. 2016, the evaluation script of version 1.1): lower case, ASCII punctuation and
    articles away, white space collapsed.

        [evaluators.right]
        type = "normalized_match"
        value = "output.answer"
        expected = "[expected_output.answer, expected_output.alias]"
        normalize = ["unicode", "case", "punctuation", "whitespace"]
        score = "right"

    Where something is no text the evaluation fails with `not_text`; where there is no expected text with
    `empty_expected`; with more than 100,000 characters in a text, or 1,000 combining marks in a row, with
    `too_large`.
    """

    type: Literal["normalized_match"] = "normalized_match"
    value: str = Field(
        "output", description="Expression for the text to look at.", examples=["output.answer"]
    )
    expected: str = Field(
        "expected_output",
        description="Expression for the text it should be, or a list of texts of which one will do.",
        examples=["expected_output.answers"],
    )
    normalize: Annotated[list[Step], BeforeValidator(_listed, json_schema_input_type=Step | list[Step])] = (
        Field(
            default=["unicode", "case", "whitespace"],
            description="What does not count.",
            examples=["squad", ["case", "punctuation"]],
            json_schema_extra=meanings(
                unicode="Compatible characters are the same: NFKC (UAX #15).",
                case="Upper and lower case are the same: Unicode's full case folding.",
                punctuation="Punctuation is taken away: Unicode's categories P*.",
                articles="The English articles are taken away.",
                whitespace="White space is one space, and none at the ends.",
                squad="As in SQuAD's exact match.",
            ),
        )
    )


def _check(fields: NormalizedMatchFields, resolving: Resolving) -> None:
    steps = fields.normalize
    if not steps:
        message = "without a step this is `exact_match`"
        resolving.report("wrong-value", message, ("normalize",), expected="at least one step")
    for index, step in enumerate(steps):
        if step in steps[:index]:
            resolving.report("wrong-value", f"`{step}` stands there twice", ("normalize", index))
        elif "squad" in steps and step not in ("squad", "unicode"):
            message = f"`squad` has its own way with what `{step}` does"
            resolving.report(
                "wrong-value", message, ("normalize", index), expected="`squad` or the single steps"
            )


def _measure(fields: dict[str, Any]) -> Measure:
    steps: list[str] = fields["normalize"]

    async def measure(value: Any, expected: Any) -> bool:
        given, wanted = text("value", value), texts("expected", expected)
        if not wanted:
            raise EvaluationError("empty_expected", "`expected` is an empty list")
        found: bool = await evaluate_bounded(
            "evalspec.evaluators.normalizing:equal_normalized",
            [given, wanted, steps],
            cost=len(given) + sum(map(len, wanted)),
            quick=_QUICK,
            preload=["regex"],
        )
        return found

    return measure


KIND = plain_kind(NormalizedMatchFields, _measure, yields=BOOLEAN, group="comparison", check=_check)
