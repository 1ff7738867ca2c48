"""Templates in the fields of a section: one text, or a JSON tree whose texts are templates."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from evalspec.kinds.outside import CallFailed
from evalspec.kinds.resolving import Resolving, Where
from evalspec.kinds.wording import clause
from evalspec.templates import (
    EvaluationError,
    Expression,
    MissingKey,
    Template,
    TemplateError,
    compile_expression,
    compile_template,
)

__all__ = ["TreeTemplate", "check_template", "check_tree", "evaluated", "only_expression", "split_template"]

_BRACES: Final = re.compile(r"\{\{[-+]?(.*?)[-+]?\}\}", re.DOTALL)


def check_template(resolving: Resolving, at: Where, text: str, names: Collection[str]) -> set[str]:
    """The paths that a template reads; none after reporting what is wrong with it, at its place."""
    try:
        paths = set(compile_template(text, names).paths)
    except TemplateError as error:
        for problem in error.problems:
            resolving.report(
                problem.code,
                clause(problem.message),
                at,
                offset=problem.offset,
                length=problem.length,
                suggestion=problem.suggestion,
            )
        return set()
    resolving.note_steps(at, text, paths)
    return paths


def check_tree(resolving: Resolving, at: Where, tree: Any, names: Collection[str]) -> set[str]:
    """The paths that the templates in a tree read, after reporting what is wrong with them."""
    return {
        path for where, text in _texts(tree) for path in check_template(resolving, (*at, *where), text, names)
    }


def _texts(tree: Any, where: Where = ()) -> Iterator[tuple[Where, str]]:
    if isinstance(tree, str):
        yield where, tree
    elif isinstance(tree, Mapping):
        for key, child in tree.items():
            yield from _texts(child, (*where, key))
    elif isinstance(tree, list | tuple):
        for index, child in enumerate(tree):
            yield from _texts(child, (*where, index))


def only_expression(text: str, names: Collection[str]) -> Expression | None:
    """The expression of a template that is nothing else than `{{ expression }}`."""
    match = _BRACES.fullmatch(text)
    # An expression holds no `}}` outside of its texts and tables, so what is one cannot be several.
    return _expression(match[1], names) if match is not None else None


def split_template(text: str, names: Collection[str]) -> list[str | Template]:
    """A template that is known to compile, as literal texts and a template for each `{{ … }}` in it.

    ValueError where there is more to it than these: statements or comments.
    """
    parts: list[str | Template] = []
    rest = text
    while "{{" in rest:
        literal, _, rest = rest.partition("{{")
        _add(parts, literal)
        length = next(
            (
                match.start()
                for match in re.finditer(r"\}\}", rest)
                if _expression(rest[: match.start()].strip("-+"), names) is not None
            ),
            None,
        )
        if length is None:
            raise ValueError(text)
        parts.append(compile_template(f"{{{{{rest[:length]}}}}}", names))
        rest = rest[length + 2 :]
    _add(parts, rest)
    return parts


def _add(parts: list[str | Template], literal: str) -> None:
    if "{%" in literal or "{#" in literal:
        raise ValueError(literal)
    if literal:
        parts.append(literal)


def _expression(text: str, names: Collection[str]) -> Expression | None:
    try:
        return compile_expression(text.strip(), names)
    except TemplateError:
        return None


class TreeTemplate:
    """A JSON tree of the data at hand. Each text in it is a template; with `typed`, one that is exactly one
    `{{ expression }}` becomes the expression's value, whatever its type.
    """

    def __init__(self, role: str, tree: Any, names: Collection[str], *, typed: bool = False) -> None:
        """`role` is what messages call the tree."""
        self._make = _compiled(role, tree, names, typed)

    def render(self, scope: Mapping[str, Any]) -> Any:
        """The tree; it may share parts with `scope`. Raises CallFailed as `evaluated` does."""
        return _made(self._make, scope)


_Leaf = tuple[str, Expression | Template]


def _compiled(role: str, tree: Any, names: Collection[str], typed: bool) -> Any:
    if isinstance(tree, str):
        if "{" not in tree:
            return tree
        only = only_expression(tree, names) if typed else None
        return (role, only or compile_template(tree, names))
    if isinstance(tree, Mapping):
        return {key: _compiled(f"{role}.{key}", child, names, typed) for key, child in tree.items()}
    if isinstance(tree, list | tuple):
        return [_compiled(f"{role}[{index}]", child, names, typed) for index, child in enumerate(tree)]
    return tree


def _made(compiled: Any, scope: Mapping[str, Any]) -> Any:
    if isinstance(compiled, tuple):
        leaf: _Leaf = compiled
        return evaluated(leaf[0], leaf[1], scope)
    if isinstance(compiled, dict):
        return {key: _made(child, scope) for key, child in compiled.items()}
    if isinstance(compiled, list):
        return [_made(child, scope) for child in compiled]
    return compiled


def evaluated(role: str, compiled: Expression | Template, scope: Mapping[str, Any]) -> Any:
    """The value of an expression, or the text of a template, for this data.

    Raises CallFailed: `missing_key` where something that is needed is not there, `expression_failed` where
    the operation is not possible with the data. `role` is what the message calls it.
    """
    try:
        return compiled.evaluate(scope) if isinstance(compiled, Expression) else compiled.render(scope)
    except EvaluationError as error:
        kind = "missing_key" if isinstance(error, MissingKey) else "expression_failed"
        raise CallFailed(kind, f"`{role}`: {clause(error.message)}") from None
