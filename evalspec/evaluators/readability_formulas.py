"""Readability formulas. Called in a worker."""

import warnings
from collections.abc import Callable

from evalspec.kinds.bounded import Refused

__all__ = ["readability"]


def readability(text: str, formula: str, language: str) -> tuple[float, str]:
    """The value of a formula, and what it was computed from. Refuses with `no_words`."""
    from textstat.backend import counts, metrics

    # With `en` textstat downloads a dictionary of pronunciations; with `en-US` it has the same constants, and
    # counts syllables by the hyphenation patterns that it brings along.
    locale = "en-US" if language == "en" else language
    words = counts.count_words(text)
    if words == 0:
        raise Refused("no_words", "`value` has no words")
    formulas: dict[str, Callable[[], float]] = {
        "flesch_reading_ease": lambda: metrics.flesch_reading_ease(text, locale),
        "flesch_kincaid_grade": lambda: metrics.flesch_kincaid_grade(text, locale),
        "gunning_fog": lambda: metrics.gunning_fog(text, locale),
        "smog": lambda: metrics.smog_index(text, locale),
        "automated_readability_index": lambda: metrics.automated_readability_index(text),
        "coleman_liau": lambda: metrics.coleman_liau_index(text),
        "lix": lambda: metrics.lix(text),
        "rix": lambda: metrics.rix(text),
    }
    with warnings.catch_warnings():
        # It says that American English has no list of easy words of its own, and takes that of English.
        warnings.simplefilter("ignore")
        value = float(formulas[formula]())
    return value, f"words {words}, sentences {counts.count_sentences(text)}"
