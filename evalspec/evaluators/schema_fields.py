"""The JSON Schema of an evaluator: in the spec, or in a file that it names."""

from typing import Any, Protocol

from evalspec.kinds.item_errors import display_path
from evalspec.kinds.resolving import Resolving, Where
from evalspec.kinds.wording import clause
from evalspec.plan.canonical import NotCanonical, canonical_json

__all__ = ["HasSchema", "resolve_schema"]


class HasSchema(Protocol):
    """Fields of which at most one is there."""

    @property
    def schema(self) -> dict[str, Any] | None: ...

    @property
    def path(self) -> str | None: ...


def resolve_schema(fields: HasSchema, resolving: Resolving) -> Any:
    """The schema, which is in the plan as a whole wherever it stood; None where there is none, or where it is
    wrong, which is reported.
    """
    if fields.schema is not None and fields.path is not None:
        message = "`schema` and `path` cannot stand together"
        resolving.report("wrong-value", message, ("path",), key=True, expected="one of `schema` and `path`")
        return None
    if fields.schema is not None:
        _check(resolving, fields.schema, ("schema",), None)
        return fields.schema
    return None if fields.path is None else _read(resolving, fields.path)


def _read(resolving: Resolving, text: str) -> Any:
    """The schema in a file; the plan keeps it whole, so that nothing can move afterwards."""
    path = resolving.path(("path",), text)
    if path is None:
        return None
    # Loaded to compile only: a saved plan runs without the package that reads specs.
    from evalspec.source.json_values import read_json

    display = display_path(resolving.root / path)
    try:
        reading = read_json((resolving.root / path).read_text(encoding="utf-8-sig"), display)
    except UnicodeDecodeError:
        resolving.report("invalid-schema", f"`{text}` is not UTF-8", ("path",))
        return None
    except OSError as error:
        resolving.report("not-readable", f"`{text}` cannot be read: {error.strerror}", ("path",))
        return None
    for fault in reading.faults:
        place = None if fault.span is None else (display, fault.span.start.line, fault.span.start.column)
        code = "number-not-canonical" if fault.code == "invalid-number" else "invalid-schema"
        message = f"the file is not JSON: {fault.message}"
        resolving.report(code, message, ("path",), file=place, expected=fault.expected)
    if not reading.faults:
        _check(resolving, reading.value, ("path",), text)
    return reading.value


def _check(resolving: Resolving, schema: Any, at: Where, file: str | None) -> None:
    """Report what is wrong with a schema: at its place in the spec, or at `path` with a pointer into
    the file.
    """
    from evalspec.checking.schemas import problems_of

    try:
        canonical_json(schema)
    except NotCanonical as error:
        place = f" (in the schema at {error.pointer})" if error.pointer else ""
        resolving.report("number-not-canonical", clause(error.message) + place, at)
        return
    for problem in problems_of(schema):
        if file is None:
            where, message = (*at, *problem.steps), problem.message
        else:
            where, message = at, f"in `{file}` at `{problem.pointer}`: {problem.message}"
        resolving.report(problem.code, message, where, severity=problem.severity)
