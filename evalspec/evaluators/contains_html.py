"""`contains_html`: whether there is HTML in a text."""

from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, OneScoreFields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.plain import Commented, Measure, plain_kind, text

__all__ = ["KIND", "ContainsHtmlFields"]

_QUICK: Final = 5_000
"""Characters that are read in a few milliseconds."""


class ContainsHtmlFields(OneScoreFields):
    """True where there is an HTML element somewhere in `value`: in a sentence, in a code fence, or alone;
    otherwise the comment says why not.

    Counted are an element of HTML, or a custom one, with its end tag (`<b>so</b>`); `<br>`, `<hr>` and
    `<wbr>`; other elements without an end tag where they have an attribute (`<img src="a.png">`, while
    `<input>` alone stands for a word in many instructions); and the doctype. `a <b and c> d` is none, nor is
    `List<String>`.

        [evaluators.has_markup]
        type = "contains_html"
        value = "output.answer"
        score = "has_markup"

    Where `value` is no text the evaluation fails with `not_text`, with more than 300,000 characters with
    `too_large`.
    """

    type: Literal["contains_html"] = "contains_html"
    value: str = Field("output", description="Expression for the text to look in.", examples=["output.page"])


def _measure(fields: dict[str, Any]) -> Measure:
    async def measure(value: Any) -> Commented:
        given = text("value", value)
        function = "evalspec.evaluators.html_texts:contained"
        good, comment = await evaluate_bounded(function, [given], cost=len(given), quick=_QUICK)
        return Commented(good, comment)

    return measure


KIND = plain_kind(ContainsHtmlFields, _measure, yields=BOOLEAN, group="format", expressions=("value",))
