"""The evaluator kinds, each in a module of its own that is imported when the kind is first asked for."""

from typing import TYPE_CHECKING, Any

from evalspec.kinds.registry import Registry

if TYPE_CHECKING:
    from evalspec.evaluators.base import EvaluatorKind

__all__ = ["EVALUATORS"]

EVALUATORS: "Registry[EvaluatorKind[Any]]" = Registry(
    __name__,
    {
        "exact_match": "exact_match",
        "contains": "contains",
        "regex": "regex",
        "json_schema": "json_schema",
        "numeric_close": "numeric_close",
        "levenshtein": "levenshtein",
        "python": "python",
    },
)
"""The evaluator kinds by the name that stands in `type`."""
