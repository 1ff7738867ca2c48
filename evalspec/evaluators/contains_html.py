"""`contains_html`: whether there is HTML in a text."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, OneScoreFields
from evalspec.evaluators.html_measuring import html_measure
from evalspec.evaluators.plain import Measure, plain_kind

__all__ = ["KIND", "ContainsHtmlFields"]


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
    return html_measure("contained")


KIND = plain_kind(ContainsHtmlFields, _measure, yields=BOOLEAN, group="format", expressions=("value",))
