"""`is_json`: whether a text is JSON."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, OneScoreFields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.plain import Commented, Measure, plain_kind, text

__all__ = ["KIND", "IsJsonFields"]

_QUICK = 100_000
"""Characters that are read in a few milliseconds."""


class IsJsonFields(OneScoreFields):
    """True where `value` is text that is JSON (RFC 8259) and nothing else; otherwise the comment says why
    not.

    White space around it does not count. `42` and `null` are JSON; NaN, comments, single quotes and a comma
    before a bracket are not. To look at what the JSON says use `json_schema` with `parse_text`.

        [evaluators.well_formed]
        type = "is_json"
        value = "output.text"
        score = "well_formed"

    Where `value` is no text the evaluation fails with `not_text`; with more than 300,000 characters, 250
    levels of nesting or 4,000 digits in an integer it fails with `too_large`.
    """

    type: Literal["is_json"] = "is_json"
    value: str = Field("output", description="Expression for the text to look at.", examples=["output.text"])


def _measure(fields: dict[str, Any]) -> Measure:
    async def measure(value: Any) -> Commented:
        given = text("value", value)
        function = "evalspec.evaluators.json_texts:fault_of"
        fault = await evaluate_bounded(function, [given], cost=len(given), quick=_QUICK)
        return Commented(fault is None, fault)

    return measure


KIND = plain_kind(IsJsonFields, _measure, yields=BOOLEAN, group="format", expressions=("value",))
