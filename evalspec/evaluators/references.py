"""What the metrics that compare a text with references share: their texts, their bounds, and their words.

These metrics are computed in a worker, by a function of `evalspec.evaluators.overlap_metrics`.
"""

from collections.abc import Sequence
from typing import Any, Final

from evalspec.evaluators.base import EvaluationError
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.plain import text, texts
from evalspec.kinds.bounded import Limits

__all__ = ["MAX_CHARACTERS", "TOKENIZER_MEANINGS", "compare_with_references"]

MAX_CHARACTERS: Final = 100_000
"""The length of all compared texts together."""

TOKENIZER_MEANINGS: Final = {
    "words": "Runs of letters and digits of any script, and each other sign but space by itself.",
    "whitespace": "What stands between spaces and line breaks.",
    "characters": "Each character but space; for Chinese, Japanese or Thai.",
}
"""The ways of `evalspec.evaluators.tokens`, for editors."""

_LIMITS: Final = Limits(seconds=60)
"""What may be compared at all takes less than a second; a slow machine must not decide."""


async def compare_with_references(
    metric: str, value: Any, expected: Any, options: dict[str, Any], preload: Sequence[str]
) -> Any:
    """What a function of `overlap_metrics` gives for a text, its references and the options.

    `preload` names the modules that the function imports. Raises EvaluationError: `not_text`,
    `empty_expected` where there is no reference or a blank one, `too_large`, and the function's own.
    """
    given, references = text("value", value), texts("expected", expected)
    if not references or not all(map(str.strip, references)):
        raise EvaluationError("empty_expected", "`expected` is empty, and there is nothing to compare with")
    characters = len(given) + sum(map(len, references))
    if characters > MAX_CHARACTERS:
        message = f"the texts have {characters:,} characters together, more than {MAX_CHARACTERS:,}"
        raise EvaluationError("too_large", message)
    function = f"evalspec.evaluators.overlap_metrics:{metric}"
    return await evaluate_bounded(function, [given, references, options], limits=_LIMITS, preload=preload)
