"""`json_schema`: whether a value follows a JSON Schema."""

import warnings
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import (
    BOOLEAN,
    EvaluatorKind,
    OneScoreFields,
    ScoreValue,
    Subject,
)
from evalspec.evaluators.expressions import check_expression, compile_lookup, one_score
from evalspec.kinds.item_errors import display_path
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving, Where
from evalspec.kinds.wording import clause
from evalspec.plan.canonical import NotCanonical, canonical_json

__all__ = ["KIND", "JsonSchemaFields"]


# pydantic warns of the name, because its models have a deprecated method that is called so.
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", 'Field name "schema"', UserWarning)

    class JsonSchemaFields(OneScoreFields):
        """True where `value` follows a JSON Schema; otherwise the score's comment says what is wrong, and
        where.

        The schema stands in the spec, or in a JSON file that `path` names. It is read as draft 2020-12 unless
        its `$schema` says draft-07 or 2019-09. Formats are checked (`date`, `date-time`, `time`, `email`,
        `hostname`, `ipv4`, `ipv6`, `regex`, `uri`, `uuid`), and patterns are RE2. References lead to places
        within the schema only; nothing is fetched.

            [evaluators.shape]
            type = "json_schema"
            path = "schemas/answer.schema.json"
            score = "well_formed"
        """

        type: Literal["json_schema"] = "json_schema"
        value: str = Field("output", description="Expression for what is checked.", examples=["output"])
        schema: dict[str, Any] | None = Field(  # type: ignore[assignment]  # pydantic's own `schema` is deprecated
            None,
            description="The JSON Schema itself, instead of `path`.",
            examples=[{"type": "object", "required": ["answer"]}],
        )
        path: str | None = Field(
            None,
            description="A JSON file that holds the schema, relative to the spec.",
            examples=["schemas/answer.schema.json"],
        )


class _JsonSchema:
    blocking = False

    def __init__(self, fields: dict[str, Any]) -> None:
        from evalspec.evaluators.schemas import validator_for

        self._value = compile_lookup("value", fields["value"])
        self._validator = validator_for(fields["schema"])

    def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        from evalspec.evaluators.schemas import first_violation

        violation = first_violation(self._validator, self._value(subject.scope()))
        return one_score(violation is None, violation)


def _resolve(fields: JsonSchemaFields, resolving: Resolving) -> Resolved:
    check_expression(fields, resolving, "value")
    kept: dict[str, Any] = {"value": fields.value}
    if (fields.schema is None) == (fields.path is None):
        neither = fields.path is None
        message = "the evaluator has no schema" if neither else "`schema` and `path` cannot stand together"
        code = "missing-field" if neither else "wrong-value"
        at: Where = () if neither else ("path",)
        resolving.report(code, message, at, key=True, expected="one of `schema` and `path`")
    elif fields.schema is not None:
        _check(resolving, fields.schema, ("schema",), None)
        kept["schema"] = fields.schema
    elif fields.path is not None:
        kept["schema"] = _read(resolving, fields.path)
    identity = {name: value for name, value in kept.items() if (name, value) != ("value", "output")}
    return Resolved(kept, identity)


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
    from evalspec.evaluators.schemas import problems_of

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


def _build(fields: dict[str, Any], loading: Loading) -> _JsonSchema:
    return _JsonSchema(fields)


KIND = EvaluatorKind(
    type="json_schema",
    fields=JsonSchemaFields,
    semantics=1,
    yields=lambda fields: {"": BOOLEAN},
    resolve=_resolve,
    build=_build,
    reads=lambda fields: (fields.value,),
    group="format",
)
