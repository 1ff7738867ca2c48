"""`language`: whether a text is in the expected language."""

from typing import Any, Final, Literal, get_args

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, SHARE, EvaluationError, EvaluatorFields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.extras import require
from evalspec.evaluators.language_codes import LANGUAGE_NAMES, LanguageCode
from evalspec.evaluators.plain import Commented, Measure, plain_kind, text
from evalspec.kinds.bounded import Limits
from evalspec.kinds.fields import meanings
from evalspec.kinds.resolving import Resolving
from evalspec.plan.numbers import in_words

__all__ = ["KIND", "MAX_HIGH", "LanguageFields"]

MAX_HIGH: Final = 6
"""The greatest number of languages with high accuracy; each takes about 25 MB in every worker."""

_READ: Final = 5_000
"""Characters that are looked at; the time grows with the square of a word's length."""

_LIMITS: Final = Limits(seconds=60)
"""The models of high accuracy are loaded at the first call, which takes some seconds."""


class LanguageFields(EvaluatorFields):
    """Whether a text is in the expected language, and how sure that is.

        [evaluators.german]
        type = "language"
        value = "output.answer"
        language = "de"
        languages = ["de", "en", "nl"]
        accuracy = "high"
        scores = { passed = "in_german", confidence = "german_confidence" }

    `passed` is whether the expected language is the most probable one, `confidence` the probability of the
    expected one among the candidates, between 0 and 1. The comment names the most probable languages. The
    expected language is `language`, which stands in the spec, or `expected`, an expression. Languages are
    codes of ISO 639-1. Short texts are often undecidable, mostly among related languages; restrict the
    candidates with `languages` to those that can occur. Confidence depends on the candidates. The first
    5,000 characters are looked at, and several languages in one text are not told apart.

    Detection is lingua's, by n-grams of characters (https://github.com/pemistahl/lingua-py); another version
    of its models may give other values. The evaluation fails with `not_text` where a text or code is none,
    with `unknown_language` where the expected code is not among the candidates, and with `undetermined` where
    the text favours no language, such as digits.
    """

    type: Literal["language"] = "language"
    score: str | None = Field(None, description="Name of the score that its `passed` is, from `[scores]`.")
    scores: dict[Literal["passed", "confidence"], str] | None = Field(
        None,
        description="The scores it gives: which of `passed` and `confidence`, to name of the score, instead "
        "of `score`.",
        examples=[{"passed": "in_german", "confidence": "german_confidence"}],
    )
    value: str = Field(
        "output", description="Expression for the text to look at.", examples=["output.answer"]
    )
    language: LanguageCode | None = Field(
        None,
        description="The expected language, instead of `expected`.",
        examples=["de"],
        json_schema_extra=meanings(**LANGUAGE_NAMES),
    )
    expected: str | None = Field(
        None,
        description="Expression for the code of the expected language, instead of `language`.",
        examples=["metadata.language"],
    )
    languages: list[LanguageCode] | None = Field(
        None,
        description="The languages that can occur, at least two; without it all that are known.",
        examples=[["de", "en"]],
    )
    accuracy: Literal["low", "high"] = Field(
        "low",
        description="What is looked at in texts of up to 120 characters; for longer ones there is no "
        f"difference. `high` needs `languages`, at most {MAX_HIGH}.",
        json_schema_extra=meanings(
            low="Groups of three characters.",
            high="Groups of one to five characters, from models that are larger.",
        ),
    )


def _check(fields: LanguageFields, resolving: Resolving) -> None:
    if fields.language is None and fields.expected is None:
        message = "it is not said which language is expected"
        resolving.report("missing-field", message, expected="`language` or `expected`")
    if fields.language is not None and fields.expected is not None:
        message = "`language` and `expected` cannot stand together"
        resolving.report("wrong-value", message, ("language",), key=True, expected="one of the two")
    chosen = fields.languages
    if chosen is not None and len(set(chosen)) < 2:
        message = "there is nothing to tell apart"
        resolving.report("wrong-value", message, ("languages",), expected="at least two languages")
    elif chosen is not None and fields.language is not None and fields.language not in chosen:
        message = f"`{fields.language}` is not among `languages`, and would never be found"
        resolving.report("wrong-value", message, ("language",), expected="one of `languages`")
    if fields.accuracy == "high" and not 0 < len(set(chosen or ())) <= MAX_HIGH:
        message = f"high accuracy needs models for each language, and is for at most {MAX_HIGH}"
        expected = f"`languages` with at most {MAX_HIGH} of them"
        resolving.report("wrong-value", message, ("accuracy",), expected=expected)


def _measure(fields: dict[str, Any]) -> Measure:
    require("lingua", "text")
    constant: str | None = fields.get("language")
    codes = sorted(set(fields.get("languages") or ()))
    known = codes or get_args(LanguageCode)

    async def measure(value: Any, expected: Any = constant) -> dict[str, bool | float | Commented]:
        given, wanted = text("value", value), text("expected", expected)
        if wanted not in known:
            raise EvaluationError("unknown_language", f"`{wanted[:20]}` is not one of the candidates' codes")
        ranked: list[tuple[str, str, float]] = await evaluate_bounded(
            "evalspec.evaluators.language_detection:rank_languages",
            [given[:_READ], codes, fields["accuracy"]],
            limits=_LIMITS,
        )
        comment = ", ".join(f"{name} {in_words(confidence)}" for _, name, confidence in ranked[:3])
        confidence = next(found for code, _, found in ranked if code == wanted)
        return {
            "passed": Commented(ranked[0][0] == wanted, comment),
            "confidence": Commented(min(max(confidence, 0.0), 1.0), comment),
        }

    return measure


KIND = plain_kind(
    LanguageFields,
    _measure,
    yields={"passed": BOOLEAN, "confidence": SHARE},
    group="text",
    check=_check,
    extra="text",
)
