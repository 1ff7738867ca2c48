"""Text that other languages' libraries take: they read UTF-8, and half a surrogate pair is none."""

import re
from typing import Final

__all__ = ["without_surrogates"]

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def without_surrogates(text: str) -> str:
    """The text with U+FFFD in the place of each lone surrogate."""
    return _SURROGATE.sub("\ufffd", text)
