"""Templates and expressions: Jinja2 in one sandbox, over JSON data only.

What a template or expression gives depends on its text and the canonical JSON of its scope, on nothing
else: ``1`` and ``1.0`` are one number, the keys of an object come in sorted order, there is no clock and no
chance. What is not text prints as JSON (``true``, ``null``, ``{"a": 1}``). Data has keys and indexes and no
attributes or methods; ``input.items`` is the key. Missing keys are errors (`MissingKey`), ``null`` is data.
"""

from evalspec.templates.errors import (
    EvaluationError,
    ExpressionFailed,
    MissingKey,
    TemplateError,
    TemplateProblem,
)
from evalspec.templates.expressions import Expression, Template, compile_expression, compile_template
from evalspec.templates.paths import parse_path
from evalspec.templates.text import JsonValue, position
from evalspec.templates.vocabulary import FILTERS, TESTS

__all__ = [
    "FILTERS",
    "TESTS",
    "EvaluationError",
    "Expression",
    "ExpressionFailed",
    "JsonValue",
    "MissingKey",
    "Template",
    "TemplateError",
    "TemplateProblem",
    "compile_expression",
    "compile_template",
    "parse_path",
    "position",
]
