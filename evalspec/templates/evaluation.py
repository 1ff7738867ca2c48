"""Running what Jinja compiled, with every way to fail as an `EvaluationError`."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from jinja2 import Template as JinjaTemplate
from jinja2 import TemplateError, UndefinedError

from evalspec.templates.errors import EvaluationError, ExpressionFailed, MissingKey
from evalspec.templates.limits import Budget, check_output, running
from evalspec.templates.paths import Steps, missing_key, missing_step
from evalspec.templates.sandbox import missing_message
from evalspec.templates.text import JsonValue, result_of

__all__ = ["RESULT", "Code"]

RESULT: Final = "__result"
"""The variable in which a compiled expression leaves its value."""


class Code:
    """Code that Jinja made, and the paths that it reads."""

    __slots__ = ("_template", "reads")

    def __init__(self, template: JinjaTemplate, reads: tuple[Steps, ...]) -> None:
        self._template = template
        self.reads = reads

    def value(self, scope: Mapping[str, Any]) -> JsonValue:
        """The value of an expression."""
        with _evaluation(self.reads, scope):
            context = self._template.new_context(dict(scope))
            for _ in self._template.root_render_func(context):
                pass
            return result_of(context.vars[RESULT])

    def text(self, scope: Mapping[str, Any], max_output: int) -> str:
        """The text of a template."""
        pieces: list[str] = []
        size = 0
        with _evaluation(self.reads, scope):
            for piece in self._template.root_render_func(self._template.new_context(dict(scope))):
                size += len(piece)
                check_output(size, max_output)
                pieces.append(piece)
        return "".join(pieces)


@contextmanager
def _evaluation(reads: tuple[Steps, ...], scope: Mapping[str, Any]) -> Iterator[None]:
    """A budget for what happens inside, and every way to fail as an `EvaluationError`."""
    token = running.set(Budget())
    try:
        yield
    except EvaluationError:
        raise
    except UndefinedError as error:
        raise _found_missing(str(error.message), reads, scope) from None
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
        TemplateError,
    ) as error:
        raise ExpressionFailed(_reason(error)) from None
    except RecursionError:
        raise ExpressionFailed("The data or the result is nested too deeply.") from None
    except MemoryError:
        raise ExpressionFailed("There is not enough memory for the result.") from None
    finally:
        running.reset(token)


def _found_missing(message: str, reads: tuple[Steps, ...], scope: Mapping[str, Any]) -> MissingKey:
    """Jinja knows only the last step; the paths that are known tell the rest."""
    for path in reads:
        step = missing_step(path, scope)
        if step is not None and missing_message(path[step]) == message:
            return missing_key(path, scope)
    return MissingKey(message)


_TYPES = {
    "int": "a number",
    "float": "a number",
    "bool": "a boolean",
    "str": "a string",
    "dict": "an object",
    "list": "a list",
    "tuple": "a list",
    "range": "a list",
    "NoneType": "null",
}
_REASONS = (
    (
        r"'(<|>|<=|>=)' not supported between instances of '(\w+)' and '(\w+)'",
        "`{0}` cannot compare {1} with {2}.",
    ),
    (r"argument of type '(\w+)' is not .*iterable", "`in` cannot look inside {0}."),
    (
        r"'in <string>' requires string as left operand, not (\w+)",
        "`in` cannot look for {0} inside a string.",
    ),
    (r"'(\w+)' object is not iterable", "{0} cannot be looped over."),
    (r"cannot unpack non-iterable (\w+) object", "{0} cannot be taken apart."),
    (r"'(\w+)' object is not subscriptable", "{0} cannot be sliced."),
    (r"unhashable type: '(\w+)'", "{0} cannot be a key."),
)


def _reason(error: Exception) -> str:
    """One sentence for what Python or Jinja said."""
    text = str(error)
    for pattern, sentence in _REASONS:
        match = re.fullmatch(pattern, text)
        if match is not None:
            filled = sentence.format(*(_TYPES.get(group, group) for group in match.groups()))
            return filled[0].upper() + filled[1:]
    if not text:
        return f"The evaluation failed ({type(error).__name__})."
    return f"{text[0].upper()}{text[1:].rstrip('.')}."
