"""`json_path_match`: whether what a JSONPath query selects is what is expected."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, OneScoreFields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.either import constant_or_expected
from evalspec.evaluators.extras import require
from evalspec.evaluators.plain import Commented, Measure, plain_kind
from evalspec.kinds.fields import meanings
from evalspec.kinds.resolving import Resolving

__all__ = ["KIND", "JsonPathMatchFields"]

_PLACE_IN_WORDS = "\n  -> "


class JsonPathMatchFields(OneScoreFields):
    """True where what a JSONPath query (RFC 9535) selects in `value` is equal to what is expected.

    That is `equals`, which stands in the spec, or `expected`, an expression for each item. Values are
    compared as `exact_match` does. Where the query selects nothing the score is false, and the comment says
    so.

        [evaluators.ships]
        type = "json_path_match"
        path = "$.lines[?@.quantity > 0].status"
        equals = "shipped"
        match = "all"
        score = "ships"

    With `parse_text` text that is not JSON fails the evaluation with `not_json`. Texts of more than 300,000
    characters and values of more than 250 levels or 10,000 parts fail with `too_large`, a query that takes
    too long with `timeout`. It needs the extra `formats`, and means what the installed `python-jsonpath`
    makes of the query.
    """

    type: Literal["json_path_match"] = "json_path_match"
    value: str = Field("output", description="Expression for the value to look in.", examples=["output"])
    path: str = Field(description="The JSONPath query (RFC 9535).", examples=["$.lines[0].status"])
    equals: str | bool | int | float | list[Any] | dict[str, Any] | None = Field(
        None, description="What is expected, instead of `expected`.", examples=["shipped"]
    )
    expected: str | None = Field(
        None,
        description="Expression for what is expected; `expected_output` unless `equals` is given.",
        examples=["expected_output.status"],
    )
    match: Literal["one", "any", "all"] = Field(
        "one",
        description="Which of the selected values must be equal to what is expected.",
        json_schema_extra=meanings(
            one="The query selects exactly one value, and this is it.",
            any="At least one.",
            all="All, and there is at least one.",
        ),
    )
    parse_text: bool = Field(False, description="Whether text is read as the JSON that it spells.")


def _check(fields: JsonPathMatchFields, resolving: Resolving) -> None:
    try:
        from jsonpath import JSONPathEnvironment, JSONPathError
    except ModuleNotFoundError:
        message = 'JSONPath queries need `pip install "evalspec[formats]"`'
        resolving.report("missing-extra", message, ("path",))
        return
    try:
        JSONPathEnvironment(strict=True).compile(fields.path)
    except JSONPathError as error:
        message = str(error).partition(_PLACE_IN_WORDS)[0]
        index = getattr(error.token, "index", -1)
        place = {"offset": index} if 0 <= index < len(fields.path) else {}
        resolving.report("wrong-value", f"not a JSONPath query: {message}", ("path",), **place)
    except RecursionError:
        resolving.report("wrong-value", "the query is nested too deeply", ("path",))


def _measure(fields: dict[str, Any]) -> Measure:
    require("jsonpath", "formats")
    rest = [fields["match"], fields["parse_text"]]
    constant: Any = fields.get("equals")

    async def measure(value: Any, expected: Any = constant) -> Commented:
        arguments = [fields["path"], value, expected, *rest]
        # Always in a worker: the patterns of `match` and `search` may backtrack without end.
        function = "evalspec.evaluators.json_equality:selected"
        equal, comment = await evaluate_bounded(function, arguments, preload=["jsonpath"])
        return Commented(equal, comment)

    return measure


KIND = constant_or_expected(
    plain_kind(
        JsonPathMatchFields, _measure, yields=BOOLEAN, group="comparison", check=_check, extra="formats"
    ),
    "equals",
)
