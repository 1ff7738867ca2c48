"""Taking away from texts what does not count when they are compared."""

import re
import string
from collections.abc import Collection
from functools import lru_cache
from typing import Any, Final
from unicodedata import combining, normalize

from evalspec.kinds.bounded import TooLarge

__all__ = ["MAX_LENGTH", "equal_normalized", "normalized"]

MAX_LENGTH: Final = 100_000
"""The longest text in characters."""

_MAX_MARKS: Final = 1_000
"""The most combining marks in a row; putting them in order takes quadratic time."""

_ARTICLES: Final = re.compile(r"\b(?:a|an|the)\b", re.IGNORECASE)
_ASCII_PUNCTUATION: Final = dict.fromkeys(map(ord, string.punctuation))


@lru_cache
def _punctuation() -> Any:
    import regex

    return regex.compile(r"\p{P}++")


def normalized(text: str, steps: Collection[str]) -> str:
    """The text after the steps, which are taken in one order whatever order they are given in.

    Raises TooLarge.
    """
    if len(text) > MAX_LENGTH:
        raise TooLarge(f"a text has {len(text):,} characters, more than {MAX_LENGTH:,}")
    if "unicode" in steps:
        text = _nfkc(text)
    if "case" in steps:
        text = text.casefold()
        # Folding may take a text out of its normal form (Unicode, 3.13, definition D146).
        text = _nfkc(text) if "unicode" in steps else text
    if "squad" in steps:
        text = text.lower().translate(_ASCII_PUNCTUATION)
    if "punctuation" in steps:
        text = _punctuation().sub("", text)
    if "articles" in steps or "squad" in steps:
        text = _ARTICLES.sub(" ", text)
    if "whitespace" in steps or "squad" in steps:
        text = " ".join(text.split())
    return text


def equal_normalized(value: str, expected: list[str], steps: Collection[str]) -> bool:
    """Whether a text is the same as one of several after the steps. Raises TooLarge."""
    found = normalized(value, steps)
    return any(normalized(one, steps) == found for one in expected)


def _nfkc(text: str) -> str:
    if text.isascii():
        return text
    marks = 0
    for char in text:
        marks = marks + 1 if combining(char) else 0
        if marks > _MAX_MARKS:
            raise TooLarge(f"a character has more than {_MAX_MARKS:,} combining marks")
    found = normalize("NFKC", text)
    if len(found) > 2 * MAX_LENGTH:
        # One character may become eighteen.
        raise TooLarge(f"a text has {len(found):,} characters in its normal form")
    return found
