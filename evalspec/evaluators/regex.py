"""`regex`: whether a text matches a regular expression."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from evalspec.checking.patterns import BadPattern, compile_pattern, searchable
from evalspec.evaluators.base import (
    BOOLEAN,
    EvaluatorKind,
    OneScoreFields,
    ScoreValue,
    Subject,
)
from evalspec.evaluators.expressions import check_expression, compile_lookup, one_score, own_fields, text_of
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "RegexFields"]


class RegexFields(OneScoreFields):
    """True where the pattern is found in `value`, or with `full_match` matches all of it.

    Patterns are RE2 (https://github.com/google/re2/wiki/Syntax): they take linear time, and have no
    look-around and no back-references.

        [evaluators.iso_date]
        type = "regex"
        value = "output.date"
        pattern = '\\d{4}-\\d{2}-\\d{2}'
        full_match = true
        score = "well_formed"

    Where `value` is not text the evaluation fails with `not_text`.
    """

    type: Literal["regex"] = "regex"
    value: str = Field(
        "output", description="Expression for the text to look in.", examples=["output.answer"]
    )
    pattern: str = Field(description="The regular expression (RE2).", examples=["^[A-Z]{2}-[0-9]+$"])
    ignore_case: bool = Field(False, description="Whether upper and lower case count as the same.")
    multi_line: bool = Field(
        False, description="Whether `^` and `$` also match at the start and end of lines."
    )
    dot_all: bool = Field(False, description="Whether `.` also matches a line break.")
    full_match: bool = Field(False, description="Whether the whole text must match, not only a part of it.")


class _Regex:
    blocking = False

    def __init__(self, fields: dict[str, Any]) -> None:
        self._value = compile_lookup("value", fields["value"])
        flags = {name: fields[name] for name in ("ignore_case", "multi_line", "dot_all")}
        pattern = compile_pattern(fields["pattern"], **flags)
        self._match = pattern.fullmatch if fields["full_match"] else pattern.search

    def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        return one_score(self._match(searchable(text_of(self._value, subject.scope()))) is not None)


def _resolve(fields: RegexFields, resolving: Resolving) -> Resolved:
    check_expression(fields, resolving, "value")
    try:
        compile_pattern(fields.pattern)
    except BadPattern as error:
        resolving.report("invalid-regex", str(error), ("pattern",), offset=error.offset, length=error.length)
    return Resolved(*own_fields(fields))


def _build(fields: dict[str, Any], loading: Loading) -> _Regex:
    return _Regex(fields)


KIND = EvaluatorKind(
    type="regex",
    fields=RegexFields,
    semantics=1,
    yields=lambda fields: {"": BOOLEAN},
    resolve=_resolve,
    build=_build,
    reads=lambda fields: (fields.value,),
    group="text",
)
