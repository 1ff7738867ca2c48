"""What the catalogue says about one code."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a diagnostic weighs; only an error stops a compilation."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class CodeInfo:
    """One kind of diagnostic: a `title` of a few words, and what it means in a sentence or two."""

    code: str
    severity: Severity
    title: str
    explanation: str


def error(code: str, title: str, explanation: str) -> CodeInfo:
    """A kind that stops the compilation."""
    return CodeInfo(code, Severity.ERROR, title, explanation)


def warning(code: str, title: str, explanation: str) -> CodeInfo:
    """A kind that should be looked at, and stops nothing."""
    return CodeInfo(code, Severity.WARNING, title, explanation)


def note(code: str, title: str, explanation: str) -> CodeInfo:
    """A kind that is merely good to know."""
    return CodeInfo(code, Severity.NOTE, title, explanation)
