"""JSON texts (RFC 8259) of models: read with a bound on their depth.

Of a key that stands twice the last value counts, as in JavaScript and Python.
"""

import json
import re
from typing import Any, Final

from evalspec.evaluators.json_comparing import MAX_DEPTH
from evalspec.kinds.bounded import Refused, TooLarge

__all__ = ["MAX_LENGTH", "NotJson", "decoder", "fault_of", "read", "read_if_text", "refuse_constant"]

MAX_LENGTH: Final = 300_000
"""The longest text in characters."""

_MAX_DIGITS: Final = 4000
"""Python itself refuses to read integers of more than 4,300, since that takes quadratic time."""
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class NotJson(ValueError):
    """A text is not JSON; the text of the exception says what is wrong, and where."""


def refuse_constant(text: str) -> Any:
    """Raises NotJson: NaN and the infinities are none."""
    raise NotJson(f"`{text}` is no number in JSON")


def _integer(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise TooLarge(f"an integer has more than {_MAX_DIGITS:,} digits")
    return int(text)


decoder: Final = json.JSONDecoder(parse_constant=refuse_constant, parse_int=_integer)
"""Reads JSON and nothing else; a float beyond the range is infinite."""


def read(text: str) -> Any:
    """The value of a JSON text. Raises NotJson and TooLarge."""
    if len(text) > MAX_LENGTH:
        raise TooLarge(f"the text has {len(text):,} characters, more than {MAX_LENGTH:,}")
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(text)
    try:
        return decoder.decode(text)
    except json.JSONDecodeError as error:
        message = f"{error.msg} at line {error.lineno}, column {error.colno}"
        raise NotJson(message[0].lower() + message[1:]) from None


def _check_depth(text: str) -> None:
    depth = 0
    for match in _TOKEN.finditer(text):
        first = match[0][0]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise TooLarge(f"the text is nested deeper than {MAX_DEPTH} levels")
        elif first in "]}":
            depth -= 1


def fault_of(text: str) -> str | None:
    """What is wrong with a JSON text; None where nothing is. Raises TooLarge."""
    try:
        read(text)
    except NotJson as error:
        return str(error)
    return None


def read_if_text(role: str, value: Any) -> Any:
    """A value that is no text, or what a JSON text spells. Raises Refused `not_json`, and TooLarge."""
    if not isinstance(value, str):
        return value
    try:
        return read(value)
    except NotJson as error:
        raise Refused("not_json", f"`{role}` is text that is not JSON: {error}") from None
