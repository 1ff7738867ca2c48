"""Sentences of other parts, as clauses that a diagnostic's message can hold."""

import re
from typing import Final

__all__ = ["clause"]

# A word such as "NaN" keeps its capital.
_FIRST_WORD: Final = re.compile(r"[A-Z][a-z]*\b")


def clause(sentence: str) -> str:
    """A sentence without its capital and its full stop: "There is none." becomes "there is none"."""
    text = sentence.rstrip(".")
    return text[0].lower() + text[1:] if _FIRST_WORD.match(text) else text
