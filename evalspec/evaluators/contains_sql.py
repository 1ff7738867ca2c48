"""`contains_sql`: whether there is SQL in a text."""

from typing import Any, Literal

from evalspec.evaluators.base import BOOLEAN
from evalspec.evaluators.plain import Measure, plain_kind
from evalspec.evaluators.sql_fields import SqlFields, check_sql, sql_measure

__all__ = ["KIND", "ContainsSqlFields"]


class ContainsSqlFields(SqlFields):
    """True where a code fence in `value` holds SQL and nothing else, all of it allowed; otherwise the comment
    says why the first does not. A text without such a fence has to be SQL itself.

    Fences count that name no language, `sql`, or the dialect. What is SQL, and which statements and tables
    are allowed, is as in `is_sql`.

        [evaluators.has_query]
        type = "contains_sql"
        value = "output.answer"
        statements = ["select"]
        score = "has_query"

    Where `value` is no text the evaluation fails with `not_text`; with more than 20,000 characters, or nested
    too deeply, it fails with `too_large`. It needs the extra `formats`, and means what the installed sqlglot
    makes of a dialect.
    """

    type: Literal["contains_sql"] = "contains_sql"


def _measure(fields: dict[str, Any]) -> Measure:
    return sql_measure("contained", fields)


KIND = plain_kind(
    ContainsSqlFields,
    _measure,
    yields=BOOLEAN,
    group="format",
    expressions=("value",),
    check=check_sql,
    extra="formats",
)
