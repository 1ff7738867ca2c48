"""Sentences of other parts, in a form that a message can hold."""

import os
import re
from typing import Final

__all__ = ["MAX_MESSAGE", "clause", "message_of"]

MAX_MESSAGE: Final = 500
"""Characters of what an exception says that are worth keeping."""

SECRET_NAME: Final = re.compile(
    r"SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|PRIVATE_?KEY", re.IGNORECASE
)
"""What the names of environment variables with secrets hold."""

SHORTEST_SECRET: Final = 8
"""Values that are shorter stand in too many texts by chance."""

# A word such as "NaN" keeps its capital.
_FIRST_WORD: Final = re.compile(r"[A-Z][a-z]*\b")


def clause(sentence: str) -> str:
    """A sentence without its capital and its full stop: "There is none." becomes "there is none"."""
    text = sentence.rstrip(".")
    return text[0].lower() + text[1:] if _FIRST_WORD.match(text) else text


def _without_secrets(text: str) -> str:
    """`text` with the names of environment variables in place of values that look secret."""
    for name, value in os.environ.items():
        if len(value) >= SHORTEST_SECRET and value in text and SECRET_NAME.search(name):
            text = text.replace(value, f"${name}")
    return text


def message_of(error: BaseException) -> str:
    """What an exception of user code says, in one line that is not too long and can be written as UTF-8."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the exception is user code, too
        text = ""
    line = (
        " ".join(_without_secrets(text).encode("utf-8", "replace").decode().split()) or type(error).__name__
    )
    return line if len(line) <= MAX_MESSAGE else f"{line[: MAX_MESSAGE - 1]}…"
