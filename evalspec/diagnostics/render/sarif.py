"""Diagnostics as SARIF 2.1.0, which code scanning services read.

The format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; its sections are named where
they decide.
"""

import json
import re
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from evalspec.diagnostics.catalogue import CATALOGUE, CodeInfo
from evalspec.diagnostics.model import Diagnostic, Fix, Related, Span
from evalspec.diagnostics.render.order import in_reading_order, sentences

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_ABSOLUTE = re.compile(r"/|[A-Za-z]:/")


def render_sarif(diagnostics: Iterable[Diagnostic]) -> str:
    """One SARIF log with one run; its rules are the kinds of diagnostics that occur."""
    ordered = in_reading_order(diagnostics)
    rules = sorted({item.code for item in ordered})
    run = {
        "tool": {
            "driver": {
                "name": "evalspec",
                "version": _version(),
                "rules": [_rule(CATALOGUE[code]) for code in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The working directory of the command."}}},
        "results": [_result(item, rules.index(item.code)) for item in ordered],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _version() -> str:
    try:
        return metadata.version("evalspec")
    except metadata.PackageNotFoundError:
        return "unknown"


def _rule(info: CodeInfo) -> dict[str, Any]:
    return {
        "id": info.code,
        "name": "".join(part.capitalize() for part in info.code.split("-")),
        "shortDescription": {"text": _text(info.title)},
        "fullDescription": {"text": _text(info.explanation)},
        "defaultConfiguration": {"level": str(info.severity)},
    }


def _result(item: Diagnostic, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": item.code,
        "ruleIndex": index,
        "level": str(item.severity),
        "message": {"text": _text("\n".join(sentences(item)))},
    }
    if item.span is not None:
        result["locations"] = [{"physicalLocation": _physical(item.span)}]
    if item.related:
        result["relatedLocations"] = [_related(place, n) for n, place in enumerate(item.related, 1)]
    if item.fix is not None:
        result["fixes"] = [_fix(item.fix)]
    if item.pointer is not None:
        result["properties"] = {"pointer": item.pointer}
    return result


def _related(place: Related, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "message": {"text": _text(place.message)},
        "physicalLocation": _physical(place.span),
    }


def _fix(fix: Fix) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        replacement = {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.replacement}}
        changes.setdefault(edit.span.path, []).append(replacement)
    return {
        "description": {"text": _text(fix.description)},
        "artifactChanges": [
            {"artifactLocation": _artifact(path), "replacements": replacements}
            for path, replacements in changes.items()
        ],
    }


def _physical(span: Span) -> dict[str, Any]:
    return {"artifactLocation": _artifact(span.path), "region": _region(span)}


def _region(span: Span) -> dict[str, int]:
    """§3.30: lines and columns from 1, the end column after the last character."""
    return {
        "startLine": span.start.line,
        "startColumn": span.start.column,
        "endLine": span.end.line,
        "endColumn": span.end.column,
    }


def _artifact(path: str) -> dict[str, str]:
    """§3.4: a relative reference without dot segments below the root, or else an absolute URI."""
    if not _ABSOLUTE.match(path):
        if ".." not in path.split("/"):
            return {"uri": _quoted(path.removeprefix("./")), "uriBaseId": _ROOT}
        path = Path(path).resolve().as_posix()
    return {"uri": f"file://{'' if path.startswith('/') else '/'}{_quoted(path)}"}


def _quoted(path: str) -> str:
    # A colon in the first segment of a relative reference would make it a scheme (RFC 3986 §4.2).
    return quote(path, safe="/", errors="surrogateescape")


def _text(text: str) -> str:
    """§3.11.5: braces are doubled; §3.11.6: what only looks like a link is none."""
    return text.replace("{", "{{").replace("}", "}}").replace("](", "\\](")
