"""Reading a spec: from a path or a text to a Document, or to the diagnostics that say why not."""

import stat
from collections.abc import Iterator
from pathlib import Path

from evalspec.diagnostics.model import Diagnostic
from evalspec.source import file_faults
from evalspec.source.document import Document, Format
from evalspec.source.faults import duplicate_key, not_a_table, too_deep
from evalspec.source.json_values import read_json
from evalspec.source.text import decode
from evalspec.source.toml_values import read_toml
from evalspec.source.values import Findings, examine

MAX_BYTES = 10 * 1024 * 1024
"""The largest spec that is read, in bytes. Data belongs into a data file."""

_FORMATS: dict[str, Format] = {".toml": "toml", ".json": "json"}

Result = tuple[Document | None, tuple[Diagnostic, ...]]


def load_document(path: Path, *, display: str | None = None) -> Result:
    """Read the spec at `path`; `display` is the name that people see (default: relative to the working
    directory).

    The document is None when there is nothing to go on with. It may be there although there are errors, so
    that the mistakes further in can be found as well.
    """
    shown = display if display is not None else file_faults.display_path(path)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            return None, (file_faults.not_a_file(shown, is_folder=stat.S_ISDIR(mode)),)
        syntax = _FORMATS.get(path.suffix.lower())
        if syntax is None:
            return None, (file_faults.unknown_format(path, shown),)
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None, (file_faults.not_found(path, shown),)
    except (OSError, ValueError) as fault:
        return None, (file_faults.not_readable(shown, fault),)
    return parse_document(content, path=shown, format=syntax)


def parse_document(text: str | bytes, *, path: str, format: Format) -> Result:  # noqa: A002 - its name for callers
    """Read a spec from memory; `path` names it in diagnostics. Otherwise like `load_document`."""
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        return None, (file_faults.too_large(path, MAX_BYTES),)
    decoded = decode(text, path)
    if isinstance(decoded, Diagnostic):
        return None, (decoded,)
    reading = read_toml(decoded, path) if format == "toml" else read_json(decoded, path)
    if reading.faults:
        return None, reading.faults
    if not isinstance(reading.value, dict):
        return None, (not_a_table(reading.value, decoded, path),)
    # Only JSON can spell half of a surrogate pair, and only as an escape.
    findings = examine(reading.value, surrogates=format == "json" and "\\ud" in decoded.lower())
    if findings.too_deep:
        return None, (too_deep(decoded, path, format),)
    document = Document(path=path, format=format, text=decoded, value=reading.value, nulls=findings.nulls)
    repeated = document.repeats if reading.repeated else ()
    faults = [duplicate_key(name, second, first) for name, second, first in repeated]
    return document, (*faults, *_value_faults(document, findings))


def _value_faults(document: Document, findings: Findings) -> Iterator[Diagnostic]:
    for pointer in findings.not_finite:
        yield Diagnostic(
            code="invalid-number",
            message=f"`{document.raw(pointer)}` is not a finite number",
            span=document.value_span(pointer),
            pointer=pointer,
            expected="a number between -1.8e308 and 1.8e308",
        )
    for pointer in findings.half_characters:
        yield Diagnostic(
            code="invalid-character",
            message="half of a surrogate pair is no character",
            span=document.span(pointer),
            pointer=pointer,
            expected="both halves, as in `\\ud83d\\ude00`, or the character itself",
        )
