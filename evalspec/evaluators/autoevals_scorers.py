"""What the scorers of autoevals look at and ask for, so that a spec is checked without importing them.

The table is that of one version. With another one installed a name that is not here may be right.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["SCORERS", "TABLE_VERSION", "Scorer"]

TABLE_VERSION: Final = "0.4.1"


@dataclass(frozen=True, slots=True)
class Scorer:
    """A scorer: the values it is called with, its other arguments, and whether it asks models.

    `arguments` are those of its constructor; `called_with` are constants of the call itself, each with the
    parameter of `eval` that takes it. A scorer that takes
    `any_input` has a template of the user's. Without `chat` and `embeddings` it computes, and asks nobody.
    """

    inputs: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    called_with: Mapping[str, str] = field(default_factory=dict)
    chat: bool = False
    embeddings: bool = False
    any_input: bool = False


_BOTH: Final = ("output", "expected")
_ALL: Final = ("output", "expected", "input")
_JUDGED: Final = ("use_cot", "temperature", "max_tokens")
_RAGAS: Final = ("temperature",)

SCORERS: Final[dict[str, Scorer]] = {
    "ExactMatch": Scorer(_BOTH),
    "Levenshtein": Scorer(_BOTH),
    "NumericDiff": Scorer(_BOTH),
    "JSONDiff": Scorer(_BOTH, ("preserve_strings",)),
    "ListContains": Scorer(_BOTH, ("allow_extra_entities",)),
    # The constructor takes a schema, and does nothing with it; the call hands on its second argument as one.
    "ValidJSON": Scorer(("output",), called_with={"schema": "expected"}),
    "EmbeddingSimilarity": Scorer(_BOTH, ("prefix", "expected_min"), embeddings=True),
    "Battle": Scorer(("output", "expected", "instructions"), _JUDGED, chat=True),
    "ClosedQA": Scorer(("output", "input", "criteria"), _JUDGED, chat=True),
    "Factuality": Scorer(_ALL, _JUDGED, chat=True),
    "Humor": Scorer(("output",), _JUDGED, chat=True),
    "Possible": Scorer(("output", "input"), _JUDGED, chat=True),
    "Security": Scorer(("output",), _JUDGED, chat=True),
    "Sql": Scorer(_ALL, _JUDGED, chat=True),
    "Summary": Scorer(_ALL, _JUDGED, chat=True),
    "Translation": Scorer((*_ALL, "language"), _JUDGED, chat=True),
    "LLMClassifier": Scorer(
        ("output",), ("prompt_template", "choice_scores", *_JUDGED), chat=True, any_input=True
    ),
    "AnswerCorrectness": Scorer(
        _ALL, (*_RAGAS, "factuality_weight", "answer_similarity_weight"), chat=True, embeddings=True
    ),
    "AnswerRelevancy": Scorer(
        ("output", "input", "context"), (*_RAGAS, "strictness"), chat=True, embeddings=True
    ),
    "AnswerSimilarity": Scorer(_BOTH, embeddings=True),
    "ContextEntityRecall": Scorer(("output", "expected", "context"), _RAGAS, chat=True, embeddings=True),
    "ContextPrecision": Scorer((*_ALL, "context"), _RAGAS, chat=True),
    "ContextRecall": Scorer((*_ALL, "context"), _RAGAS, chat=True),
    "ContextRelevancy": Scorer(("output", "input", "context"), _RAGAS, chat=True),
    "Faithfulness": Scorer(("output", "input", "context"), _RAGAS, chat=True),
}
"""The scorers by name. `Moderation` is not among them: it asks a service of OpenAI's that is no model."""
