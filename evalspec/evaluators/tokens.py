"""Words of a text, without the help of data that would have to be downloaded."""

import re
from typing import Final

__all__ = ["tokens"]

_WORDS: Final = re.compile(r"\w+|[^\w\s]")


def tokens(text: str, tokenizer: str) -> list[str]:
    """The tokens of a text.

    `words` are runs of letters, digits and underscores of any script, and each other sign but space by
    itself; `whitespace` is what stands between spaces; `characters` is each character but space.
    """
    if tokenizer == "words":
        return _WORDS.findall(text)
    return text.split() if tokenizer == "whitespace" else [sign for sign in text if not sign.isspace()]
