"""`contains_json`: whether there is JSON in a text."""

import warnings
from dataclasses import replace
from typing import Any, Final, Literal, cast

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, OneScoreFields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.json_comparing import MAX_DEPTH
from evalspec.evaluators.plain import Commented, Measure, plain_kind, text
from evalspec.evaluators.schema_fields import HasSchema, resolve_schema
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "ContainsJsonFields"]

_QUICK: Final = 2_000
"""Characters that are searched in a few milliseconds, however they are nested."""


# pydantic warns of the name, because its models have a deprecated method that is called so.
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", 'Field name "schema"', UserWarning)

    class ContainsJsonFields(OneScoreFields):
        """True where there is a JSON object or array somewhere in `value`: in a sentence, in a code fence, or
        alone.

        With a schema, one of them has to follow it (see `json_schema`); otherwise the comment says what is
        wrong with the first. What is within another object or array is not looked at by itself. `[1]` is an
        array, also where it refers to a footnote: a schema with `type = "object"` passes it over.

            [evaluators.has_order]
            type = "contains_json"
            schema = { type = "object", required = ["order"] }
            score = "has_order"

        Where `value` is no text the evaluation fails with `not_text`; with more than 300,000 characters, or
        what is nested too deeply, begun too often without an end, or has an integer of more than 4,000
        digits, it fails with `too_large`.
        """

        type: Literal["contains_json"] = "contains_json"
        value: str = Field(
            "output", description="Expression for the text to look in.", examples=["output.answer"]
        )
        schema: dict[str, Any] | None = Field(  # type: ignore[assignment]  # pydantic's own `schema` is deprecated
            None,
            description="A JSON Schema that one of the values found has to follow.",
            examples=[{"type": "object", "required": ["answer"]}],
        )
        path: str | None = Field(
            None,
            description="A JSON file that holds the schema, relative to the spec, instead of `schema`.",
            examples=["schemas/answer.schema.json"],
        )


def _measure(fields: dict[str, Any]) -> Measure:
    schema: Any = fields.get("schema")
    preload = [] if schema is None else ["evalspec.checking.schemas"]

    async def measure(value: Any) -> Commented:
        given = text("value", value)
        nested = given.count("[") + given.count("{") > MAX_DEPTH
        # In this process nothing may depend on how deep its own stack is.
        there, comment = await evaluate_bounded(
            "evalspec.evaluators.json_finding:contained",
            [given, schema],
            cost=_QUICK + 1 if nested else len(given),
            quick=_QUICK,
            preload=preload,
        )
        return Commented(there, comment)

    return measure


_PLAIN = plain_kind(ContainsJsonFields, _measure, yields=BOOLEAN, group="format", expressions=("value",))


def _resolve(fields: ContainsJsonFields, resolving: Resolving) -> Resolved:
    resolved = _PLAIN.resolve(fields, resolving)
    schema = resolve_schema(cast(HasSchema, fields), resolving)
    found = {} if schema is None else {"schema": schema}
    kept, identity = (
        {**{name: value for name, value in given.items() if name not in ("schema", "path")}, **found}
        for given in (resolved.fields, resolved.identity)
    )
    return Resolved(kept, identity)


KIND = replace(_PLAIN, resolve=_resolve)
