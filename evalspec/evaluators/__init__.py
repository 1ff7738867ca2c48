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
_TEXT_QUALITY = {
    "refusal": "refusal",
    "language": "language",
    "readability": "readability",
    "pii": "pii",
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
    "string_similarity": "string_similarity",
    "set_overlap": "set_overlap",
    "bleu": "bleu",
    "chrf": "chrf",
    "gleu": "gleu",
    "meteor": "meteor",
    "rouge": "rouge",
}
_RUNTIME = {
    "latency": "latency",
    "time_to_first_token": "time_to_first_token",
    "token_usage": "token_usage",
    "cost": "cost",
    "finish_reason": "finish_reason",
}
_TRAJECTORY = {
    "tool_used": "tool_used",
    "tool_arguments": "tool_arguments",
    "tool_sequence": "tool_sequence",
    "tool_call_f1": "tool_call_f1",
    "valid_tool_call": "valid_tool_call",
    "step_count": "step_count",
    "error_spans": "error_spans",
    "span_count": "span_count",
    "span_duration": "span_duration",
}
_RETRIEVAL = {
    "hit_rate": "hit_rate",
    "mrr": "mrr",
    "ndcg": "ndcg",
    "precision_at_k": "precision_at_k",
    "recall_at_k": "recall_at_k",
    "average_precision": "average_precision",
}
_SEMANTIC = {
    "embedding_similarity": "embedding_similarity",
}
_MODEL_GRADED = {
    "llm_judge": "llm_judge",
    "pairwise": "pairwise",
}
_COMPOSED = {
    "all": "all_",
    "any": "any_",
    "not": "not_",
    "weighted": "weighted",
    "expression": "expression",
}
_CUSTOM = {
    "python": "python",
    "http": "http",
    "command": "command",
    "autoevals": "autoevals",
    "deepeval": "deepeval",
    "ragas": "ragas",
}

EVALUATORS: "Registry[EvaluatorKind[Any]]" = Registry(
    __name__,
    {
        **_COMPARISON,
        **_TEXT,
        **_TEXT_QUALITY,
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
