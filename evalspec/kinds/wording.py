"""Sentences of other parts, in a form that a message can hold."""

import re
from typing import Final

__all__ = ["MAX_MESSAGE", "clause", "message_of"]

MAX_MESSAGE: Final = 500
"""Characters of what an exception says that are worth keeping."""

# A word such as "NaN" keeps its capital.
_FIRST_WORD: Final = re.compile(r"[A-Z][a-z]*\b")


def clause(sentence: str) -> str:
    """A sentence without its capital and its full stop: "There is none." becomes "there is none"."""
    text = sentence.rstrip(".")
    return text[0].lower() + text[1:] if _FIRST_WORD.match(text) else text


def message_of(error: BaseException) -> str:
    """What an exception of user code says, in one line that is not too long and can be written as UTF-8."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the exception is user code, too
        text = ""
    line = " ".join(text.encode("utf-8", "replace").decode().split()) or type(error).__name__
    return line if len(line) <= MAX_MESSAGE else f"{line[: MAX_MESSAGE - 1]}…"
