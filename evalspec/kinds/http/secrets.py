"""Headers whose values are secret: where they come from, and that they are not kept."""

import json
from collections.abc import Mapping
from typing import Any

from evalspec.diagnostics import UsageError
from evalspec.kinds.wording import SHORTEST_SECRET

__all__ = ["Secrets"]


class Secrets:
    """The secret headers of a section, read from the environment.

    Raises UsageError where a variable is not set, or holds what cannot stand in a header.
    """

    def __init__(self, headers: Mapping[str, Mapping[str, Any]], environ: Mapping[str, str]) -> None:
        self.headers = {name: _value(name, header, environ) for name, header in headers.items()}
        found = {environ[header["env"]].strip(): header["env"] for header in headers.values()}
        spelt = {
            spelling: f"${name}"
            for value, name in found.items()
            if len(value) >= SHORTEST_SECRET
            # Within JSON some characters are written in another way.
            for spelling in (value, json.dumps(value)[1:-1])
        }
        # The longest first: one may be part of another.
        self._replaced = dict(sorted(spelt.items(), key=lambda pair: -len(pair[0])))

    def removed(self, text: str) -> str:
        """`text` with the names of variables in place of their values, which servers may echo."""
        for value, name in self._replaced.items():
            text = text.replace(value, name)
        return text


def _value(name: str, header: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    variable = header["env"]
    value = environ.get(variable, "").strip()
    if not value:
        raise UsageError(f"the header `{name}` needs the environment variable {variable}, which is not set")
    if not (value.isascii() and value.isprintable()):
        raise UsageError(f"the environment variable {variable} holds what cannot stand in a header")
    return f"{header.get('prefix', '')}{value}"
