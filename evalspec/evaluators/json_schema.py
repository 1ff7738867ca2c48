"""`json_schema`: whether a value follows a JSON Schema."""

import warnings
from collections.abc import Awaitable, Sequence
from typing import Any, Final, Literal, cast

from pydantic import Field

from evalspec.evaluators.base import (
    BOOLEAN,
    EvaluatorKind,
    OneScoreFields,
    ScoreValue,
    Subject,
)
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.expressions import check_expression, compile_lookup, one_score
from evalspec.evaluators.schema_fields import HasSchema, resolve_schema
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "JsonSchemaFields"]

_QUICK: Final = 100_000
"""Characters of JSON that are read in a few milliseconds."""


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

        With `parse_text`, text that is not JSON fails the evaluation with `not_json`, and that of more than
        300,000 characters or 250 levels with `too_large`.
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
        parse_text: bool = Field(False, description="Whether text is read as the JSON that it spells.")


class _JsonSchema:
    blocking = False

    def __init__(self, fields: dict[str, Any]) -> None:
        from evalspec.checking.schemas import validator_for

        self._value = compile_lookup("value", fields["value"])
        self._validator = validator_for(fields["schema"])
        self._parse_text: bool = fields.get("parse_text", False)

    def __call__(self, subject: Subject) -> Sequence[ScoreValue] | Awaitable[Sequence[ScoreValue]]:
        value = self._value(subject.scope())
        if self._parse_text and isinstance(value, str):
            return self._parsed(value)
        return self._judged(value)

    async def _parsed(self, text: str) -> Sequence[ScoreValue]:
        function = "evalspec.evaluators.json_texts:read_if_text"
        return self._judged(await evaluate_bounded(function, ["value", text], cost=len(text), quick=_QUICK))

    def _judged(self, value: Any) -> Sequence[ScoreValue]:
        from evalspec.checking.schemas import first_violation

        violation = first_violation(self._validator, value)
        return one_score(violation is None, violation)


def _resolve(fields: JsonSchemaFields, resolving: Resolving) -> Resolved:
    check_expression(fields, resolving, "value")
    kept: dict[str, Any] = {"value": fields.value}
    if fields.parse_text:
        kept["parse_text"] = True
    if fields.schema is None and fields.path is None:
        message = "the evaluator has no schema"
        resolving.report("missing-field", message, key=True, expected="one of `schema` and `path`")
    else:
        kept["schema"] = resolve_schema(cast(HasSchema, fields), resolving)
    identity = {name: value for name, value in kept.items() if (name, value) != ("value", "output")}
    return Resolved(kept, identity)


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
