"""What the metrics of DeepEval look at and take, so that a spec is checked without importing them.

The table is that of one version. It has the metrics over a single turn that a spec can express: those that
need a trace of DeepEval's own, images, audio, classes or graphs of questions are left out.
"""

from dataclasses import dataclass
from typing import Final

__all__ = ["INPUTS", "METRICS", "TABLE_VERSION", "Metric"]

TABLE_VERSION: Final = "4.3.1"

INPUTS: Final = (
    "input",
    "actual_output",
    "expected_output",
    "context",
    "retrieval_context",
    "tools_called",
    "expected_tools",
)
"""The fields of a test case that a spec can fill."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: the fields of the test case that it needs, its arguments, those it needs, and whether it asks
    a model.
    """

    inputs: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    chat: bool = True


_TURN: Final = ("input", "actual_output")
_JUDGED: Final = ("include_reason", "strict_mode")

METRICS: Final[dict[str, Metric]] = {
    "GEval": Metric((), ("name", "criteria", "evaluation_steps", "strict_mode"), ("name",)),
    "AnswerRelevancyMetric": Metric(_TURN, _JUDGED),
    "FaithfulnessMetric": Metric(
        (*_TURN, "retrieval_context"),
        (*_JUDGED, "truths_extraction_limit", "penalize_ambiguous_claims"),
    ),
    "ContextualPrecisionMetric": Metric(("input", "retrieval_context", "expected_output"), _JUDGED),
    "ContextualRecallMetric": Metric(("input", "retrieval_context", "expected_output"), _JUDGED),
    "ContextualRelevancyMetric": Metric(("input", "retrieval_context"), _JUDGED),
    "HallucinationMetric": Metric((*_TURN, "context"), _JUDGED),
    "BiasMetric": Metric(_TURN, _JUDGED),
    "ToxicityMetric": Metric(_TURN, _JUDGED),
    "PIILeakageMetric": Metric(_TURN, _JUDGED),
    "MisuseMetric": Metric(_TURN, (*_JUDGED, "domain"), ("domain",)),
    "NonAdviceMetric": Metric(_TURN, (*_JUDGED, "advice_types"), ("advice_types",)),
    "RoleViolationMetric": Metric(_TURN, (*_JUDGED, "role"), ("role",)),
    "PromptAlignmentMetric": Metric(_TURN, (*_JUDGED, "prompt_instructions"), ("prompt_instructions",)),
    "SummarizationMetric": Metric(_TURN, (*_JUDGED, "n", "assessment_questions", "truths_extraction_limit")),
    "ArgumentCorrectnessMetric": Metric(("input", "tools_called"), _JUDGED),
    "ToolCorrectnessMetric": Metric(
        ("input", "tools_called", "expected_tools"),
        (*_JUDGED, "should_exact_match", "should_consider_ordering"),
    ),
    "ExactMatchMetric": Metric((*_TURN, "expected_output"), chat=False),
}
"""The metrics by name."""
