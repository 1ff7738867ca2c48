"""`contains`: whether a text holds other texts."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from evalspec.evaluators.base import (
    BOOLEAN,
    EvaluationError,
    EvaluatorKind,
    OneScoreFields,
    ScoreValue,
    Subject,
)
from evalspec.evaluators.expressions import (
    Lookup,
    check_expression,
    compile_lookup,
    one_score,
    own_fields,
    text_of,
    type_name,
)
from evalspec.kinds.fields import as_list
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "ContainsFields"]

_EXPECTED = "expected_output"


class ContainsFields(OneScoreFields):
    """True where `value` contains the expected text, or all (or any) of several.

    What is looked for is `text`, which stands in the spec, or `expected`, an expression that gives text or
    a list of texts for each item.

        [evaluators.polite]
        type = "contains"
        value = "output.answer"
        text = ["please", "thank you"]
        match = "any"
        ignore_case = true
        score = "polite"

    Numbers are not text: where `value` or `expected` gives something else the evaluation fails with
    `not_text`.
    """

    type: Literal["contains"] = "contains"
    value: str = Field(
        "output", description="Expression for the text to look in.", examples=["output.answer"]
    )
    expected: str | None = Field(
        None,
        description="Expression for the text to look for, or a list of texts; `expected_output` unless "
        "`text` is given.",
        examples=["expected_output", "metadata.keywords"],
    )
    text: Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str])] | None = (
        Field(
            None,
            description="The text to look for, or a list of texts, instead of `expected`.",
            examples=["Paris"],
        )
    )
    match: Literal["all", "any"] = Field(
        "all", description="Of several texts, whether all or any must be there."
    )
    ignore_case: bool = Field(False, description="Whether upper and lower case count as the same.")


class _Contains:
    blocking = False

    def __init__(self, fields: dict[str, Any]) -> None:
        self._value = compile_lookup("value", fields["value"])
        self._ignore_case: bool = fields["ignore_case"]
        self._combine = all if fields["match"] == "all" else any
        text = fields.get("text")
        self._texts: list[str] | None = None if text is None else [self._folded(part) for part in text]
        self._expected: Lookup | None = None
        if text is None:
            self._expected = compile_lookup("expected", fields.get("expected", _EXPECTED))

    def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        scope = subject.scope()
        text = self._folded(text_of(self._value, scope))
        wanted = self._texts if self._expected is None else self._wanted(self._expected(scope))
        return one_score(self._combine(part in text for part in wanted or ()))

    def _wanted(self, value: Any) -> list[str]:
        parts = value if isinstance(value, list) else [value]
        for part in parts:
            if type(part) is not str:
                raise EvaluationError("not_text", f"`expected` is {type_name(part)} and not text")
        if not parts or "" in parts:
            raise EvaluationError("empty_expected", "`expected` is empty, and every text contains nothing")
        return [self._folded(part) for part in parts]

    def _folded(self, text: str) -> str:
        return text.casefold() if self._ignore_case else text


def _resolve(fields: ContainsFields, resolving: Resolving) -> Resolved:
    check_expression(fields, resolving, "value")
    if fields.expected is not None:
        check_expression(fields, resolving, "expected")
        if fields.text is not None:
            message = "`text` and `expected` cannot stand together"
            resolving.report("wrong-value", message, ("text",), key=True, expected="one of the two")
    if fields.text is not None and (not fields.text or "" in fields.text):
        message = "every text contains nothing"
        resolving.report("wrong-value", message, ("text",), expected="a text with at least one character")
    kept, identity = own_fields(fields)
    if identity.get("expected") == _EXPECTED:
        # Saying the default is saying nothing.
        del identity["expected"]
    return Resolved(kept, identity)


def _build(fields: dict[str, Any], loading: Loading) -> _Contains:
    return _Contains(fields)


def _reads(fields: ContainsFields) -> tuple[str, ...]:
    if fields.text is not None:
        return (fields.value,)
    return (fields.value, fields.expected or _EXPECTED)


KIND = EvaluatorKind(
    type="contains",
    fields=ContainsFields,
    semantics=1,
    yields=lambda fields: {"": BOOLEAN},
    resolve=_resolve,
    build=_build,
    reads=_reads,
    group="text",
)
