"""Every kind of diagnostic there is: its code, how much it weighs, and what it means.

To add one, add a line to the module of its area; a Diagnostic with a code that is not here cannot be made.
"""

from collections.abc import Mapping
from types import MappingProxyType

from evalspec.diagnostics.catalogue import (
    code,
    data,
    langfuse,
    plan,
    references,
    source,
    structure,
    templates,
)
from evalspec.diagnostics.catalogue.info import CodeInfo, Severity

AREAS: Mapping[str, tuple[CodeInfo, ...]] = MappingProxyType(
    {
        "source": source.CODES,
        "structure": structure.CODES,
        "references": references.CODES,
        "templates": templates.CODES,
        "code": code.CODES,
        "data": data.CODES,
        "langfuse": langfuse.CODES,
        "plan": plan.CODES,
    }
)
"""The catalogue by area, in the order in which a spec is read."""

CATALOGUE: Mapping[str, CodeInfo] = MappingProxyType(
    {info.code: info for area in AREAS.values() for info in area}
)
"""The catalogue by code."""

__all__ = ["AREAS", "CATALOGUE", "CodeInfo", "Severity"]
