"""The evaluator kinds, each in a module of its own that is imported when the kind is first asked for."""

from typing import TYPE_CHECKING, Any

from evalspec.kinds.registry import Registry

if TYPE_CHECKING:
    from evalspec.evaluators.base import EvaluatorKind

__all__ = ["EVALUATORS"]

_COMPARISON = {
    "exact_match": "exact_match",
    "normalized_match": "normalized_match",
    "one_of": "one_of",
    "numeric_close": "numeric_close",
    "date_close": "date_close",
    "json_equal": "json_equal",
    "json_path_match": "json_path_match",
}
_TEXT = {
    "contains": "contains",
    "starts_with": "starts_with",
    "ends_with": "ends_with",
    "regex": "regex",
    "word_count": "word_count",
    "sentence_count": "sentence_count",
    "character_count": "character_count",
}
_FORMAT = {
    "json_schema": "json_schema",
    "is_json": "is_json",
    "contains_json": "contains_json",
    "is_xml": "is_xml",
    "contains_xml": "contains_xml",
    "is_html": "is_html",
    "contains_html": "contains_html",
    "is_sql": "is_sql",
    "contains_sql": "contains_sql",
    "is_url": "is_url",
    "is_email": "is_email",
    "code_parses": "code_parses",
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
)
"""The evaluator kinds by the name that stands in `type`; each has a module below this package."""
