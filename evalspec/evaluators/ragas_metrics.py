"""What the metrics of Ragas look at and take, so that a spec is checked without importing them.

The table is that of one version. It has the metrics of `ragas.metrics.collections` over texts that ask
models; those that compute are kinds of evalspec's own, and those over messages or images are left out, and
`SemanticSimilarity`, which asks for embeddings without waiting for them.
"""

from dataclasses import dataclass
from typing import Final

__all__ = ["METRICS", "TABLE_VERSION", "Metric"]

TABLE_VERSION: Final = "0.4.3"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: the parameters of a sample, those that it may do without, its arguments, and whether it asks
    for embeddings besides.
    """

    inputs: tuple[str, ...]
    optional: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    embeddings: bool = False


_ANSWER: Final = ("user_input", "response")
_PASSAGES: Final = "retrieved_contexts"

METRICS: Final[dict[str, Metric]] = {
    "AnswerAccuracy": Metric((*_ANSWER, "reference")),
    "AnswerCorrectness": Metric((*_ANSWER, "reference"), arguments=("weights", "beta"), embeddings=True),
    "AnswerRelevancy": Metric(_ANSWER, arguments=("strictness",), embeddings=True),
    "ContextEntityRecall": Metric(("reference", _PASSAGES)),
    "ContextPrecisionWithReference": Metric(("user_input", "reference", _PASSAGES)),
    "ContextPrecisionWithoutReference": Metric((*_ANSWER, _PASSAGES)),
    "ContextRecall": Metric(("user_input", _PASSAGES, "reference")),
    "ContextRelevance": Metric(("user_input", _PASSAGES)),
    "FactualCorrectness": Metric(
        ("response", "reference"), arguments=("mode", "beta", "atomicity", "coverage")
    ),
    "Faithfulness": Metric((*_ANSWER, _PASSAGES)),
    "NoiseSensitivity": Metric((*_ANSWER, "reference", _PASSAGES), arguments=("mode",)),
    "ResponseGroundedness": Metric(("response", _PASSAGES)),
    "SQLSemanticEquivalence": Metric(("response", "reference"), ("reference_contexts",)),
    "SummaryScore": Metric(("reference_contexts", "response"), arguments=("length_penalty", "coeff")),
}
"""The metrics by name."""
