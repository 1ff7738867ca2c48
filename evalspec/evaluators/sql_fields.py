"""What `is_sql` and `contains_sql` share: their fields, and how they are measured."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import OneScoreFields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.extras import require
from evalspec.evaluators.plain import Commented, Measure, text
from evalspec.kinds.fields import meanings
from evalspec.kinds.resolving import Resolving

__all__ = ["Dialect", "SqlFields", "check_sql", "sql_measure"]

Dialect = Literal[
    "athena",
    "bigquery",
    "clickhouse",
    "databricks",
    "doris",
    "dremio",
    "drill",
    "druid",
    "duckdb",
    "dune",
    "exasol",
    "fabric",
    "hive",
    "materialize",
    "mysql",
    "oracle",
    "postgres",
    "presto",
    "redshift",
    "risingwave",
    "singlestore",
    "snowflake",
    "spark",
    "spark2",
    "sqlite",
    "starrocks",
    "tableau",
    "teradata",
    "trino",
    "tsql",
]
Statement = Literal[
    "select", "insert", "update", "delete", "merge", "create", "alter", "drop", "truncate", "other"
]


class SqlFields(OneScoreFields):
    """Fields of a kind that looks at SQL."""

    value: str = Field("output", description="Expression for the text to look at.", examples=["output.query"])
    dialect: Dialect | None = Field(
        None,
        description="The dialect of SQL, by sqlglot's name; without it one that takes most of what they "
        "share.",
        examples=["postgres"],
    )
    statements: list[Statement] | None = Field(
        None,
        description="The statements that are allowed; all, if there is no such list. What stands within "
        "another statement counts, too, such as DELETE in a WITH clause.",
        examples=[["select"]],
        json_schema_extra=meanings(
            select="SELECT, VALUES, and what combines them.",
            insert="INSERT.",
            update="UPDATE.",
            delete="DELETE.",
            merge="MERGE.",
            create="CREATE, and SELECT … INTO.",
            alter="ALTER.",
            drop="DROP.",
            truncate="TRUNCATE.",
            other="What else is parsed, such as SET, DESCRIBE, GRANT, COPY, BEGIN.",
        ),
    )
    tables: list[str] | None = Field(
        None,
        description="The tables that are allowed, with their schema where the query is to say it; upper and "
        "lower case are the same. All, if there is no such list.",
        examples=[["orders", "sales.customers"]],
    )


def check_sql(fields: SqlFields, resolving: Resolving) -> None:
    """Report lists that allow nothing."""
    if fields.statements == []:
        message = "no statement is allowed"
        resolving.report("wrong-value", message, ("statements",), expected="at least one kind of statement")


def sql_measure(function: str, fields: dict[str, Any]) -> Measure:
    """The measure that a function of `evalspec.evaluators.sql_texts` makes."""
    require("sqlglot", "formats")
    rest = [fields.get("dialect"), fields.get("statements"), fields.get("tables")]

    async def measure(value: Any) -> Commented:
        name = f"evalspec.evaluators.sql_texts:{function}"
        good, comment = await evaluate_bounded(name, [text("value", value), *rest], preload=["sqlglot"])
        return Commented(good, comment)

    return measure
