"""Diagnostics for programs: one JSON document of a stable shape.

    {"evalspec_diagnostics": 1,
     "summary": {"errors": 1, "warnings": 0, "notes": 0},
     "diagnostics": [
       {"code": "duplicate-key", "severity": "error", "title": "key defined twice",
        "message": "`a` is defined a second time",
        "location": {"path": "a.toml", "start": {"line": 2, "column": 1}, "end": {"line": 2, "column": 2}},
        "pointer": null, "expected": "each name once", "suggestion": null, "notes": [],
        "related": [{"message": "first defined here", "location": {...}}],
        "fix": {"description": "...", "edits": [{"location": {...}, "replacement": ""}]}}]}

Lines and columns count from 1, columns in code points; `end` is the place after the last character. Every
field is always there; `location`, `pointer`, `expected`, `suggestion` and `fix` may be null. Fields may be
added; none changes its meaning without a new number in
`evalspec_diagnostics`.
"""

import json
from collections.abc import Iterable
from typing import Any

from evalspec.diagnostics.catalogue import CATALOGUE
from evalspec.diagnostics.model import Diagnostic, Fix, Position, Severity, Span
from evalspec.diagnostics.render.order import counts, in_reading_order

VERSION = 1


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """All diagnostics as one JSON document in the shape above."""
    return json.dumps(as_json(diagnostics), indent=2) + "\n"


def as_json(diagnostics: Iterable[Diagnostic]) -> dict[str, Any]:
    """The same as a plain tree, for a document that holds more than diagnostics."""
    ordered = in_reading_order(diagnostics)
    found = counts(ordered)
    return {
        "evalspec_diagnostics": VERSION,
        "summary": {
            "errors": found[Severity.ERROR],
            "warnings": found[Severity.WARNING],
            "notes": found[Severity.NOTE],
        },
        "diagnostics": [_diagnostic(item) for item in ordered],
    }


def _diagnostic(item: Diagnostic) -> dict[str, Any]:
    return {
        "code": item.code,
        "severity": str(item.severity),
        "title": CATALOGUE[item.code].title,
        "message": item.message,
        "location": None if item.span is None else _location(item.span),
        "pointer": item.pointer,
        "expected": item.expected,
        "suggestion": item.suggestion,
        "notes": list(item.notes),
        "related": [{"message": place.message, "location": _location(place.span)} for place in item.related],
        "fix": None if item.fix is None else _fix(item.fix),
    }


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [{"location": _location(edit.span), "replacement": edit.replacement} for edit in fix.edits]
    return {"description": fix.description, "edits": edits}


def _location(span: Span) -> dict[str, Any]:
    return {"path": span.path, "start": _position(span.start), "end": _position(span.end)}


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column}
