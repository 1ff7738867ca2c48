"""The evaluator kinds, each in a module of its own that is imported when the kind is first asked for."""

from typing import TYPE_CHECKING, Any

from evalspec.kinds.registry import Registry

if TYPE_CHECKING:
    from evalspec.evaluators.base import EvaluatorKind

__all__ = ["EVALUATORS"]

_COMPARISON = {
    "exact_match": "exact_match",
    "numeric_close": "numeric_close",
}
_TEXT = {
    "contains": "contains",
    "starts_with": "starts_with",
    "regex": "regex",
}
_FORMAT = {
    "json_schema": "json_schema",
}
_SIMILARITY = {
    "levenshtein": "levenshtein",
}
_RUNTIME: dict[str, str] = {}
_TRAJECTORY: dict[str, str] = {}
_RETRIEVAL: dict[str, str] = {}
_SEMANTIC: dict[str, str] = {}
_MODEL_GRADED: dict[str, str] = {}
_COMPOSED: dict[str, str] = {}
_CUSTOM = {
    "python": "python",
}

EVALUATORS: "Registry[EvaluatorKind[Any]]" = Registry(
    __name__,
    {
        **_COMPARISON,
        **_TEXT,
        **_FORMAT,
        **_SIMILARITY,
        **_RUNTIME,
        **_TRAJECTORY,
        **_RETRIEVAL,
        **_SEMANTIC,
        **_MODEL_GRADED,
        **_COMPOSED,
        **_CUSTOM,
    },
    plugins="plugin",
)
"""The evaluator kinds by the name that stands in `type`; each has a module below this package."""
