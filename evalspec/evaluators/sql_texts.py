"""The work of `is_sql` and `contains_sql` on what a model wrote, with sqlglot; for a worker."""

from collections.abc import Iterator
from typing import Any, Final

from evalspec.evaluators.code_fences import code_fences
from evalspec.kinds.bounded import TooLarge

__all__ = ["MAX_LENGTH", "contained", "judged"]

MAX_LENGTH: Final = 20_000
"""The longest text in characters; it is parsed in less than half a second."""

_KINDS: Final = {
    "Insert": "insert",
    "Update": "update",
    "Delete": "delete",
    "Merge": "merge",
    "Create": "create",
    "Into": "create",
    "Alter": "alter",
    "Drop": "drop",
    "TruncateTable": "truncate",
}
"""What changes something, wherever it stands: a query may have it in a WITH clause, or be SELECT … INTO."""
_OTHERS: Final = frozenset(
    "Analyze Attach Cache Commit Copy Declare Describe Detach Execute Export Grant Kill LoadData Pragma Put "
    "Refresh Revoke Rollback Set Show Summarize Transaction Uncache Use".split()
)
"""Statements besides queries and what changes something. What sqlglot calls a Command is not among them: it
keeps that unparsed, so that any sentence that begins with `Show` or `Call` would be SQL."""


def judged(
    text: str, dialect: str | None, statements: list[str] | None, tables: list[str] | None
) -> list[Any]:
    """Whether a text is SQL of the allowed kinds over the allowed tables, and why not. Raises TooLarge."""
    import logging

    import sqlglot
    from sqlglot import expressions
    from sqlglot.errors import SqlglotError

    if len(text) > MAX_LENGTH:
        raise TooLarge(f"the text has {len(text):,} characters, more than {MAX_LENGTH:,}")
    # It would log what it does not know.
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    try:
        parsed = sqlglot.parse(text, dialect=dialect)
    except SqlglotError as error:
        return [False, _said(error)]
    # Behind the last semicolon there is nothing, or a comment.
    trees = [tree for tree in parsed if tree is not None and not isinstance(tree, expressions.Semicolon)]
    if not trees:
        return [False, "there is no SQL statement"]
    for tree in trees:
        fault = _fault(tree, statements, tables)
        if fault is not None:
            return [False, fault]
    return [True, None]


def _said(error: Exception) -> str:
    """What is wrong, without the excerpt, which has codes for terminals."""
    details = getattr(error, "errors", None)
    if not details:
        return str(error).partition("\n")[0]
    first = details[0]
    return f"{str(first['description']).rstrip('.')} (line {first['line']}, column {first['col']})"


def _fault(tree: Any, statements: list[str] | None, tables: list[str] | None) -> str | None:
    kinds = list(_kinds(tree))
    if not kinds:
        return f"`{tree.sql()[:80]}` is no statement that can be parsed"
    if statements is not None:
        for kind in kinds:
            if kind not in statements:
                return f"the statement `{kind}` is not allowed"
    if tables is not None:
        allowed = {name.casefold() for name in tables}
        for table in _tables(tree):
            if table.casefold() not in allowed:
                return f"the table `{table}` is not allowed"
    return None


def _kinds(tree: Any) -> Iterator[str]:
    """What a statement does; nothing where it is none."""
    from sqlglot import expressions

    root = type(tree).__name__
    if isinstance(tree, expressions.Query | expressions.Values):
        yield "select"
    elif root in _OTHERS:
        yield "other"
    elif root not in _KINDS:
        return
    for node in tree.walk():
        kind = _KINDS.get(type(node).__name__)
        # What a MERGE does with a row is its own affair.
        if kind is not None and (node is tree or not node.find_ancestor(expressions.Merge)):
            yield kind


def _tables(tree: Any) -> Iterator[str]:
    """The names of the tables that a statement reads or changes, with their schema if it is said."""
    from sqlglot import expressions

    for table in tree.find_all(expressions.Table):
        if not table.name or (not table.db and _is_defined(table)):
            continue
        yield ".".join(part.name for part in table.parts)


def _is_defined(table: Any) -> bool:
    """Whether the name of a table is one that a WITH clause around it gives to a query."""
    from sqlglot import expressions

    name = table.name.casefold()
    inner, outer = table, table.parent
    while outer is not None:
        clause = outer if isinstance(outer, expressions.With) else outer.args.get("with_")
        if clause is not None and clause is not inner:
            queries = list(clause.expressions)
            if clause is outer and not clause.args.get("recursive"):
                # A query sees those before it, and itself only where it is recursive.
                queries = queries[: next(i for i, query in enumerate(queries) if query is inner)]
            if any(query.alias.casefold() == name for query in queries):
                return True
        inner, outer = outer, outer.parent
    return False


def contained(
    text: str, dialect: str | None, statements: list[str] | None, tables: list[str] | None
) -> list[Any]:
    """Whether a code fence of a text, or all of it where it has none, is such SQL, and why not.

    Raises TooLarge.
    """
    if len(text) > MAX_LENGTH:
        raise TooLarge(f"the text has {len(text):,} characters, more than {MAX_LENGTH:,}")
    fences = [fence for fence in code_fences(text) if fence.language in ("", "sql", dialect)]
    candidates = [fence.content for fence in fences] or [text]
    comment = None
    for candidate in candidates:
        good, fault = judged(candidate, dialect, statements, tables)
        if good:
            return [True, None]
        comment = comment or fault
    return [False, comment]
