"""What is wrong with a spec, and where: diagnostics, the catalogue of their codes, the tree of exceptions."""

from evalspec.diagnostics.catalogue import CATALOGUE, CodeInfo
from evalspec.diagnostics.errors import (
    EvalspecError,
    JournalError,
    ServiceRefused,
    ServiceUnreachable,
    SpecError,
    UsageError,
    WorldMovedError,
)
from evalspec.diagnostics.model import (
    Diagnostic,
    Diagnostics,
    Edit,
    Fix,
    Position,
    Related,
    Severity,
    Span,
)
from evalspec.diagnostics.suggest import closest

__all__ = [
    "CATALOGUE",
    "CodeInfo",
    "Diagnostic",
    "Diagnostics",
    "Edit",
    "EvalspecError",
    "Fix",
    "JournalError",
    "Position",
    "Related",
    "ServiceRefused",
    "ServiceUnreachable",
    "Severity",
    "Span",
    "SpecError",
    "UsageError",
    "WorldMovedError",
    "closest",
]
