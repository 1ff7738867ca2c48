"""The work of `code_parses` on what a model wrote; for a worker."""

from typing import Any, Final

from evalspec.evaluators.json_texts import fault_of
from evalspec.kinds.bounded import TooLarge

__all__ = ["GRAMMARS", "MAX_LENGTH", "fault"]

MAX_LENGTH: Final = 100_000
"""The longest code in characters, where the parser takes linear time."""
_MAX_TREE_LENGTH: Final = {"javascript": 20_000, "typescript": 20_000, "tsx": 20_000, "bash": 10_000}
"""The grammars of tree-sitter take quadratic time for some texts."""
_ENOUGH_ERRORS: Final = 20
"""How often the parser goes on for a hundred steps after an error before it is stopped."""

GRAMMARS: Final = {
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "bash": ("tree_sitter_bash", "language"),
}
"""The module of a grammar, and its function that gives the language."""

_LONGEST: Final = 200


def fault(code: str, language: str) -> str | None:
    """What is wrong with the syntax of code; None where nothing is. Raises TooLarge."""
    longest = _MAX_TREE_LENGTH.get(language, MAX_LENGTH)
    if len(code) > longest:
        raise TooLarge(f"the code has {len(code):,} characters, more than {longest:,}")
    if language == "json":
        return fault_of(code)
    if language == "toml":
        return _toml_fault(code)
    return _python_fault(code) if language == "python" else _tree_fault(code, language)


def _toml_fault(code: str) -> str | None:
    import tomllib

    try:
        tomllib.loads(code)
    except tomllib.TOMLDecodeError as error:
        return str(error)[:_LONGEST]
    return None


def _python_fault(code: str) -> str | None:
    import ast
    import warnings

    try:
        with warnings.catch_warnings():
            # Such as those for escapes that Python does not know.
            warnings.simplefilter("ignore")
            ast.parse(code)
    except SyntaxError as error:
        place = "" if error.lineno is None else f" at line {error.lineno}"
        return f"{error.msg}{place}"[:_LONGEST]
    except (ValueError, UnicodeError) as error:
        # A NUL byte, or a lone surrogate.
        return str(error)[:_LONGEST]
    return None


def _tree_fault(code: str, language: str) -> str | None:
    from importlib import import_module

    from tree_sitter import Language, Parser

    try:
        data = code.encode()
    except UnicodeEncodeError:
        return "there is a lone surrogate, which is no character"
    module, function = GRAMMARS[language]
    pointer = getattr(import_module(module), function)()
    errors = 0

    def is_enough(offset: int, has_error: bool) -> bool:
        nonlocal errors
        errors += has_error
        return errors > _ENOUGH_ERRORS

    try:
        tree = Parser(Language(pointer)).parse(lambda offset, _: data[offset:], progress_callback=is_enough)
    except ValueError:
        if errors <= _ENOUGH_ERRORS:
            raise
        return "there are syntax errors"
    return _first_error(tree.root_node) if tree.root_node.has_error else None


def _first_error(node: Any) -> str:
    """The place of the first node that is wrong, down along those that have an error in them."""
    while not (node.is_error or node.is_missing):
        wrong = next((child for child in node.children if child.has_error or child.is_missing), None)
        if wrong is None:
            break
        node = wrong
    line, column = node.start_point
    what = f"`{node.type}` is missing" if node.is_missing else "there is a syntax error"
    # Columns are in bytes.
    return f"{what} at line {line + 1}, byte {column + 1}"
