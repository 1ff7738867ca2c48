"""The work of `contains_json` on what a model wrote; for a worker."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from evalspec.evaluators.json_texts import NotJson, decoder, refuse_constant
from evalspec.kinds.bounded import TooLarge

__all__ = ["contained"]

MAX_LENGTH: Final = 300_000
"""The longest text in characters."""

_MAX_WORK: Final = 500_000
"""Characters that are read altogether: what begins and never ends is read again from the next beginning."""
_OVERHEAD: Final = 50
"""What one beginning costs, in characters."""
_skipper: Final = json.JSONDecoder(parse_constant=refuse_constant, parse_int=float)
"""Reads what the decoder reads, but quickly: what is begun and not ended is read often."""
_BEGINNING: Final = re.compile(r"[\[{]")


def contained(text: str, schema: Any) -> list[Any]:
    """Whether a text holds a JSON object or array, one that follows the schema if there is one, and why not.

    Raises TooLarge.
    """
    if len(text) > MAX_LENGTH:
        raise TooLarge(f"the text has {len(text):,} characters, more than {MAX_LENGTH:,}")
    found = _values(text)
    if schema is None:
        there = next(found, found) is not found
        return [there, None if there else "there is no JSON object or array"]
    from evalspec.checking.schemas import first_violation, validator_for

    validator = validator_for(schema)
    comment = "there is no JSON object or array"
    for number, value in enumerate(found):
        violation = first_violation(validator, value)
        if violation is None:
            return [True, None]
        if number == 0:
            comment = violation
    return [False, comment]


def _values(text: str) -> Iterator[Any]:
    """The JSON objects and arrays that are in no other, in their order."""
    position, work = 0, 0
    while (match := _BEGINNING.search(text, position)) is not None:
        start = match.start()
        try:
            _, position = _skipper.raw_decode(text, start)
        except json.JSONDecodeError as error:
            position = start + 1
            work += error.pos - start + _OVERHEAD
        except NotJson:
            position = start + 1
            work += len(text) - start  # how far it read is not said
        else:
            yield decoder.raw_decode(text, start)[0]
        if work > _MAX_WORK:
            raise TooLarge("the text has too many beginnings of JSON that are not ended")
