"""`readability`: how hard a text is to read, by a formula."""

from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import NUMBER, EvaluationError, OneScoreFields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.extras import require
from evalspec.evaluators.plain import Commented, Measure, plain_kind, text
from evalspec.kinds.bounded import Limits
from evalspec.kinds.fields import meanings
from evalspec.kinds.resolving import Resolving

__all__ = ["KIND", "MAX_LENGTH", "ReadabilityFields"]

MAX_LENGTH: Final = 100_000
"""The longest text in characters."""

_LIMITS: Final = Limits(seconds=60)
"""What may be measured at all takes less than a second; a slow machine must not decide."""

_FOR_ANY_LANGUAGE: Final = frozenset({"lix", "rix"})


class ReadabilityFields(OneScoreFields):
    """How hard a text is to read, by a formula over the lengths of its words and sentences.

        [evaluators.plain]
        type = "readability"
        value = "output.answer"
        formula = "flesch_kincaid_grade"
        score = "grade"

    The formulas are textstat's; they were made for running prose, some for a hundred words and more, SMOG
    for thirty sentences, and single sentences get extreme values. Grades are American school years.

    **Syllables are counted by hyphenation patterns**, because the dictionary of pronunciations that textstat
    would use has to be downloaded. Patterns miss some syllables, such as a single letter at the beginning, so
    Flesch values come out about 5 to 15 points easier, and grades one or two years lower, than those of
    published tables. Compare values of this evaluator with each other. `automated_readability_index`,
    `coleman_liau`, `lix` and `rix` count letters and do not have this bias.

    The evaluation fails with `not_text` where `value` is none, with `no_words` where it has no word, and with
    `too_large` above 100,000 characters. Sentences end with `.`, `!` or `?`, and words with space; for
    scripts that do not write these the values mean nothing.
    """

    type: Literal["readability"] = "readability"
    value: str = Field(
        "output", description="Expression for the text to look at.", examples=["output.answer"]
    )
    formula: Literal[
        "flesch_reading_ease",
        "flesch_kincaid_grade",
        "gunning_fog",
        "smog",
        "automated_readability_index",
        "coleman_liau",
        "lix",
        "rix",
    ] = Field(
        "flesch_reading_ease",
        description="The formula.",
        json_schema_extra=meanings(
            flesch_reading_ease="From 0 (hard) to 100 (easy), by syllables and sentences; Flesch 1948.",
            flesch_kincaid_grade="A school year; syllables and sentences; Kincaid et al. 1975.",
            gunning_fog="A school year; uncommon words of three syllables, and sentences; Gunning 1952.",
            smog="A school year; words of three syllables and more in a sentence; McLaughlin 1969.",
            automated_readability_index="A school year; characters and sentences; Smith and Senter 1967.",
            coleman_liau="A school year; letters and sentences; Coleman and Liau 1975.",
            lix="About 20 (very easy) to 60 (very hard), for any language; long words; Björnsson 1968.",
            rix="Long words in a sentence, for any language; Anderson 1983.",
        ),
    )
    language: Literal["en", "de", "es", "fr", "it", "nl", "ru", "hu"] = Field(
        "en",
        description="The language of the text; other languages than English for `flesch_reading_ease`, which "
        "has constants for them. `lix` and `rix` do not need it.",
    )


def _check(fields: ReadabilityFields, resolving: Resolving) -> None:
    if fields.language == "en" or fields.formula == "flesch_reading_ease":
        return
    what = "does not depend on the language" if fields.formula in _FOR_ANY_LANGUAGE else "is for English"
    message = f"`{fields.formula}` {what}"
    resolving.report("wrong-value", message, ("language",), key=True, expected="no `language` with it")


def _measure(fields: dict[str, Any]) -> Measure:
    require("textstat", "text")

    async def measure(value: Any) -> Commented:
        given = text("value", value)
        if len(given) > MAX_LENGTH:
            message = f"`value` has {len(given):,} characters, more than {MAX_LENGTH:,}"
            raise EvaluationError("too_large", message)
        found = await evaluate_bounded(
            "evalspec.evaluators.readability_formulas:readability",
            [given, fields["formula"], fields["language"]],
            limits=_LIMITS,
            preload=["textstat.backend"],
        )
        return Commented(*found)

    return measure


KIND = plain_kind(
    ReadabilityFields,
    _measure,
    yields=NUMBER,
    group="text",
    expressions=("value",),
    check=_check,
    extra="text",
)
