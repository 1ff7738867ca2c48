"""Keys never reach a message: servers echo them, and what they say is shown to people and kept."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["Redactor"]

_SECRET_NAME: Final = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$", re.IGNORECASE)
_BEARER: Final = re.compile(r"(?i)\b(bearer|basic)\s+[\w~+/.=-]{8,}")
_SHORTEST: Final = 8
"""Characters from which on a variable's value counts as secret: `1` must not vanish from every message."""
_LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class Redactor:
    """Replaces what is secret in a text."""

    secrets: tuple[str, ...]

    @classmethod
    def of(cls, environ: Mapping[str, str], key_name: str | None) -> "Redactor":
        """For the values of all variables whose names end like a secret's, and that of `key_name`."""
        found = {
            value for name, value in environ.items() if _SECRET_NAME.search(name) and len(value) >= _SHORTEST
        }
        if key_name and environ.get(key_name):
            found.add(environ[key_name])
        # As they are written by those who quote them, too.
        spelt = {form for value in found for form in (value, value.strip(), repr(value)[1:-1])}
        spelt |= {json.dumps(value)[1:-1] for value in found}
        # The longest first: one may be part of another.
        return cls(tuple(sorted(filter(None, spelt), key=len, reverse=True)))

    def __call__(self, text: str) -> str:
        """The text without secrets, on one line, and not too long to read."""
        for secret in self.secrets:
            text = text.replace(secret, "[redacted]")
        text = " ".join(_BEARER.sub(r"\1 [redacted]", text).split())
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
