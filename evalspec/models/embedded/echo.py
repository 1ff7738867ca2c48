"""`embedded:echo`: the last message of the user, or what of it fits into a schema."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from evalspec.models.embedded.filling import clamped, fill

__all__ = ["echo"]

_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
_YES_OR_NO: Final = re.compile(r"\b(?:(true|yes)|(false|no))\b", re.IGNORECASE)


def echo(text: str, schema: Any) -> Any:
    """The value for a schema that is made of the words of `text`.

    An enum is the first member that occurs in the text, else its first. A number is the first in the text,
    fitted into the bounds, else the one nearest to zero; a boolean the first `true`, `yes`, `false` or `no`,
    else false. A string is the text, cut to its greatest length.
    """
    return fill(schema, _Words(text))


@dataclass(frozen=True, slots=True)
class _Words:
    text: str

    def member(self, name: str, members: Sequence[Any]) -> Any:
        return next((one for one in members if _spelled(one) in self.text), members[0])

    def boolean(self, name: str) -> bool:
        found = _YES_OR_NO.search(self.text)
        return found is not None and found[1] is not None

    def number(self, name: str, low: float | None, high: float | None) -> float:
        found = _NUMBER.search(self.text)
        if found is None:
            return clamped(0, low, high)
        return float(found[0]) if "." in found[0] else int(found[0])

    def string(self, name: str) -> str:
        return self.text


def _spelled(member: Any) -> str:
    return json.dumps(member) if member is None or isinstance(member, bool) else str(member)
