"""`is_sql`: whether a text is SQL."""

from typing import Any, Literal

from evalspec.evaluators.base import BOOLEAN
from evalspec.evaluators.plain import Measure, plain_kind
from evalspec.evaluators.sql_fields import SqlFields, check_sql, sql_measure

__all__ = ["KIND", "IsSqlFields"]


class IsSqlFields(SqlFields):
    """True where `value` is text that is one SQL statement or several and nothing else, all of them allowed;
    otherwise the comment says why not.

    sqlglot parses it, and is lenient: `SELECT anything` is SQL, columns and tables need not exist. What it
    keeps unparsed is not taken for SQL, such as EXPLAIN and CALL, nor are expressions alone.

        [evaluators.safe_query]
        type = "is_sql"
        value = "output.query"
        dialect = "postgres"
        statements = ["select"]
        tables = ["orders", "customers"]
        score = "safe_query"

    This says whether an answer looks right; it is no guard for a database. Where `value` is no text the
    evaluation fails with `not_text`; with more than 20,000 characters, or nested too deeply, it fails with
    `too_large`. It needs the extra `formats`, and means what the installed sqlglot makes of a dialect.
    """

    type: Literal["is_sql"] = "is_sql"


def _measure(fields: dict[str, Any]) -> Measure:
    return sql_measure("judged", fields)


KIND = plain_kind(
    IsSqlFields,
    _measure,
    yields=BOOLEAN,
    group="format",
    expressions=("value",),
    check=check_sql,
    extra="formats",
)
